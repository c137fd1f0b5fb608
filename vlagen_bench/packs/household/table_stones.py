"""Table tops: stone and fired clay. Each painter gives (size, size, 3) in 0..1, tileable."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.noise import blur, cells, choose, clouds, grid, over, ramp, shaded

Rng = np.random.RandomState


def white_marble(rng: Rng, size_px: int) -> np.ndarray:
    """Near white with soft grey veins in two sizes."""
    drift = clouds(rng, size_px, 0.12)
    vein = np.exp(-np.abs(clouds(rng, size_px, 0.17, octaves=5) + 0.35 * drift) * 16)
    fine = np.exp(-np.abs(clouds(rng, size_px, 0.09, octaves=5)) * 26)
    image = ramp(0.55 + 0.22 * drift, "#dfe0e2", "#f0f0ef", "#fafaf8")
    strength = np.clip(0.6 + 0.4 * blur(rng, size_px, 0.12), 0, 1)
    image = over(image, 0.75 * vein * strength, "#6f757d")
    return over(image, 0.35 * fine * strength, "#8d9299")


def grey_granite(rng: Rng, size_px: int) -> np.ndarray:
    """Grey with black, white and a few pinkish grains."""
    grain, _, _ = cells(rng.random_sample((16000, 2)), size_px)
    kind = rng.choice(5, size=16000, p=[0.33, 0.27, 0.2, 0.15, 0.05])[grain]
    image = choose(kind, "#8b8d90", "#a5a7a9", "#6a6c70", "#2e2f33", "#b09a92")
    image = over(image, (clouds(rng, size_px, 0.012) > 1.6) * 0.9, "#e6e6e4")
    return shaded(image, 0.05 * clouds(rng, size_px, 0.1))


def terrazzo(rng: Rng, size_px: int) -> np.ndarray:
    """Cream ground with angular chips of coloured stone."""
    num = 420
    chip, nearest, second = cells(rng.random_sample((num, 2)), size_px)
    kind = rng.randint(0, 7, num)[chip]
    shrink = rng.uniform(0.006, 0.020, num)[chip]
    image = ramp(0.5 + 0.1 * clouds(rng, size_px, 0.01), "#e6dfd2", "#f1ece2")
    stone = choose(kind, "#c2603f", "#3f5d63", "#d9a441", "#7d8a86", "#2f3034", "#b98d7c", "#f8f6f0")
    stone = shaded(stone, 0.08 * clouds(rng, size_px, 0.01))
    return over(image, (second - nearest - shrink) / 0.002, stone)


def terracotta_tiles(rng: Rng, size_px: int) -> np.ndarray:
    """Square fired-clay tiles with pale joints."""
    count = 5
    x, y = grid(size_px)
    number = (np.floor(x * count) + count * np.floor(y * count)).astype(int)
    edge = np.minimum(0.5 - np.abs((x * count) % 1 - 0.5), 0.5 - np.abs((y * count) % 1 - 0.5))
    edge = edge + 0.008 * blur(rng, size_px, 0.008)
    tone = rng.uniform(-0.25, 0.25, count * count)[number]
    image = ramp(0.5 + tone + 0.16 * clouds(rng, size_px, 0.05), "#9c4423", "#c0623a", "#d6834f")
    image = over(image, 0.35 * (0.09 - edge) / 0.05, "#8a3d20")
    joint = ramp(0.5 + 0.15 * blur(rng, size_px, 0.004), "#a89c8b", "#cfc4b2")
    return over(image, (0.045 - edge) / 0.012, joint)


def black_slate(rng: Rng, size_px: int) -> np.ndarray:
    """Split slate: dark, bluish, in flat steps that catch the light."""
    height = clouds(rng, size_px, 0.13, octaves=6) + 0.15 * blur(rng, size_px, 0.05, scale_y=0.015)
    steps = np.floor(1.6 * height) + np.clip(8 * ((1.6 * height) % 1) - 7, 0, 1)
    relief = np.roll(steps, size_px // 400, axis=0) - np.roll(steps, -size_px // 400, axis=0)
    image = ramp(0.5 + 0.12 * height + 0.06 * clouds(rng, size_px, 0.006), "#23282d", "#343b42", "#4a535b")
    return shaded(image, np.clip(0.35 * relief, -0.35, 0.5))


def concrete(rng: Rng, size_px: int) -> np.ndarray:
    """Poured concrete: pale grey with stains and small air holes."""
    image = ramp(0.5 + 0.16 * clouds(rng, size_px, 0.15, octaves=6), "#8f8f8b", "#acaca7", "#c4c3bd")
    image = shaded(image, 0.035 * blur(rng, size_px, 0.0015))
    num = 260
    hole, near, _ = cells(rng.random_sample((num, 2)), size_px)
    radius = 0.0052 * rng.random_sample(num)[hole] ** 4 + 0.0009
    return over(image, 0.7 * (radius - near) / 0.0008, "#4f4f4c")


def painted_tiles(rng: Rng, size_px: int) -> np.ndarray:
    """Glazed tiles with an eight-pointed star each and quarters of another in their corners."""
    count = 4
    x, y = grid(size_px)
    image = ramp(0.5 + 0.2 * clouds(rng, size_px, 0.05), "#e9dcc0", "#f6eedb")
    for shift, colours in ((0.0, ("#0f6f6b", "#e2a52b", "#a8331f")), (0.5, ("#c8641e", "#124f63", "#f1e2bb"))):
        u, v = (x * count + shift) % 1 - 0.5, (y * count + shift) % 1 - 0.5
        upright, slanted = np.maximum(np.abs(u), np.abs(v)), (np.abs(u) + np.abs(v)) / np.sqrt(2)
        star = np.minimum(upright, slanted)
        for reach, colour in zip((0.235, 0.165, 0.08), colours, strict=True):
            image = over(image, (reach - star) / 0.006, colour)
            image = over(image, 1 - np.abs(reach - star) / 0.008, "#fbf6e8")
    edge = np.minimum(0.5 - np.abs((x * count) % 1 - 0.5), 0.5 - np.abs((y * count) % 1 - 0.5))
    return over(image, (0.014 - edge) / 0.004, "#8d8474")
