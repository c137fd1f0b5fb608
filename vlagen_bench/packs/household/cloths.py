"""Models: cloths."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.noise import blur, bytes_rgb, grid, named_stream, over, ramp, shaded
from vlagen_bench.packs.household.shapes import hull, joined, slab


def napkin() -> HouseholdModel:
    """A folded red and white checked cloth."""
    cloth = slab((0.130, 0.130, 0.004), (0, 0, 0.002), radius_m=0.0015)
    image = _checks()
    return HouseholdModel(
        parts=(MeshPart(mesh=cloth, material=Material(image=image, roughness=1.0), crease_deg=60),),
        pieces=(hull(slab((0.130, 0.130, 0.004), (0, 0, 0.002)).vertices),),
    )


def _checks() -> np.ndarray:
    x, y = grid(128)
    hem = np.maximum(np.abs(x - 0.5), np.abs(y - 0.5)) > 0.465
    stripes = ((x * 8) % 1 < 0.5).astype(float) + ((y * 8) % 1 < 0.5)
    weave = 0.04 * np.sin(2 * np.pi * 43 * x) * np.sin(2 * np.pi * 43 * y)
    image = over(ramp(stripes / 2, "#f7f2ea", "#e58b86", "#c9302c"), hem.astype(float), "#c9302c")
    fold = np.exp(-((x - 0.5) ** 2) / 0.00003) + np.exp(-((y - 0.5) ** 2) / 0.00003)
    return bytes_rgb(shaded(image, weave - 0.16 * np.minimum(fold, 1)))


def towel() -> HouseholdModel:
    """A thick soft blue towel with white stripes, folded over once."""
    x, y, thick = 0.134, 0.100, 0.0118
    terry = Material(image=_terry(), roughness=1.0, projection="box")
    plain = Material(colour="#2a68c8", roughness=1.0)
    layers = []
    for k, (long, middle) in enumerate(((x, 0), (x - 0.008, -0.004))):
        layer = slab((long, y - 0.003 * k, thick), (middle, 0, thick * (0.5 + 0.86 * k)), radius_m=0.0058)
        ends = np.abs(layer.face_normals[:, 0]) > 0.8
        layers.append(MeshPart(mesh=layer, material=terry, accents=((ends, plain),), crease_deg=60))
    high = 1.86 * thick
    return HouseholdModel(parts=tuple(layers), pieces=(hull(slab((x, y, high), (0, 0, high / 2)).vertices),))


def _terry() -> np.ndarray:
    x, _ = grid(192)
    rng = named_stream("towel")
    image = ramp(0.5 + 0.25 * blur(rng, 192, 0.006), "#1d55b4", "#2a68c8", "#4a86dc")
    for centre, half in ((0.70, 0.018), (0.77, 0.03), (0.84, 0.018)):
        image = over(image, (np.abs(x - centre) < half).astype(float), "#f2f4f8")
    return bytes_rgb(shaded(image, 0.06 * blur(rng, 192, 0.005)))


def place_mat() -> HouseholdModel:
    """Woven green with cream stripes, a fringe at either end."""
    mat = slab((0.122, 0.096, 0.0036), (0, 0, 0.0018), radius_m=0.0012)
    threads = [
        slab((0.011, 0.0022, 0.0016), (side * 0.0655, y, 0.0010))
        for side in (-1, 1)
        for y in np.linspace(-0.046, 0.046, 23)
    ]
    return HouseholdModel(
        parts=(
            MeshPart(mesh=mat, material=Material(image=_ribs(), roughness=1.0), crease_deg=60),
            MeshPart(mesh=joined(*threads), material=Material(colour="#efe6c8", roughness=1.0), crease_deg=5),
        ),
        pieces=(hull(slab((0.138, 0.096, 0.0036), (0, 0, 0.0018)).vertices),),
    )


def _ribs() -> np.ndarray:
    x, y = grid(192)
    image = np.broadcast_to(ramp(np.float64(0.0), "#3f9440", "#3f9440"), (192, 192, 3))
    for centre, half in ((0.10, 0.03), (0.18, 0.012), (0.90, 0.03), (0.82, 0.012), (0.5, 0.02)):
        image = over(image, (np.abs(x - centre) < half).astype(float), "#efe6c8")
    weave = 0.10 * np.sin(2 * np.pi * 48 * x) * np.sin(2 * np.pi * 36 * y) + 0.05 * np.sin(2 * np.pi * 48 * x)
    return bytes_rgb(shaded(image, weave))
