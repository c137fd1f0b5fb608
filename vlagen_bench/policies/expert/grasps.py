"""The search for grasps on a thing: over turns and places, straight from above.

What makes a hold good was learnt by the prototype (research notes): near the centre of mass, surfaces that face the
fingers, nothing facing up, room beside the fingers, deep between them, little turn of the wrist, away from others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vlagen_bench.policies.expert.grippers import Gripper
from vlagen_bench.policies.expert.motion import nearest_turn
from vlagen_bench.policies.expert.shapes import Shape

TURNS = 24  # every 7.5 degrees
PLACE_STEP_M = 0.004
CONTACT_M = 0.002  # surface this near to the outermost point touches the closing finger
MARGIN_M = 0.003  # kept between fingers and other things
LEAST_ROOM_M = 0.0008  # beside each open finger
LEAST_DEPTH_M = 0.004
GOOD_ROOM_M = 0.006
GOOD_DEPTH_M = 0.016
SAME_TURN_RAD = 0.3  # a failed choice makes what is this near to it less likely
SAME_PLACE_M = 0.015


@dataclass(frozen=True, kw_only=True)
class Grasp:
    """A place to hold a thing."""

    tips_m: np.ndarray
    """(3,) middle between the fingertips when they close, world"""
    yaw_rad: float
    """direction of the closing axis"""
    room_m: float
    """between the thing and each open finger"""
    cost: float
    """lower is better; the terms are in `_TurnProfile.least_cost` and `_TurnProfile._cost`"""


def find(
    gripper: Gripper,
    thing: Shape,
    others: Sequence[Shape],
    *,
    table_m: float,
    yaw_now_rad: float,
    failed: Sequence[Grasp] = (),
) -> Grasp | None:
    """The best grasp of a thing at rest; None if the fingers fit nowhere. All shapes are in the world."""
    obstacles = np.concatenate([other.points for other in others]) if others else np.empty((0, 3))
    near = np.linalg.norm(obstacles[:, :2] - thing.centre_of_mass[:2], axis=1) < 0.25
    best: Grasp | None = None
    for turn in range(TURNS):
        line = _TurnProfile(gripper, thing, obstacles[near], table_m, nearest_turn(turn * np.pi / TURNS, yaw_now_rad))
        for place_m in line.places():
            if best is not None and line.least_cost(place_m, yaw_now_rad) >= best.cost:
                continue
            grasp = line.grasp(place_m, yaw_now_rad)
            if grasp is None:
                continue
            grasp = replace(grasp, cost=grasp.cost + sum(_likeness(grasp, old) for old in failed))
            if best is None or grasp.cost < best.cost:
                best = grasp
    return best


def _likeness(grasp: Grasp, old: Grasp) -> float:
    """Cost of being like a choice that failed."""
    turn = abs(nearest_turn(grasp.yaw_rad, old.yaw_rad) - old.yaw_rad) / SAME_TURN_RAD
    place = float(np.linalg.norm(grasp.tips_m - old.tips_m)) / SAME_PLACE_M
    return 3.0 * max(0.0, 1.0 - 0.5 * (turn + place))


class _TurnProfile:
    """One turn of the gripper: the thing seen along the closing axis (`along`) and across it."""

    def __init__(self, gripper: Gripper, thing: Shape, obstacles: np.ndarray, table_m: float, yaw_rad: float) -> None:
        self.gripper, self.table_m, self.yaw_rad = gripper, table_m, yaw_rad
        # closing axis, and across it
        self.axes = np.array([[np.cos(yaw_rad), np.sin(yaw_rad)], [-np.sin(yaw_rad), np.cos(yaw_rad)]])
        self.along, self.across = (thing.points[:, :2] @ self.axes.T).T
        self.up = thing.points[:, 2]
        self.facing = np.column_stack([thing.normals[:, :2] @ self.axes[0], thing.normals[:, 2]])
        self.mass_along, self.mass_across = self.axes @ thing.centre_of_mass[:2]
        self.mass_up = thing.centre_of_mass[2]
        self.other_along, self.other_across = (obstacles[:, :2] @ self.axes.T).T
        self.other_up = obstacles[:, 2]

    def places(self) -> np.ndarray:
        """Where to try, across the closing axis: a grid through the centre of mass, from there outwards."""
        low = np.ceil((self.across.min() - self.mass_across) / PLACE_STEP_M)
        high = np.floor((self.across.max() - self.mass_across) / PLACE_STEP_M)
        steps = np.arange(low, high + 1)
        return self.mass_across + PLACE_STEP_M * steps[np.argsort(np.abs(steps), kind="stable")]

    def least_cost(self, place_m: float, yaw_now_rad: float) -> float:
        """The part of the cost that is known before anything is measured; the rest only adds to it."""
        turned = 0.3 * abs(self.yaw_rad - yaw_now_rad) / (np.pi / 2)
        return 0.5 * abs(place_m - self.mass_across) / 0.010 + turned

    def grasp(self, place_m: float, yaw_now_rad: float) -> Grasp | None:
        """The grasp at one place; None if the fingers do not fit there."""
        gripper = self.gripper
        beside = np.abs(self.across - place_m)
        top_m = self.up[beside <= gripper.palm_half_m[1]].max()
        tips_m = max(self.table_m + gripper.tip_clearance_m, top_m - gripper.palm_m)
        slab = beside <= gripper.finger_half_width_m
        middle = self._middle(slab, tips_m)
        if middle is None:
            return None
        tips_m = max(tips_m, self._over_others(middle, place_m))
        middle = self._middle(slab, tips_m)
        if middle is None:
            return None
        pads = slab & (self.up >= tips_m) & (self.up <= tips_m + gripper.pad_m)
        reach = np.abs(self.along - middle)[pads].max()
        room_m = self._room(middle, place_m, tips_m)
        depth_m = self.up[slab].max() - tips_m
        if room_m < LEAST_ROOM_M or depth_m < LEAST_DEPTH_M or 2 * reach < gripper.closed_m:
            return None
        cost = self.least_cost(place_m, yaw_now_rad) + self._cost(pads, middle, reach, tips_m, room_m, depth_m)
        xy = self.axes.T @ [middle, place_m]
        return Grasp(tips_m=np.array([*xy, tips_m]), yaw_rad=self.yaw_rad, room_m=room_m, cost=cost)

    def _middle(self, slab: np.ndarray, tips_m: float) -> float | None:
        """Half way between the outermost points that the pads will meet; None if they meet nothing."""
        pads = slab & (self.up >= tips_m) & (self.up <= tips_m + self.gripper.pad_m)
        return (self.along[pads].min() + self.along[pads].max()) / 2 if pads.any() else None

    def _room(self, middle: float, place_m: float, tips_m: float) -> float:
        """What is left beside each open finger on its way down, though it may come down a little aside."""
        gripper = self.gripper
        way = (np.abs(self.across - place_m) <= gripper.finger_half_width_m + MARGIN_M) & (self.up >= tips_m)
        opening = np.where(self.up <= tips_m + gripper.pad_m, gripper.opening_m, gripper.throat_m)
        return float((opening / 2 - np.abs(self.along - middle))[way].min())

    def _over_others(self, middle: float, place_m: float) -> float:
        """The lowest height of the tips at which open fingers and palm stay above other things."""
        gripper = self.gripper
        along, across = np.abs(self.other_along - middle), np.abs(self.other_across - place_m)
        half = gripper.opening_m / 2 + gripper.finger_thickness_m + MARGIN_M
        fingers = (along <= half) & (across <= gripper.finger_half_width_m + MARGIN_M)
        palm = (along <= gripper.palm_half_m[0] + MARGIN_M) & (across <= gripper.palm_half_m[1] + MARGIN_M)
        lowest = -np.inf
        if fingers.any():
            lowest = self.other_up[fingers].max() + MARGIN_M
        if palm.any():
            lowest = max(lowest, self.other_up[palm].max() + MARGIN_M - gripper.palm_m)
        return lowest

    def _cost(
        self,
        pads: np.ndarray,
        middle: float,
        reach: float,
        tips_m: float,
        room_m: float,
        depth_m: float,
    ) -> float:
        aside = (self.along - middle)[pads]
        sides = [sign * aside > reach - CONTACT_M for sign in (1.0, -1.0)]
        facing, across, up = self.facing[pads], self.across[pads], self.up[pads]
        if not all(side.any() for side in sides):
            return np.inf
        flat = np.mean([sign * facing[side, 0].mean() for sign, side in zip((1.0, -1.0), sides, strict=True)])
        upward = max(facing[side, 1].mean() for side in sides)
        # The line between the two contacts leans by this much: the thing would turn in the fingers.
        lean = np.hypot(*(of[sides[0]].mean() - of[sides[1]].mean() for of in (across, up))) / (2 * reach)
        held_across, held_up = (np.mean([of[side].mean() for side in sides]) for of in (across, up))
        return float(
            0.7 * abs(held_across - self.mass_across) / 0.010
            + 0.3 * abs(held_up - self.mass_up) / 0.010
            + 3.0 * (1.0 - flat)
            + 3.0 * max(0.0, upward)
            + 2.0 * lean
            + 1.5 * max(0.0, 1.0 - room_m / GOOD_ROOM_M)
            + 2.0 * max(0.0, 1.0 - depth_m / GOOD_DEPTH_M)
        )
