"""Overlay textures: nature. Each painter gives (size, size, 3) in 0..1, tileable."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.noise import (
    blur,
    cells,
    choose,
    clouds,
    grid,
    jittered,
    over,
    ramp,
    rgb,
    shaded,
    wrapped,
)

Rng = np.random.RandomState


def zebra_stripes(rng: Rng, size_px: int) -> np.ndarray:
    """Black and white stripes that bend and fork."""
    x, y = grid(size_px)
    bend = blur(rng, size_px, 0.14)
    wave = np.sin(2 * np.pi * (6 * x + 0.6 * bend) + 0.9 * np.sin(2 * np.pi * y)) + 0.28 * blur(rng, size_px, 0.05)
    return ramp(0.5 + 6 * wave, "#121212", "#f7f5f0")


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


def cloudy_sky(rng: Rng, size_px: int) -> np.ndarray:
    """White clouds on blue."""
    puffs = clouds(rng, size_px, 0.10, octaves=5)
    image = ramp(0.5 + 0.15 * blur(rng, size_px, 0.2), "#2f7ed0", "#62a8e8")
    image = over(image, 0.9 * (puffs + 0.1) / 0.8, "#ffffff")
    return over(image, 0.35 * (puffs - 1.0) / 0.8, "#9aa9bd")


def pebbles(rng: Rng, size_px: int) -> np.ndarray:
    """River stones, round and grey and brown, with dark gaps."""
    points = jittered(rng, 9)
    stone, near, second = cells(points, size_px)
    inside = (second - near) / (second + near)
    tone = rng.randint(0, 6, len(points))[stone]
    image = choose(tone, "#8b8680", "#b5aa9a", "#6d6a6c", "#a3816a", "#d3cdc2", "#5b5f66")
    image = shaded(image, 0.10 * clouds(rng, size_px, 0.01) + 0.5 * np.clip(inside, 0, 0.5) - 0.2)
    return over(image, 1 - inside / 0.14, "#1f1b18")


def bubbles(rng: Rng, size_px: int) -> np.ndarray:
    """Soap bubbles with bright rims and highlights on deep blue."""
    x, y = grid(size_px)
    image = ramp(0.5 + 0.25 * np.sin(2 * np.pi * y) + 0.1 * blur(rng, size_px, 0.1), "#06134a", "#1246a8", "#1fa0d8")
    for at_x, at_y, size in rng.random_sample((70, 3)):
        size = 0.02 + 0.10 * size**2
        dx, dy = wrapped(x - at_x) / size, wrapped(y - at_y) / size
        radius = np.hypot(dx, dy)
        hue = ramp(0.5 + 0.5 * np.sin(3 * dx - 2 * dy), "#f3b6ff", "#9affea", "#fff3a6")
        image = over(image, np.where(radius < 1, 0.10 + 0.8 * radius**5, 0) * np.clip((1 - radius) * 12, 0, 1), hue)
        image = over(image, (0.20 - np.hypot(dx + 0.4, dy + 0.4)) / 0.1, "#ffffff")
    return image


def daisies(rng: Rng, size_px: int) -> np.ndarray:
    """White flowers with yellow hearts, close together on leaf green."""
    x, y = grid(size_px)
    image = ramp(0.5 + 0.25 * clouds(rng, size_px, 0.02), "#1d5c1f", "#3f9435")
    for at_x, at_y in jittered(rng, 6):
        dx, dy = wrapped(x - at_x), wrapped(y - at_y)
        size, turn = rng.uniform(0.075, 0.105), rng.uniform(0, np.pi)
        radius, angle = np.hypot(dx, dy) / size, np.arctan2(dy, dx) + turn
        petal = np.abs(np.cos(5.5 * angle))
        image = over(image, (0.62 + 0.38 * petal**0.5 - radius) / 0.05, "#fdfdf8")
        image = over(image, (0.30 - radius) / 0.05, "#f4b80f")
    return image


def fish_scales(rng: Rng, size_px: int) -> np.ndarray:
    """Round scales in turquoise and gold, each row over the one below it."""
    across, down = 8, 10
    x, y = grid(size_px)
    image = np.zeros((size_px, size_px, 3))
    tone = rng.random_sample((down, across))
    for row in range(down + 2, -2, -1):
        along = x * across + 0.5 * (row % 2)
        u, v = along % 1 - 0.5, (y * down - row) * across / down
        radius = np.hypot(u, np.maximum(v, 0))
        colour = ramp(tone[row % down][np.floor(along).astype(int) % across], "#0a5f73", "#16a39a", "#7ad6b0")
        scale = over(shaded(colour, 0.35 - 0.9 * radius), 1 - np.abs(radius - 0.53) / 0.07, "#e6b84a")
        image = over(image, ((radius < 0.6) & (v > -1)).astype(float), scale)
    return image


def lava(rng: Rng, size_px: int) -> np.ndarray:
    """Black crust with glowing cracks."""
    _, near, second = cells(jittered(rng, 6), size_px)
    crack = (second - near) + 0.012 * clouds(rng, size_px, 0.03)
    crust = ramp(0.4 + 0.25 * clouds(rng, size_px, 0.015), "#120c0b", "#2b1d1a", "#4a3630")
    glow = np.exp(-np.maximum(crack, 0) / 0.022)
    return over(crust, 1.4 * glow - 0.08, ramp(glow, "#5a0c02", "#d93a05", "#ff9a1f", "#fff1a8"))
