"""Outlines of things before the lens that leave object and receptacle visible, for the axis `occlusion`.

Shapes are polygons in shares of the picture's width and height. Each comes from one side of the picture and covers
a given share of it; for one place, a smaller one lies within a larger one.
"""

from collections.abc import Callable, Sequence
from math import cos, pi, radians, sin, sqrt

import numpy as np

from vlagen_bench.axes.base import AXES, Draft
from vlagen_bench.axes.shared import spots, views
from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes import projection
from vlagen_bench.scenes.verbs import ModelKind

Points = list[list[float]]
Place = tuple[int, float, float]
"""side (0 top, 1 right, 2 bottom, 3 left), where along it (0 to 1), tilt (-1 to 1)"""

TRIES = 60
"""of each shape"""
MOST_HIDDEN = 0.15
"""of the box around a thing, so that half of the thing itself stays in sight"""
MARGIN_M = 0.03
"""of the box to each side, for things that tumble as they settle: so far goes the bridge scene's toy bear"""
STEEPEST = 0.6


def _frame(along: float, tilt: float, share: float) -> Points:
    """The rim of a frame, along the whole side."""
    left, right = share * (1 + tilt * STEEPEST), share * (1 - tilt * STEEPEST)
    return [[0, 0], [1, 0], [1, right], [0, left]]


def _cable(along: float, tilt: float, share: float) -> Points:
    """A cable, across the whole picture."""
    half, end = share / 2, along + tilt * STEEPEST
    return [[along - half, 0], [along + half, 0], [end + half, 1], [end - half, 1]]


def _finger(along: float, tilt: float, share: float) -> Points:
    """A finger: straight, with a round tip."""
    tip = [[cos(pi * step / 8) / 2, 1.2 + sin(pi * step / 8) / 2] for step in range(9)]
    shape = [[-0.5, 0], [0.5, 0], *tip]
    scale = sqrt(share / _area(shape))
    return [[along + scale * (x + tilt * STEEPEST * y), scale * y] for x, y in shape]


def _corner(along: float, tilt: float, share: float) -> Points:
    """A corner of the picture, cut off: where nothing else is fair."""
    leg = sqrt(2 * share)
    return [[0, 0], [leg, 0], [0, leg]]


SHAPES: dict[str, Callable[[float, float, float], Points]] = {
    "cable": _cable,
    "finger": _finger,
    "frame": _frame,
    "corner": _corner,
}
DRAWN = ("cable", "finger", "frame")


def outline(kind: str, place: Place, share: float) -> Points:
    """The polygon of a shape at a place that covers this share of the picture."""
    side, along, tilt = place
    turns: tuple[Callable[[float, float], tuple[float, float]], ...] = (
        lambda x, y: (x, y),
        lambda x, y: (1 - y, x),
        lambda x, y: (1 - x, 1 - y),
        lambda x, y: (y, 1 - x),
    )
    return [[round(part, 6) for part in turns[side](x, y)] for x, y in SHAPES[kind](along, tilt, share)]


def fair_place(rng: np.random.RandomState, draft: Draft, share: float) -> tuple[str, Place]:
    """A drawn shape and place where one of this size hides little of what is asked for; else a corner far from both.

    Raises:
        ConfigError: even in the corner it would hide too much.
    """
    things = [_box(draft, role) for role, filler in draft.roles.items() if AXES.get(filler).assets]
    for kind in (DRAWN[number] for number in rng.permutation(len(DRAWN))):
        for _ in range(TRIES):
            place = (int(rng.randint(4)), round(rng.uniform(), 6), round(rng.uniform(-1, 1), 6))
            if _fair(outline(kind, place, share), things):
                return kind, place
    corners: list[Place] = [(side, 0.0, 0.0) for side in range(4)]
    hidden = [max(_hidden(outline("corner", place, share), thing) for thing in things) for place in corners]
    place = corners[int(np.argmin(hidden))]
    if not _fair(outline("corner", place, share), things):
        raise ConfigError(f"An occlusion of {share:g} of the picture hides what is asked for. Choose a smaller share.")
    return "corner", place


def _fair(polygon: Points, things: Sequence[np.ndarray]) -> bool:
    """Whether it is all in the picture, as it must be to cover what it should, and leaves all things in sight."""
    whole = all(0 <= part <= 1 for point in polygon for part in point)
    return whole and all(_hidden(polygon, thing) <= MOST_HIDDEN for thing in things)


def _hidden(polygon: Points, thing: np.ndarray) -> float:
    return float(projection.inside(thing, polygon).mean())


def _box(draft: Draft, role: str) -> np.ndarray:
    """Points (N, 2) all over a thing's box as it is seen, in shares of the picture."""
    word = draft.roles[role]
    kind: ModelKind = AXES.get(word).assets or "objects"
    values, scene = draft.values, draft.scene
    size, turn_deg = (values.get("object_size", 1.0), values.get("yaw", 0.0)) if role == "source" else (1.0, 0.0)
    extents_m, yaw = np.array(draft.pack.find(kind, values[word]).extents_m) * size, radians(turn_deg)
    steps = np.linspace(-0.5, 0.5, 7)
    extents_m += (2 * MARGIN_M, 2 * MARGIN_M, 0.0)
    x, y, z = extents_m[:, None] * np.array(np.meshgrid(steps, steps, steps)).reshape(3, -1)
    centre_x, centre_y = spots.standing(draft)[role]
    height_m = scene.table_height_m + values.get("table_height", 0.0) + extents_m[2] / 2
    points = [centre_x + x * cos(yaw) - y * sin(yaw), centre_y + x * sin(yaw) + y * cos(yaw), height_m + z]
    size_px = (scene.camera.width_px, scene.camera.height_px)
    return views.present(draft).project(np.column_stack(points)) / size_px


def _area(polygon: Points) -> float:
    """By the shoelace formula."""
    after = [*polygon[1:], polygon[0]]
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(polygon, after, strict=True))) / 2
