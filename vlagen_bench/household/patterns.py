"""What do the overlay textures look like? Each painter gives (size, size, 3) in 0..1, tileable."""

from __future__ import annotations

import numpy as np

from vlagen_bench.household.noise import blur, cells, choose, clouds, grid, jittered, over, ramp, rgb, shaded

Rng = np.random.RandomState


def zebra_stripes(rng: Rng, size_px: int) -> np.ndarray:
    """Black and white stripes that bend and fork."""
    x, y = grid(size_px)
    bend = blur(rng, size_px, 0.14)
    wave = np.sin(2 * np.pi * (6 * x + 0.6 * bend) + 0.9 * np.sin(2 * np.pi * y)) + 0.28 * blur(rng, size_px, 0.05)
    return ramp(0.5 + 6 * wave, "#121212", "#f7f5f0")


def checkerboard(_rng: Rng, size_px: int) -> np.ndarray:
    """Red and cream squares, eight by eight."""
    x, y = grid(size_px)
    return choose(((np.floor(8 * x) + np.floor(8 * y)) % 2).astype(int), "#b3122a", "#f5ead2")


def brick_wall(rng: Rng, size_px: int) -> np.ndarray:
    """Red bricks in running bond with grey mortar."""
    rows, per_row = 8, 4
    x, y = grid(size_px)
    row = np.floor(y * rows).astype(int)
    along = x * per_row + 0.5 * (row % 2)
    number = row * per_row + np.floor(along).astype(int) % per_row
    edge = np.minimum((0.5 - np.abs(along % 1 - 0.5)) / per_row, (0.5 - np.abs((y * rows) % 1 - 0.5)) / rows)
    edge = edge + 0.0015 * blur(rng, size_px, 0.008)
    tone = rng.uniform(0.1, 0.9, rows * per_row)[number]
    image = ramp(tone + 0.12 * clouds(rng, size_px, 0.02), "#7a2a1c", "#a8432c", "#bf6040")
    return over(image, (0.010 - edge) / 0.003, "#c9c3b8")


def leopard_spots(rng: Rng, size_px: int) -> np.ndarray:
    """Dark broken rings with a brown middle on tawny fur."""
    _, near, second = cells(jittered(rng, 8), size_px)
    radius = near / (near + second) + 0.035 * blur(rng, size_px, 0.02)
    gaps = blur(rng, size_px, 0.035)
    image = ramp(0.5 + 0.2 * clouds(rng, size_px, 0.08), "#cf9440", "#e2b565", "#efcf90")
    image = over(image, (0.24 - radius) / 0.03, "#a5672a")
    ring = (radius > 0.20) & (radius < 0.35) & (gaps > -0.75)
    image = over(image, ring.astype(float), "#23150b")
    return shaded(image, 0.03 * blur(rng, size_px, 0.002, scale_y=0.012))


def camouflage(rng: Rng, size_px: int) -> np.ndarray:
    """Blots of olive, brown and black on sand."""
    image = np.broadcast_to(rgb("#b7a878"), (size_px, size_px, 3))
    for colour, level in (("#5d6b34", -0.05), ("#5a3f26", 0.55), ("#1f241b", 1.05)):
        blots = blur(rng, size_px, 0.055) + 0.25 * blur(rng, size_px, 0.018)
        image = over(image, (blots - level) * 30, colour)
    return image


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


def hexagons(_rng: Rng, size_px: int) -> np.ndarray:
    """A honeycomb in three colours with dark joints."""
    across, down = 6, 6
    x, y = grid(size_px)
    centres = np.array(
        [((c + 0.5 * (r % 2)) / across, r / down) for r in range(-1, down + 2) for c in range(-1, across + 2)]
    )
    kind = np.array([(c + (r - r % 2) + 2 * (r % 2)) % 3 for r in range(-1, down + 2) for c in range(-1, across + 2)])
    distance = np.stack([_hexagonal(x - cx, (y - cy)) for cx, cy in centres])
    order = np.sort(distance, axis=0)
    nearest = np.argmin(distance, axis=0)
    image = choose(kind[nearest], "#f4c430", "#1c7c8c", "#f5f0e1")
    return over(image, (0.022 - (order[1] - order[0])) / 0.004, "#1d1d26")


def _hexagonal(dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """The distance whose unit circle is a hexagon with flat left and right sides."""
    dx, dy = np.abs(dx), np.abs(dy)
    return np.maximum(dx, 0.5 * dx + 0.75 * dy)
