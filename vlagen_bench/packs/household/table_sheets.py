"""Table tops: metal, plastic and leather. Each painter gives (size, size, 3) in 0..1, tileable."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.noise import blur, cells, clouds, grid, jittered, over, ramp, shaded, wrapped

Rng = np.random.RandomState


def brushed_steel(rng: Rng, size_px: int) -> np.ndarray:
    """Grey metal, brushed along x, with a broad sheen."""
    _, y = grid(size_px)
    brush = blur(rng, size_px, 0.14, scale_y=0.0008) + 0.7 * blur(rng, size_px, 0.05, scale_y=0.0012)
    sheen = 0.08 * np.sin(2 * np.pi * y) + 0.04 * np.sin(4 * np.pi * y + 1)
    return ramp(0.5 + sheen + 0.075 * brush, "#73787e", "#a3a8ad", "#d3d7da")


def verdigris_copper(rng: Rng, size_px: int) -> np.ndarray:
    """Old copper: brown metal under patches of green rust that has run."""
    age = clouds(rng, size_px, 0.09, octaves=6) + 0.5 * blur(rng, size_px, 0.006, scale_y=0.06)
    metal = ramp(0.5 + 0.15 * clouds(rng, size_px, 0.02), "#5a3020", "#8a4d2f", "#b87348")
    rust = ramp(0.5 + 0.22 * clouds(rng, size_px, 0.012) + 0.12 * age, "#2f7f72", "#5fb3a0", "#a6dccb")
    image = over(metal, 0.5 + 1.6 * (age + 0.25), rust)
    return over(image, 0.8 * np.exp(-np.abs(age + 0.55) * 9), "#3a2a20")


def yellow_formica(rng: Rng, size_px: int) -> np.ndarray:
    """A diner's counter: pale yellow with boomerangs in white, grey and turquoise."""
    x, y = grid(size_px)
    image = ramp(0.5 + 0.1 * clouds(rng, size_px, 0.1), "#edc64f", "#f7dc7e")
    for number, (at_x, at_y) in enumerate(jittered(rng, 6)):
        dx, dy = wrapped(x - at_x), wrapped(y - at_y)
        turn = 2 * np.pi * rng.random_sample()
        u, v = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
        arm = np.abs(v - 8 * u**2) + 0.16 * np.abs(u)
        image = over(image, (0.013 - arm) / 0.002, ("#fdf8e6", "#8d949a", "#2fa5a5")[number % 3])
    return image


def blue_cutting_mat(rng: Rng, size_px: int) -> np.ndarray:
    """A hobby mat: matt blue with a ruled grid and two slanting lines."""
    x, y = grid(size_px)
    image = ramp(0.5 + 0.2 * blur(rng, size_px, 0.002), "#23517f", "#2d6196")
    for lines, half, strength in ((32, 0.0008, 0.35), (8, 0.0016, 0.75)):
        to_line = np.minimum(np.abs(wrapped(x * lines)), np.abs(wrapped(y * lines))) / lines
        image = over(image, strength * (half - to_line) / 0.0008 + strength * (to_line < half), "#cfe2ee")
    slant = np.minimum(np.abs(wrapped(x + y)), np.abs(wrapped(x - y))) / np.sqrt(2)
    return over(image, 0.6 * (slant < 0.0016), "#cfe2ee")


def quilted_leather(rng: Rng, size_px: int) -> np.ndarray:
    """Oxblood leather, puffed up between buttoned seams."""
    count = 5
    x, y = grid(size_px)
    u, v = (x + y) * count, (x - y) * count
    to_seam = np.minimum(0.5 - np.abs(u % 1 - 0.5), 0.5 - np.abs(v % 1 - 0.5))
    puff = np.abs(np.sin(np.pi * u) * np.sin(np.pi * v)) ** 0.35
    tilt = np.roll(puff, size_px // 120, axis=0) - np.roll(puff, -(size_px // 120), axis=0)
    _, near, second = cells(rng.random_sample((9000, 2)), size_px)
    image = ramp(0.25 + 0.5 * puff + 0.06 * blur(rng, size_px, 0.02), "#2b0a0c", "#6b1c1f", "#8f2f2d")
    image = shaded(image, np.clip(-1.1 * tilt, -0.4, 0.8) - 0.12 * np.clip(1 - (second - near) / 0.003, 0, 1))
    image = over(image, (0.02 - to_seam) / 0.01, "#22080a")
    button = np.hypot(wrapped(u), wrapped(v))
    return over(image, (0.075 - button) / 0.012, ramp(1 - button / 0.09, "#3a0e10", "#a8443f"))
