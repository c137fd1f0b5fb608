"""Table tops: wood and other plants. Each painter gives (size, size, 3) in 0..1, tileable."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.noise import blur, cells, clouds, grid, over, ramp, rgb

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


def herringbone_parquet(rng: Rng, size_px: int) -> np.ndarray:
    """Reddish blocks laid zigzag, each with its own grain."""
    long, across = 5, 20
    x, y = grid(size_px)
    column, row = np.floor(x * across).astype(int), np.floor(y * across).astype(int)
    step = (column - row) % (2 * long)
    lies = step < long
    first_column = np.where(lies, column - step, column) % across
    first_row = np.where(lies, row, row - (2 * long - 1 - step)) % across
    u, v = (x * across - first_column) % across, (y * across - first_row) % across
    length, width = np.where(lies, u, v), np.where(lies, v, u)
    edge = np.minimum(np.minimum(length, long - length), np.minimum(width, 1 - width)) / across
    tone = rng.uniform(-0.3, 0.3, (across, across))[first_column, first_row]
    along, upright = blur(rng, size_px, 0.03, scale_y=0.0015), blur(rng, size_px, 0.0015, scale_y=0.03)
    image = ramp(0.5 + tone + 0.13 * np.where(lies, along, upright), "#6f3118", "#9a4f2a", "#bb7345")
    return over(image, 1 - edge / 0.0022, "#33160a")


def cork(rng: Rng, size_px: int) -> np.ndarray:
    """Pressed cork: light and dark crumbs."""
    num = 2600
    crumb, near, second = cells(rng.random_sample((num, 2)), size_px)
    tone = rng.beta(5, 2, num)[crumb]
    image = ramp(tone + 0.10 * clouds(rng, size_px, 0.006), "#5d3c20", "#a87343", "#c99762", "#ddb381")
    return over(image, 0.45 * (0.0035 - (second - near)) / 0.0035, "#7a4f2a")


def rattan(_rng: Rng, size_px: int) -> np.ndarray:
    """Cane webbing: pairs of straws upright and level, crossed by slanting ones, over dark holes."""
    count = 11
    x, y = grid(size_px)
    image = np.broadcast_to(rgb("#3b2513"), (size_px, size_px, 3))
    for across, per_tile, half in (
        (x + 0.18 / count, count, 0.085),
        (x - 0.18 / count, count, 0.085),
        (y + 0.18 / count, count, 0.085),
        (y - 0.18 / count, count, 0.085),
        (x + y, count, 0.10),
        (x - y, count, 0.10),
    ):
        off = ((across * per_tile) % 1 - 0.5) / half
        straw = ramp(1 - off**2, "#8a6330", "#d9b06a", "#f0d396")
        image = over(image, (1 - np.abs(off)) * 6, straw)
    return image
