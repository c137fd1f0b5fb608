"""Where do things stand, and where is room for one of them? What the axes that move things share; no axis itself."""

from collections.abc import Iterable
from math import cos, hypot, radians, sin
from typing import Literal

import numpy as np

from vlagen_bench.axes.base import Draft
from vlagen_bench.errors import ConfigError

Role = Literal["source", "target"]
Point = tuple[float, float]

PLACING = ("distractor_receptacle", "object_position", "position", "receptacle_position")
"""the axes at reset that `standing` and `has_room` look at"""
LIFT_M = 0.005
"""how far a thing that is moved in mid-episode falls: no further, as the hand may hover right above"""
TURNS = tuple(radians(15.0 * turn) for turn in range(24))
BEYOND_RING_M = 0.04
"""how far past the ring of never trained places a thing may be moved in mid-episode"""


def standing(draft: Draft) -> dict[str, Point]:
    """World x, y (m) at reset of source, target, and the third place if there is one; then of a source moved later."""
    position = draft.values["position"]
    spots = {role: tuple(position[role]) for role in ("source", "target", "third") if role in position}
    for role, mover in (("source", "object_position"), ("target", "receptacle_position")):
        if mover in draft.values:
            spots[role] = tuple(draft.values[mover]["xy_m"])
    if draft.values.get("reposition"):
        spots["moved source"] = tuple(draft.values["reposition"]["xy_m"])
    return spots


def has_room(role: Role, point: Point, draft: Draft) -> bool:
    """Whether source or target at this point keeps the grid's distances from what else stands there."""
    grid = draft.scene.grid
    # The third is as large as the one of its own kind; where nothing is told, it is an object.
    alike = "target" if "distractor_receptacle" in draft.values else "source"
    for other, spot in standing(draft).items():
        wide = other == "third" and role == alike
        if other != role and _distance(point, spot) <= (grid.third_separation_m if wide else grid.separation_m):
            return False
    return True


def outward(rng: np.random.RandomState, draft: Draft, role: Role, beyond_m: float) -> Point:
    """A place so far outside the trained square, straight out from one of the places at its rim.

    The rim's places are tried in a drawn order, the first with room is taken. Straight out, since then the place
    is further from every trained one, the further out it is.
    """
    grid = draft.scene.grid
    far = grid.inner_half_edge_m + beyond_m
    steps = [(2 * i / (grid.inner - 1) - 1) * grid.inner_half_edge_m for i in range(grid.inner)]
    rim = [spot for along in steps for spot in ((far, along), (-far, along), (along, far), (along, -far))]
    return _first_with_room(role, _from(grid.centre_m, (rim[i] for i in rng.permutation(len(rim)))), draft)


def away(rng: np.random.RandomState, draft: Draft, role: Role, by_m: float) -> Point:
    """A place so far from where source or target stands at reset, in a drawn direction, with room and within reach.

    Where two others leave no such place, it is the one nearest to the middle of the places.
    """
    grid, start = draft.scene.grid, standing(draft)[role]
    most_m = grid.ring_half_edge_m + BEYOND_RING_M
    turns = (TURNS[i] for i in rng.permutation(len(TURNS)))
    spots = _from(start, ((by_m * cos(turn), by_m * sin(turn)) for turn in turns))

    def beyond(spot: Point) -> float:
        return max(most_m, *(abs(a - centre) for a, centre in zip(spot, grid.centre_m, strict=True)))

    return _first_with_room(role, sorted(spots, key=beyond), draft)  # sorting keeps the drawn order of equals


def inward(rng: np.random.RandomState, draft: Draft, role: Role) -> Point:
    """A drawn direction (unit vector) that does not lead a thing away from the middle of the places."""
    turn = rng.uniform(-np.pi, np.pi)
    x, y = cos(turn), sin(turn)
    start, centre = standing(draft)[role], draft.scene.grid.centre_m
    leaves = x * (start[0] - centre[0]) + y * (start[1] - centre[1]) > 0
    return (-x, -y) if leaves else (x, y)


def _from(origin: Point, offsets: Iterable[Point]) -> Iterable[Point]:
    return ((round(origin[0] + x, 6), round(origin[1] + y, 6)) for x, y in offsets)


def _first_with_room(role: Role, spots: Iterable[Point], draft: Draft) -> Point:
    for spot in spots:
        if has_room(role, spot, draft):
            return spot
    raise ConfigError(f"There is no room for the {role} so far from its place. Choose a smaller size.")


def _distance(a: Point, b: Point) -> float:
    return hypot(a[0] - b[0], a[1] - b[1])
