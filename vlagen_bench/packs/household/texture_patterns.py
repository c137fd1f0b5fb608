"""Overlay textures: geometric patterns. Each painter gives (size, size, 3) in 0..1, tileable."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.noise import blur, choose, clouds, grid, jittered, over, ramp, rgb, wrapped

Rng = np.random.RandomState


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


def polka_dots(_rng: Rng, size_px: int) -> np.ndarray:
    """White dots in staggered rows on pink."""
    count = 5
    x, y = grid(size_px)
    dot = np.minimum(*(np.hypot(wrapped(x * count + shift), wrapped(y * count + shift)) for shift in (0.0, 0.5)))
    return over(np.broadcast_to(rgb("#e8588f"), (size_px, size_px, 3)), (0.21 - dot) / 0.01, "#fdf6f2")


def candy_stripes(_rng: Rng, size_px: int) -> np.ndarray:
    """Slanting stripes in green, white and orange."""
    x, y = grid(size_px)
    stripe = np.floor(((x + y) * 5 % 1) * 4).astype(int)
    return choose(stripe, "#16854a", "#fbf7ec", "#f07f1b", "#fbf7ec")


def tartan(_rng: Rng, size_px: int) -> np.ndarray:
    """Bands of green, navy and red, woven in twill, with thin yellow and white lines."""
    bands = ((0.00, 0.30, "#14532f"), (0.30, 0.50, "#14204f"), (0.50, 0.80, "#a4161f"), (0.80, 1.00, "#14204f"))
    lines = ((0.14, 0.16, "#e7c31f"), (0.64, 0.66, "#f4f0e2"), (0.39, 0.41, "#a4161f"))
    x, y = grid(size_px)

    def threads(at: np.ndarray) -> np.ndarray:
        colour = np.zeros((*at.shape, 3))
        for first, last, name in bands + lines:
            colour[(at >= first) & (at < last)] = rgb(name)
        return colour

    twill = ((x + y) * 96 % 1 < 0.5)[..., None]
    return np.where(twill, threads(x * 2 % 1), threads(y * 2 % 1))


def concentric_circles(rng: Rng, size_px: int) -> np.ndarray:
    """Squares with rings, every ring in a colour of its own."""
    count, rings = 4, 5
    x, y = grid(size_px)
    number = (np.floor(x * count) + count * np.floor(y * count)).astype(int)
    radius = np.hypot((x * count) % 1 - 0.5, (y * count) % 1 - 0.5)
    ring = np.clip(np.floor(radius / 0.5 * rings), 0, rings).astype(int)
    steps = rng.randint(1, 8, (count**2, rings + 1)).cumsum(axis=1) % 8  # never 0 further than the ring before
    colours = ("#e63327", "#f5b81c", "#1b4f9c", "#f3ead8", "#1d8a6b", "#e77fb1", "#23201f", "#7fc4e8")
    return choose(steps[number, ring], *colours)


def rainbow_waves(_rng: Rng, size_px: int) -> np.ndarray:
    """Wavy bands through all hues."""
    x, y = grid(size_px)
    wave = 2 * y + 0.12 * np.sin(2 * np.pi * 2 * x) + 0.05 * np.sin(2 * np.pi * (3 * x + y))
    band = np.floor((wave % 1) * 8).astype(int)
    return choose(band, "#e6261f", "#eb7532", "#f7d038", "#a3e048", "#49da9a", "#34bbe6", "#4355db", "#d23be7")


def maze(rng: Rng, size_px: int) -> np.ndarray:
    """Violet walls on pale yellow; there is one way between any two places."""
    count = 14
    east, south = _spanning_tree(rng, count)
    to_path, _ = _to_lines(east, south, size_px)
    return over(np.broadcast_to(rgb("#5a189a"), (size_px, size_px, 3)), (0.30 - to_path) / 0.03, "#fdf3b4")


def circuit_board(rng: Rng, size_px: int) -> np.ndarray:
    """Gold tracks with soldered ends on a green board, and black chips with pins."""
    count = 16
    x, y = grid(size_px)
    east, south = rng.random_sample((2, count, count)) < 0.42
    to_track, to_node = _to_lines(east, south, size_px)
    image = ramp(0.5 + 0.2 * clouds(rng, size_px, 0.05), "#0b5a38", "#12774a")
    image = over(image, (0.10 - to_track) / 0.03, "#d8b34a")
    ways = east.astype(int) + np.roll(east, 1, axis=1) + south + np.roll(south, 1, axis=0)
    ends = (ways == 1)[(np.floor(y * count) % count).astype(int), (np.floor(x * count) % count).astype(int)]
    image = over(image, (0.27 - to_node) / 0.03 * ends, "#e9d9a0")
    image = over(image, (0.12 - to_node) / 0.03 * ends, "#1c2a22")
    for at_x, at_y in jittered(rng, 2):
        dx, dy = np.abs(wrapped(x - at_x)), np.abs(wrapped(y - at_y))
        image = over(image, (dx < 0.085) & (dy < 0.115) & ((dy * 40) % 1 < 0.5), "#d6d6d0")
        image = over(image, (dx < 0.065) & (dy < 0.12), "#17191b")
    return image


def _to_lines(east: np.ndarray, south: np.ndarray, size_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Lines between neighbours of a square net, as told by two (count, count) arrays [row, column] of bool.

    Returns the distances of every pixel, in meshes, to the nearest line and to the nearest node.
    """
    count = len(east)
    x, y = grid(size_px)
    column, row = np.floor(x * count).astype(int), np.floor(y * count).astype(int)
    u, v = (x * count) % 1 - 0.5, (y * count) % 1 - 0.5
    to_node = np.hypot(u, v)
    to_line = to_node
    for there, along, across in (
        (east[row, column], u, v),
        (east[row, column - 1], -u, v),
        (south[row, column], v, u),
        (south[row - 1, column], -v, u),
    ):
        to_line = np.minimum(to_line, np.where(there & (along > 0), np.abs(across), 1.0))
    return to_line, to_node


def _spanning_tree(rng: Rng, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Random ways to the east and to the south that join all squares of a wrapped net, without a loop."""
    ways = np.zeros((2, count, count), dtype=bool)
    group = np.arange(count**2).reshape(count, count)
    for way in rng.permutation(2 * count**2):
        south, row, column = way // count**2, way // count % count, way % count
        here, there = group[row, column], group[(row + south) % count, (column + 1 - south) % count]
        if here != there:
            ways[south, row, column] = True
            group[group == there] = here
    return ways[0], ways[1]
