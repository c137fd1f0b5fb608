"""What do the table tops look like? Each painter gives (size, size, 3) in 0..1, about a metre wide, tileable."""

from __future__ import annotations

import numpy as np

from vlagen_bench.household.noise import blur, cells, choose, clouds, grid, over, ramp, shaded

Rng = np.random.RandomState


def _planks(rng: Rng, size_px: int, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Staggered boards along x: their number, the distance to the nearest joint, and to the end of the board."""
    x, y = grid(size_px)
    row = np.floor(y * rows).astype(int)
    start = rng.random_sample(rows)[row]
    board = (np.floor(2 * (x + start)) % 2).astype(int)
    end = np.abs((2 * (x + start)) % 1 - 0.5)
    side = np.abs((y * rows) % 1 - 0.5)
    joint = np.minimum((0.5 - side) / rows, (0.5 - end) / 2)
    return 2 * row + board, joint, end


def oak_planks(rng: Rng, size_px: int) -> np.ndarray:
    """Pale boards, each a little different, with fine grain and dark joints."""
    rows = 6
    board, joint, _ = _planks(rng, size_px, rows)
    _, y = grid(size_px)
    shift = rng.uniform(-3, 3, 2 * rows)[board]
    warp = blur(rng, size_px, 0.16, scale_y=0.03)
    figure = np.sin(2 * np.pi * (24 * y + 0.55 * warp + shift))
    grain = blur(rng, size_px, 0.03, scale_y=0.0012)
    tone = rng.uniform(-0.22, 0.22, 2 * rows)[board]
    image = ramp(0.5 + 0.13 * figure + 0.11 * grain + tone, "#9c6b36", "#c4935a", "#dcb57e")
    return over(image, 1 - joint / 0.003, "#3c2813")


def walnut(rng: Rng, size_px: int) -> np.ndarray:
    """One dark brown board with arched figure."""
    _, y = grid(size_px)
    warp = blur(rng, size_px, 0.22, scale_y=0.07)
    figure = 9 * y + 1.25 * warp
    rings = (figure % 1.0) ** 1.6
    soft = np.where(figure % 1.0 > 0.9, (1 - figure % 1.0) * 10 * 0.9**1.6, rings)
    grain = blur(rng, size_px, 0.03, scale_y=0.0012)
    image = ramp(0.75 - 0.55 * soft + 0.10 * grain, "#28160c", "#4a2b18", "#6d452a", "#83583a")
    return over(image, 0.5 * (blur(rng, size_px, 0.010, scale_y=0.0008) > 2.0), "#1c0f08")


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


def blue_checked_cloth(rng: Rng, size_px: int) -> np.ndarray:
    """Gingham: blue and white threads, woven."""
    x, y = grid(size_px)
    stripes = ((x * 12) % 1 < 0.5).astype(float) + ((y * 12) % 1 < 0.5)
    image = ramp(stripes / 2, "#f3f5f8", "#7d9fd0", "#1f4f9c")
    weave = np.sin(2 * np.pi * 170 * x) * np.sin(2 * np.pi * 170 * y)
    return shaded(image, 0.07 * weave + 0.02 * blur(rng, size_px, 0.05))


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


def bamboo(rng: Rng, size_px: int) -> np.ndarray:
    """Narrow yellowish strips with a knot line here and there."""
    strips = 22
    x, y = grid(size_px)
    strip = np.floor(x * strips).astype(int)
    side = np.abs((x * strips) % 1 - 0.5)
    tone = rng.uniform(-0.22, 0.22, strips)[strip]
    fibre = blur(rng, size_px, 0.0012, scale_y=0.06)
    image = ramp(0.5 + tone + 0.12 * fibre, "#b89552", "#d6b774", "#ead39a")
    for _ in range(2):
        knot = rng.random_sample(strips)[strip]
        away = np.abs((y - knot + 0.5) % 1 - 0.5)
        image = over(image, 0.75 * np.exp(-((away / 0.005) ** 2)), "#7d5a25")
        image = over(image, 0.25 * np.exp(-((away / 0.02) ** 2)), "#a57d3c")
    return over(image, (side - 0.455) / 0.03, "#7a5a2a")


def green_felt(rng: Rng, size_px: int) -> np.ndarray:
    """A billiard table: deep green with matted fibres."""
    fibres = sum(
        np.abs(blur(rng, size_px, a, scale_y=b)) for a, b in ((0.010, 0.0012), (0.0012, 0.010), (0.002, 0.002))
    )
    image = ramp(0.5 + 0.16 * (fibres - 2.4), "#0d4a2a", "#17693c", "#258650")
    return shaded(image, 0.035 * clouds(rng, size_px, 0.1))


def brushed_steel(rng: Rng, size_px: int) -> np.ndarray:
    """Grey metal, brushed along x, with a broad sheen."""
    _, y = grid(size_px)
    brush = blur(rng, size_px, 0.14, scale_y=0.0008) + 0.7 * blur(rng, size_px, 0.05, scale_y=0.0012)
    sheen = 0.08 * np.sin(2 * np.pi * y) + 0.04 * np.sin(4 * np.pi * y + 1)
    return ramp(0.5 + sheen + 0.075 * brush, "#73787e", "#a3a8ad", "#d3d7da")


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
