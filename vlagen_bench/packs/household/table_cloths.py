"""Table tops: cloths. Each painter gives (size, size, 3) in 0..1, tileable."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.noise import blur, clouds, grid, over, ramp, rgb, shaded

Rng = np.random.RandomState


def blue_checked_cloth(rng: Rng, size_px: int) -> np.ndarray:
    """Gingham: blue and white threads, woven."""
    x, y = grid(size_px)
    stripes = ((x * 12) % 1 < 0.5).astype(float) + ((y * 12) % 1 < 0.5)
    image = ramp(stripes / 2, "#f3f5f8", "#7d9fd0", "#1f4f9c")
    weave = np.sin(2 * np.pi * 170 * x) * np.sin(2 * np.pi * 170 * y)
    return shaded(image, 0.07 * weave + 0.02 * blur(rng, size_px, 0.05))


def green_felt(rng: Rng, size_px: int) -> np.ndarray:
    """A billiard table: deep green with matted fibres."""
    fibres = sum(
        np.abs(blur(rng, size_px, a, scale_y=b)) for a, b in ((0.010, 0.0012), (0.0012, 0.010), (0.002, 0.002))
    )
    image = ramp(0.5 + 0.16 * (fibres - 2.4), "#0d4a2a", "#17693c", "#258650")
    return shaded(image, 0.035 * clouds(rng, size_px, 0.1))


def linen(rng: Rng, size_px: int) -> np.ndarray:
    """Undyed cloth with uneven threads."""
    x, y = grid(size_px)
    weave = np.sin(2 * np.pi * 120 * x) * np.sin(2 * np.pi * 120 * y)
    threads = blur(rng, size_px, 0.0015, scale_y=0.08) + blur(rng, size_px, 0.08, scale_y=0.0015)
    return ramp(0.5 + 0.13 * threads + 0.14 * weave, "#b3a486", "#cdc1a6", "#e4dbc6")


def red_striped_cloth(rng: Rng, size_px: int) -> np.ndarray:
    """A kitchen towel: white with red bands, one broad between two narrow ones."""
    x, y = grid(size_px)
    across = np.abs((x * 4) % 1 - 0.5)
    band = (across < 0.13) | ((across > 0.18) & (across < 0.21)) | ((across > 0.25) & (across < 0.27))
    image = ramp(band.astype(float), "#f4f0e8", "#b8242c")
    weave = np.sin(2 * np.pi * 150 * x) * np.sin(2 * np.pi * 150 * y)
    return shaded(image, 0.08 * weave + 0.012 * blur(rng, size_px, 0.05))


def violet_damask(rng: Rng, size_px: int) -> np.ndarray:
    """A festive cloth: one violet, dull and shiny, in a pattern of leaves within ogees."""
    across, down = 4, 3
    x, y = grid(size_px)
    motif = np.zeros((size_px, size_px))
    for shift in (0.0, 0.5):
        u, v = (x * across + shift) % 1 - 0.5, (y * down + shift) % 1 - 0.5
        radius, angle = np.hypot(1.15 * u, v), np.arctan2(u, v)
        leaf = 0.21 + 0.10 * np.cos(6 * angle) + 0.05 * np.cos(12 * angle)
        motif = np.maximum(motif, (leaf - radius) / 0.02)
        motif = np.where(radius < 0.055, (radius - 0.03) / 0.01, motif)
    lattice = np.abs(np.cos(2 * np.pi * across * x) + np.cos(2 * np.pi * down * y))
    motif = np.maximum(motif, (0.22 - lattice) / 0.06)
    twill = np.sin(2 * np.pi * 110 * (x + y))
    image = ramp(np.clip(motif, 0, 1), "#4c3266", "#7d5fa0")
    return shaded(image, 0.07 * twill * np.where(motif > 0.5, 1, -1) + 0.03 * blur(rng, size_px, 0.08))


def lace_cloth(rng: Rng, size_px: int) -> np.ndarray:
    """White crochet, net and flowers, over a petrol-blue cloth."""
    count, mesh = 4, 40
    x, y = grid(size_px)
    image = ramp(0.5 + 0.1 * blur(rng, size_px, 0.01), "#1d4f5e", "#2a6878")
    net = np.minimum(np.abs(((x + y) * mesh) % 1 - 0.5), np.abs(((x - y) * mesh) % 1 - 0.5))
    image = over(image, 0.8 * (0.14 - net) / 0.05, "#e9ece8")
    for shift, petals, size in ((0.0, 8, 0.36), (0.5, 5, 0.25)):
        u, v = (x * count + shift) % 1 - 0.5, (y * count + shift) % 1 - 0.5
        radius, angle = np.hypot(u, v), np.arctan2(v, u)
        rim = size * (0.75 + 0.25 * np.abs(np.cos(petals * angle / 2)))
        stitched = 0.86 + 0.14 * np.cos(2 * np.pi * 14 * radius / size)
        image = over(image, (rim - radius) / 0.012, rgb("#f7f6f1") * stitched[..., None])
        gap = np.minimum(np.abs(radius - 0.62 * size) / 0.045, 2 * np.abs(np.sin(petals * angle / 2)) + 0.2)
        image = over(image, (1 - gap) * 4, "#235a69")
        image = over(image, (0.13 * size - radius) / 0.01, "#235a69")
    return image
