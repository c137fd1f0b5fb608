"""Positions of object and receptacle and the free space around them, for the axes that move things."""

from collections.abc import Sequence
from math import cos, hypot, radians, sin
from typing import Any, Literal

import numpy as np

from vlagen_bench.axes.base import Draft
from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes import projection

Role = Literal["source", "target"]
Point = tuple[float, float]

ROLES = ("source", "target")
PLACING = ("distractor_receptacle", "object_position", "position", "receptacle_position", "start")
"""the axes at reset that `standing` and `has_room` look at"""
LIFT_M = 0.005
"""how far a thing that is moved in mid-episode falls: no further, as the hand may hover right above"""
TURNS = tuple(radians(15.0 * turn) for turn in range(24))
BEYOND_RING_M = 0.04
"""how far past the ring of never trained places a thing may be moved in mid-episode"""


def nominal(draft: Draft) -> dict[str, Any]:
    """Role -> x, y (m) where no axis moves it: as the task file draws it, or as a task of ManiSkill does itself."""
    position: dict[str, Any] = draft.values["start"] if "start" in draft.values else draft.values["position"]
    return position


def standing(draft: Draft) -> dict[str, Point]:
    """World x, y (m) at reset of each role and a third place; and of the `moved source` later, if it is moved."""
    position = nominal(draft)
    spots = {role: tuple(position[role]) for role in (*ROLES, *draft.roles, "third") if role in position}
    for role, mover in (("source", "object_position"), ("target", "receptacle_position")):
        if mover in draft.values:
            spots[role] = tuple(draft.values[mover]["xy_m"])
    if draft.values.get("reposition"):
        spots["moved source"] = tuple(draft.values["reposition"]["xy_m"])
    return spots


def has_room(role: Role, point: Point, draft: Draft) -> bool:
    """Whether source or target at this point keeps the grid's distances from what else stands there."""
    grid = draft.scene.grid
    others = {other: spot for other, spot in standing(draft).items() if other not in (role, f"moved {role}")}
    # The third is as large as the one of its own kind; where nothing is told, it is an object.
    alike = "target" if "distractor_receptacle" in draft.values else "source"
    apart_m = {"third": grid.third_separation_m} if role == alike else {}
    return all(_distance(point, spot) > apart_m.get(other, grid.separation_m) for other, spot in others.items())


def outward(rng: np.random.RandomState, draft: Draft, role: Role, beyond_m: float, most_m: float) -> Point:
    """A place so far outside the trained square, straight out from one of the places at its rim.

    The rim's places are tried in a drawn order; the first is taken from which there is room all the way to `most_m`,
    the highest level, so that all levels of an episode go the same way. Straight out, since then the place is further
    from every trained one, the further out it is.
    """
    grid = draft.scene.grid
    edge = grid.inner_half_edge_m
    steps = [(2 * i / (grid.inner - 1) - 1) * edge for i in range(grid.inner)]
    ways = [
        [
            _from(grid.centre_m, (out * x + along * y, out * y + along * x))
            for out in (edge, edge + most_m, edge + beyond_m)
        ]
        for along in steps
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    return _first_free(role, [ways[i] for i in rng.permutation(len(ways))], draft)


def away(rng: np.random.RandomState, draft: Draft, role: Role, by_m: float, most_m: float) -> Point:
    """A place so far from where source or target stands at reset, in a drawn direction, with room and within reach.

    As above, all levels of an episode go the same way. Where two other things leave no place within reach, it is the
    one nearest to the middle.
    """
    grid, start = draft.scene.grid, standing(draft)[role]
    reach_m = grid.ring_half_edge_m + BEYOND_RING_M
    turns = (TURNS[i] for i in rng.permutation(len(TURNS)))
    ways = [[_from(start, (out * cos(turn), out * sin(turn))) for out in (most_m, by_m)] for turn in turns]

    def beyond(way: Sequence[Point]) -> float:
        return max(reach_m, *(abs(a - centre) for a, centre in zip(way[0], grid.centre_m, strict=True)))

    return _first_free(role, sorted(ways, key=beyond), draft)  # sorting keeps the drawn order of equals


def inward(rng: np.random.RandomState, draft: Draft, role: Role) -> Point:
    """A drawn direction (unit vector) that does not lead a thing away from the middle of the places."""
    turn = rng.uniform(-np.pi, np.pi)
    x, y = cos(turn), sin(turn)
    start, centre = standing(draft)[role], draft.scene.grid.centre_m
    leaves = x * (start[0] - centre[0]) + y * (start[1] - centre[1]) > 0
    return (-x, -y) if leaves else (x, y)


def _from(origin: Point, offset: Point) -> Point:
    return round(origin[0] + offset[0], 6), round(origin[1] + offset[1], 6)


def _first_free(role: Role, ways: Sequence[Sequence[Point]], draft: Draft) -> Point:
    """The end of the first way with room all along and in the picture; else with both at its end; else with room."""
    view = projection.nominal(draft.scene)

    def fits(points: Sequence[Point], in_picture: bool) -> bool:
        roomy = all(has_room(role, point, draft) for point in points)
        return roomy and (not in_picture or projection.sees_all(view, draft.scene, points))

    for needed, in_picture in ((slice(None), True), (slice(-1, None), True), (slice(-1, None), False)):
        for way in ways:
            if fits(way[needed], in_picture):
                return way[-1]
    raise ConfigError(f"There is no room for the {role} so far from its place. Choose a smaller size.")


def _distance(a: Point, b: Point) -> float:
    return hypot(a[0] - b[0], a[1] - b[1])
