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

TRIES = 40
"""of each shape"""
MOST_HIDDEN = 0.15
"""of the box around a thing, so that half of the thing itself stays in sight"""
MARGIN_M = 0.03
"""of the box to each side, for things that tumble as they settle: so far goes the bridge scene's toy bear"""
STEEPEST = 0.6
ROUNDED = 1e-6
WAVE = 0.2
SAG = 0.8


def _cloth(along: float, tilt: float, share: float) -> Points:
    """The hem of a cloth or sleeve, along the whole side, in waves."""
    steps = [step / 12 for step in range(13)]
    hem = [[x, share * (1 + tilt * STEEPEST * (1 - 2 * x) + WAVE * sin(2 * pi * (x + along)))] for x in steps]
    return [[0, 0], [1, 0], *reversed(hem)]


def _cable(along: float, tilt: float, share: float) -> Points:
    """A cable, across the whole picture, that sags to one side."""
    steps = [step / 7 for step in range(8)]
    middle = [along + tilt * STEEPEST * y + SAG * (tilt - 0.5) * y * (1 - y) for y in steps]
    left = [[x - share / 2, y] for x, y in zip(middle, steps, strict=True)]
    right = [[x + share / 2, y] for x, y in zip(middle, steps, strict=True)]
    return [*left, *reversed(right)]


def _finger(along: float, tilt: float, share: float) -> Points:
    """A finger: straight, a little thinner towards its round tip."""
    tip = [[0.44 * cos(pi * step / 8), 1.2 + 0.5 * sin(pi * step / 8)] for step in range(9)]
    return _grown([[-0.5, 0], [0.5, 0], *tip], along, tilt, share)


def _leaf(along: float, tilt: float, share: float) -> Points:
    """A leaf that hangs in from its stem."""
    steps = [step / 8 for step in range(8)]
    half = [0.03 + 0.34 * sin(pi * y**0.8) for y in steps]
    right = [[x, y] for x, y in zip(half, steps, strict=True)]
    return _grown([*right, [0, 1], *([-x, y] for x, y in reversed(right))], along, tilt, share)


def _cup(along: float, tilt: float, share: float) -> Points:
    """The rim of a cup that stands before the camera: half an ellipse."""
    rim = [[cos(pi * step / 14), (0.8 + 0.2 * tilt) * sin(pi * step / 14)] for step in range(15)]
    return _grown(rim, along, 0.0, share)


def _thumb(along: float, tilt: float, share: float) -> Points:
    """A thumb on a corner of the picture: where nothing else is fair."""
    arc = [[cos(pi / 2 * step / 10), sin(pi / 2 * step / 10)] for step in range(11)]
    return _grown([[0, 0], *arc], 0.0, 0.0, share)


def _grown(shape: Points, along: float, tilt: float, share: float) -> Points:
    """A shape that stands on the side, leans, and covers the share."""
    scale = sqrt(share / _area(shape))
    return [[along + scale * (x + tilt * STEEPEST * y), scale * y] for x, y in shape]


SHAPES: dict[str, Callable[[float, float, float], Points]] = {
    "cable": _cable,
    "cloth": _cloth,
    "cup": _cup,
    "finger": _finger,
    "leaf": _leaf,
    "thumb": _thumb,
}
DRAWN = ("cable", "cloth", "cup", "finger", "leaf")


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
    if "start" in draft.values:
        things = _boxes_of_start(draft)
    else:
        things = [_box(draft, role) for role, filler in draft.roles.items() if AXES.get(filler).assets]
    for kind in (DRAWN[number] for number in rng.permutation(len(DRAWN))):
        for _ in range(TRIES):
            place = (int(rng.randint(4)), round(rng.uniform(), 6), round(rng.uniform(-1, 1), 6))
            if _fair(outline(kind, place, share), things):
                return kind, place
    corners: list[Place] = [(side, 0.0, 0.0) for side in range(4)]
    hidden = [max(_hidden(outline("thumb", place, share), thing) for thing in things) for place in corners]
    place = corners[int(np.argmin(hidden))]
    if not _fair(outline("thumb", place, share), things):
        raise ConfigError(f"An occlusion of {share:g} of the picture hides what is asked for. Choose a smaller share.")
    return "thumb", place


def _fair(polygon: Points, things: Sequence[np.ndarray]) -> bool:
    """Whether it is all in the picture, as it must be to cover what it should, and leaves all things in sight."""
    whole = all(-ROUNDED <= part <= 1 + ROUNDED for point in polygon for part in point)
    return whole and all(_hidden(polygon, thing) <= MOST_HIDDEN for thing in things)


def _hidden(polygon: Points, thing: np.ndarray) -> float:
    corners = np.array(polygon)
    if (thing.max(axis=0) < corners.min(axis=0)).any() or (thing.min(axis=0) > corners.max(axis=0)).any():
        return 0.0
    return float(projection.inside(thing, polygon).mean())


def _box(draft: Draft, role: str) -> np.ndarray:
    """Points (N, 2) all over a thing's box as it is seen, in shares of the picture."""
    word = draft.roles[role]
    kind: ModelKind = AXES.get(word).assets or "objects"
    values = draft.values
    size, turn_deg = (values.get("object_size", 1.0), values.get("yaw", 0.0)) if role == "source" else (1.0, 0.0)
    extents_m, yaw = np.array(draft.pack.find(kind, values[word]).extents_m) * size, radians(turn_deg)
    return _projected(draft, spots.standing(draft)[role], extents_m, yaw)


def _boxes_of_start(draft: Draft) -> list[np.ndarray]:
    """As `_box`, of source and target of a ManiSkill task, by the circles that they stand in."""
    start, standing = draft.values["start"], spots.standing(draft)
    facts = {thing["name"]: thing for thing in start["things"]}
    named = [(standing[role], facts[name]) for role, name in start["names"].items()]
    sizes = [(xy_m, 2 * thing["radius_m"] / 2**0.5, thing["height_m"]) for xy_m, thing in named]
    return [_projected(draft, xy_m, np.array([edge_m, edge_m, height_m]), 0.0) for xy_m, edge_m, height_m in sizes]


def _projected(draft: Draft, xy_m: tuple[float, float], extents_m: np.ndarray, yaw: float) -> np.ndarray:
    """Points (N, 2) all over a box that stands on the table, in shares of the picture."""
    values, scene = draft.values, draft.scene
    steps = np.linspace(-0.5, 0.5, 7)
    extents_m += (2 * MARGIN_M, 2 * MARGIN_M, 0.0)
    x, y, z = extents_m[:, None] * np.array(np.meshgrid(steps, steps, steps)).reshape(3, -1)
    centre_x, centre_y = xy_m
    height_m = scene.table_height_m + values.get("table_height", 0.0) + extents_m[2] / 2
    points = [centre_x + x * cos(yaw) - y * sin(yaw), centre_y + x * sin(yaw) + y * cos(yaw), height_m + z]
    size_px = (scene.camera.width_px, scene.camera.height_px)
    return views.present(draft).project(np.column_stack(points)) / size_px


def _area(polygon: Points) -> float:
    """By the shoelace formula."""
    after = [*polygon[1:], polygon[0]]
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(polygon, after, strict=True))) / 2
