"""Overlay textures: works of art. Each painter gives (size, size, 3) in 0..1, tileable."""

from __future__ import annotations

import numpy as np
from scipy.spatial import Delaunay

from vlagen_bench.packs.household.noise import blur, cells, choose, clouds, grid, jittered, over, ramp, rgb, shaded

Rng = np.random.RandomState


def confetti(rng: Rng, size_px: int) -> np.ndarray:
    """Bright paper scraps, discs and strips, on white."""
    x, y = grid(size_px)
    image = np.broadcast_to(rgb("#fbfbfb"), (size_px, size_px, 3))
    colours = ("#e6194b", "#ffb400", "#2ca02c", "#1f77ff", "#9b30d9", "#00b8c4", "#ff6fb5")
    for number in range(210):
        at_x, at_y, turn, long = rng.random_sample(4)
        dx, dy = (x - at_x + 0.5) % 1 - 0.5, (y - at_y + 0.5) % 1 - 0.5
        cos, sin = np.cos(np.pi * turn), np.sin(np.pi * turn)
        u, v = dx * cos + dy * sin, dy * cos - dx * sin
        if number % 3 == 0:
            inside = np.hypot(u, v) < 0.022 + 0.012 * long
        else:
            inside = (np.abs(u) < 0.024 + 0.030 * long) & (np.abs(v) < 0.012)
        image = over(image, inside.astype(float), colours[number % len(colours)])
    return image


def swirl_paint(rng: Rng, size_px: int) -> np.ndarray:
    """Marbled paint: bands of colour folded into each other."""
    fold_x, fold_y = blur(rng, size_px, 0.10), blur(rng, size_px, 0.10)
    x, y = grid(size_px)
    phase = 2 * x + 0.55 * fold_x + 0.18 * np.sin(2 * np.pi * (2 * y + 0.5 * fold_y)) + 0.04 * blur(rng, size_px, 0.03)
    band = np.floor((phase % 1.0) * 6).astype(int) % 6
    return choose(band, "#0b3c8c", "#12a5b5", "#f6f2e6", "#f2b01e", "#e2432a", "#7a1b6d")


def stained_glass(rng: Rng, size_px: int) -> np.ndarray:
    """Splinters of glowing glass in black lead."""
    num = 60
    pane, near, second = cells(rng.random_sample((num, 2)), size_px)
    colours = ("#c1121f", "#1d3fbb", "#f2b705", "#12823b", "#7b2cbf", "#18a7c9", "#ef6f1a")
    image = choose(rng.randint(0, len(colours), num)[pane], *colours)
    image = shaded(image, 0.25 * np.clip((second - near) / 0.08, 0, 1) + 0.12 * clouds(rng, size_px, 0.02))
    return over(image, (0.014 - (second - near)) / 0.005, "#0d0d0d")


def low_poly(rng: Rng, size_px: int) -> np.ndarray:
    """Facets of a crystal from orange to blue."""
    points = jittered(rng, 9)
    shifts = np.stack(np.meshgrid((-1, 0, 1), (-1, 0, 1)), axis=-1).reshape(-1, 1, 2)
    everywhere = (points + shifts).reshape(-1, 2)
    mesh = Delaunay(everywhere)
    facet = _facet_of_each_pixel(everywhere[mesh.simplices], size_px)
    corners = np.sort(mesh.simplices % len(points), axis=1)  # the same for a facet and its copies
    centre = everywhere[mesh.simplices].mean(axis=1)
    hue = 0.5 + 0.3 * np.sin(2 * np.pi * centre[:, 0]) * np.cos(2 * np.pi * centre[:, 1])
    tone = rng.uniform(-0.22, 0.22, (3, len(points)))
    tone = sum(tone[k][corners[:, k]] for k in range(3))
    return ramp((hue + tone)[facet], "#1a1440", "#2f5fd0", "#38c6c6", "#ffd166", "#ff6b35", "#b5179e")


def _facet_of_each_pixel(triangles: np.ndarray, size_px: int) -> np.ndarray:
    """(size_px, size_px): which of the triangles (N, 3, 2) holds a pixel's centre; of a shared edge, the last."""
    x, y = grid(size_px)
    facet = np.zeros((size_px, size_px), dtype=int)
    for number, corners in enumerate(triangles):
        left, top = np.clip(np.floor(corners.min(axis=0) * size_px).astype(int), 0, size_px)
        right, bottom = np.clip(np.ceil(corners.max(axis=0) * size_px).astype(int), 0, size_px)
        box = (slice(top, bottom), slice(left, right))
        sides = [_side(corners[k], corners[(k + 1) % 3], x[box], y[box]) for k in range(3)]
        facet[box][(np.minimum.reduce(sides) >= 0) | (np.maximum.reduce(sides) <= 0)] = number
    return facet


def _side(start: np.ndarray, end: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """On which side of a line the pixels are: positive on one, negative on the other."""
    return (end[0] - start[0]) * (y - start[1]) - (end[1] - start[1]) * (x - start[0])


def fractal(_rng: Rng, size_px: int) -> np.ndarray:
    """A Julia set, mirrored as in a kaleidoscope."""
    x, y = grid(size_px)
    point = 1.1 * np.abs(2 * x - 1) + 0.05 + 1j * (0.75 * np.abs(2 * y - 1))
    steps = np.zeros((size_px, size_px))
    for _ in range(90):
        inside = np.abs(point) < 4
        point = np.where(inside, point**2 - 0.79 + 0.155j, point)
        steps += inside
    smooth = steps - np.log2(np.log2(np.maximum(np.abs(point), 2.0)))
    wheel = ("#10002b", "#5a189a", "#f72585", "#ffb703", "#fdf6e3", "#06d6a0", "#118ab2", "#10002b")
    return ramp(np.sqrt(np.maximum(smooth, 0)) * 0.8 % 1, *wheel)
