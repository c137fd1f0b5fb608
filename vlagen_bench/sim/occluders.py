"""Things close before the lens, painted out of focus: a cable, a cup, cloth, a leaf, a finger."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from vlagen_bench.scenes import projection
from vlagen_bench.scenes.verbs import Look, Outline, Vec3
from vlagen_bench.utils.seeding import stream

BLUR = 0.012
"""standard deviation of what is out of focus, in shares of the picture's width"""
THIN_BLUR = 0.4
"""the same at most, in shares of half the thing's width: a thin one stays opaque in its middle"""
LIGHT = np.array((-0.45, -0.65, 0.6), dtype=np.float32)
"""where the light on them comes from: right, down and towards the lens count as positive"""
AMBIENT = 0.45
Pixels = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Where a thing is in the picture."""

    solid: np.ndarray
    """bool (H, W)"""
    depth: np.ndarray
    """float32 (H, W): how far a pixel is from the thing's rim; the picture's own rim does not count"""
    outline: np.ndarray
    """its corners in pixels (N, 2)"""

    @property
    def radius(self) -> float:
        """Half its width where it is widest, in pixels."""
        return max(float(self.depth.max()), 1.0)


def painted(outline: Outline, look: Look, colour: Vec3, seed: int, size_px: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """Opacity float32 (H, W), 0 to 1, and colours float32 (H, W, 3), sRGB of 255, of a thing before the lens."""
    shape = _shape(outline, size_px)
    sigma = min(BLUR * size_px[0], THIN_BLUR * shape.radius)
    texture = _LOOKS[look](shape, stream(seed, "occluder"))
    rgb = np.array(colour, dtype=np.float32) * texture * shape.solid[..., None]
    opacity = _blurred(shape.solid.astype(np.float32), sigma)
    rgb = _blurred(rgb.astype(np.float32), sigma) / np.maximum(opacity, 1e-3)[..., None]
    return opacity, np.clip(255 * rgb, 0, 255)


def _blurred(pixels: Pixels, sigma: float) -> Pixels:
    return cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def _shape(outline: Outline, size_px: tuple[int, int]) -> Shape:
    width, height = size_px
    y, x = np.mgrid[0:height, 0:width]
    middles = np.column_stack([(x.ravel() + 0.5) / width, (y.ravel() + 0.5) / height])
    solid = projection.inside(middles, outline).reshape(height, width)
    around = max(size_px) // 4
    wider = cv2.copyMakeBorder(solid.astype(np.uint8), around, around, around, around, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(wider, cv2.DIST_L2, 5)[around:-around, around:-around]
    return Shape(solid=solid, depth=depth, outline=np.array(outline) * size_px)


def _round(shape: Shape, radius: float) -> Pixels:
    """Normals (H, W, 3) of a body that bulges towards the lens by as much as it is wide, flat beyond `radius`."""
    inwards = np.clip(shape.depth / radius, 0, 1)
    bulge = radius * np.sqrt(1 - (1 - inwards) ** 2)
    bulge = _blurred(bulge.astype(np.float32), max(0.15 * radius, 0.5))
    slope_x, slope_y = (cv2.Sobel(bulge, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    normals = np.dstack([-slope_x, -slope_y, np.ones_like(slope_x)])
    return normals / np.linalg.norm(normals, axis=2, keepdims=True)


def _shaded(normals: Pixels) -> Pixels:
    return (AMBIENT + (1.2 - AMBIENT) * np.clip(normals @ LIGHT, 0, 1))[..., None]


def _patches(shape: Shape, rng: np.random.RandomState, cells: int) -> Pixels:
    """Smooth noise (H, W, 1), about -1 to 1, that changes over the width of the picture so many times."""
    height, width = shape.solid.shape
    coarse = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]


def _rubber(shape: Shape, rng: np.random.RandomState) -> Pixels:
    """Smooth and dull, with a highlight along it."""
    normals = _round(shape, shape.radius)
    halfway = (LIGHT + (0, 0, 1)) / np.linalg.norm(LIGHT + (0, 0, 1))
    return _shaded(normals) + 0.5 * np.clip(normals @ halfway.astype(np.float32), 0, 1)[..., None] ** 12


def _skin(shape: Shape, rng: np.random.RandomState) -> Pixels:
    """Round, redder towards its rim, where light shines through."""
    red = np.array((0.10, -0.10, -0.14), dtype=np.float32)
    rim = np.exp(-shape.depth / (0.35 * shape.radius))[..., None]
    return _shaded(_round(shape, shape.radius)) * (1 + rim * red) * (1 + 0.05 * _patches(shape, rng, 9))


def _ceramic(shape: Shape, rng: np.random.RandomState) -> Pixels:
    """A thick bright rim, then a wall that darkens inwards, with one band painted on it."""
    inwards = shape.depth / shape.radius
    rim, start = 0.45 * np.exp(-(((inwards - 0.1) / 0.06) ** 2)), rng.uniform(0.28, 0.5)
    band = 1 - rng.uniform(0.2, 0.5) * ((inwards > start) & (inwards < start + 0.12))
    wall = np.clip(1.05 - 0.35 * inwards, 0.6, 1.0) * band
    return (wall + rim)[..., None] * _shaded(_round(shape, 0.3 * shape.radius))


def _cloth(shape: Shape, rng: np.random.RandomState) -> Pixels:
    """Folds across the picture, and a weave."""
    height, width = shape.solid.shape
    y, x = np.mgrid[0:height, 0:width] / width
    angle, phase = rng.uniform(0, np.pi), rng.uniform(0, 2 * np.pi)
    across = (x * np.cos(angle) + y * np.sin(angle))[..., None] + 0.05 * _patches(shape, rng, 5)
    folds = 0.78 + 0.22 * np.sin(2 * np.pi * 4.5 * across + phase)
    weave = 1 + 0.05 * rng.uniform(-1, 1, (height, width, 1))
    return folds * weave * np.clip(0.75 + 0.25 * shape.depth / (0.3 * shape.radius), 0, 1)[..., None]


def _leaf(shape: Shape, rng: np.random.RandomState) -> Pixels:
    """A lighter rib from stem to tip, veins that leave it at a slant, and one half turned to the light."""
    stem = (shape.outline[0] + shape.outline[-1]) / 2
    tip = shape.outline[np.argmax(np.linalg.norm(shape.outline - stem, axis=1))]
    length = float(np.linalg.norm(tip - stem))
    ahead_x, ahead_y = (tip - stem) / max(length, 1.0)
    y, x = np.mgrid[0 : shape.solid.shape[0], 0 : shape.solid.shape[1]] + 0.5
    along = ((x - stem[0]) * ahead_x + (y - stem[1]) * ahead_y) / length
    aside = ((y - stem[1]) * ahead_x - (x - stem[0]) * ahead_y) / length
    rib = 0.6 * np.exp(-((aside / 0.018) ** 2))
    veins = 0.14 * np.clip(np.cos(2 * np.pi * 9 * (along - 0.8 * np.abs(aside))), 0, 1) ** 4
    halves = 0.85 + 0.22 * np.tanh(aside / 0.04)
    return (halves + rib + veins)[..., None] * (1 + 0.12 * _patches(shape, rng, 7))


_LOOKS: dict[Look, Callable[[Shape, np.random.RandomState], Pixels]] = {
    "ceramic": _ceramic,
    "cloth": _cloth,
    "leaf": _leaf,
    "rubber": _rubber,
    "skin": _skin,
}
