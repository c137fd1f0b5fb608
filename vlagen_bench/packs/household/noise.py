"""Random and smooth fields from which the images are painted; all of them tile."""

from __future__ import annotations

import hashlib

import numpy as np
from scipy.spatial import cKDTree


def named_stream(name: str) -> np.random.RandomState:
    """Random numbers that depend on the name alone: `RandomState` is frozen across numpy versions."""
    return np.random.RandomState(int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little"))


def grid(size_px: int) -> tuple[np.ndarray, np.ndarray]:
    """(x, y) of every pixel centre in 0..1, y downwards."""
    at = (np.arange(size_px) + 0.5) / size_px
    x, y = np.meshgrid(at, at)
    return x, y


def wrapped(difference: np.ndarray) -> np.ndarray:
    """A difference of coordinates the short way round the edges, in -0.5..0.5."""
    return (difference + 0.5) % 1 - 0.5


def blur(rng: np.random.RandomState, size_px: int, scale: float, *, scale_y: float | None = None) -> np.ndarray:
    """White noise blurred by a Gaussian of `scale` image widths; mean 0, deviation 1."""
    frequency = np.fft.fftfreq(size_px) * size_px
    wide, high = scale, scale if scale_y is None else scale_y
    keep_x = np.exp(-2 * (np.pi * frequency * wide) ** 2)
    keep_y = np.exp(-2 * (np.pi * frequency * high) ** 2)
    field = np.fft.ifft2(np.fft.fft2(rng.standard_normal((size_px, size_px))) * np.outer(keep_y, keep_x)).real
    return (field - field.mean()) / field.std()


def clouds(rng: np.random.RandomState, size_px: int, scale: float, *, octaves: int = 4) -> np.ndarray:
    """Noise at `scale` and finer, each octave half as strong; mean 0, deviation about 1."""
    return sum(blur(rng, size_px, scale / 2**k) / 2**k for k in range(octaves)) / 1.15


def jittered(rng: np.random.RandomState, per_side: int) -> np.ndarray:
    """(per_side ** 2, 2) points in 0..1, one in each square of a grid, so that none are very close."""
    corner = np.stack(np.meshgrid(np.arange(per_side), np.arange(per_side)), axis=-1).reshape(-1, 2)
    return (corner + 0.5 * (corner[:, 1:] % 2) * [1, 0] + rng.uniform(0.0, 0.6, (per_side**2, 2))) / per_side % 1.0


def cells(points: np.ndarray, size_px: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nearest of the points (N, 2) for every pixel: its number, the distance to it and to the second nearest."""
    tree = cKDTree(points, boxsize=1.0)
    x, y = grid(size_px)
    distance, index = tree.query(np.column_stack([x.ravel(), y.ravel()]), k=2)
    shape = (size_px, size_px)
    return index[:, 0].reshape(shape), distance[:, 0].reshape(shape), distance[:, 1].reshape(shape)


def rgb(colour: str) -> np.ndarray:
    """A colour "#rrggbb" as (3,) in 0..1."""
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255


def ramp(value: np.ndarray | float, *colours: str) -> np.ndarray:
    """(..., 3): colours spread evenly over 0..1, interpolated."""
    stops = np.linspace(0, 1, len(colours))
    table = np.array([rgb(colour) for colour in colours])
    return np.stack([np.interp(value, stops, table[:, channel]) for channel in range(3)], axis=-1)


def choose(index: np.ndarray, *colours: str) -> np.ndarray:
    """(..., 3): the colour of each index."""
    return np.array([rgb(colour) for colour in colours])[index]


def over(image: np.ndarray, cover: np.ndarray, colour: str | np.ndarray) -> np.ndarray:
    """The image with `colour` laid over it where `cover` (0..1) says so."""
    paint = rgb(colour) if isinstance(colour, str) else colour
    return image + (paint - image) * np.clip(cover, 0, 1)[..., None]


def shaded(image: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """The image brightened (amount > 0) or darkened (< 0) in proportion."""
    return image * (1 + amount)[..., None]


def bytes_rgb(image: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) of an image in 0..1."""
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
