"""The routine of the expert: approach, descend, close, lift, carry, lower, release, retreat, retry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from vlagen_bench.policies.expert import grasps, places
from vlagen_bench.policies.expert.facts import Facts
from vlagen_bench.policies.expert.grasps import Grasp
from vlagen_bench.policies.expert.grippers import Gripper
from vlagen_bench.policies.expert.motion import angle_between, nearest_turn, tip_sweep, tips_of, tool_frame, yaw_of
from vlagen_bench.policies.expert.shapes import Frame, Shape

# Heights, tolerances and waiting times are those of the prototype (research notes), but for a stricter `NEAR_PLACE_M`,
# without which a heavy thing on a light plate tips it over.
HOVER_M = 0.012
OVER_OTHERS_M = 0.015
MOVED_M = 0.006  # a thing that moved this far needs a new plan
TURNED_RAD = 0.1
RESTING_M_S = 0.01  # at the first step, when nothing is known of the step before
RESTING_M = 0.002  # movement in one control step of what counts as at rest
RESTING_RAD = 0.02
DEEP_ENOUGH_M = 0.0025
LIFT_M = 0.05
LEAST_RISE_M = 0.012
SLIPPED_M = 0.03
CARRY_OVER_TARGET_M = 0.02
CORRIDOR_M = 0.075
NEAR_PLACE_M = 0.006
TOUCHDOWN_M = 0.001
ABOVE_WHEN_DONE_M = 0.03
AIM_AT_MASS = 0.7  # the rest of the weight is on the origin, which the success test looks at
PATIENCE = {"carry": 15, "descend": 6, "lower": 12, "release": 12, "lost": 3}
"""control steps to stay in a phase at most; `lost`: without success in a row, before all begins again"""
A_MOMENT = 2
"""control steps after which something is no accident"""

OPEN, CLOSED = 1.0, -1.0


@dataclass(frozen=True, kw_only=True)
class Move:
    """A goal of the tool, and the way to reach it."""

    goal: Frame
    fingers: float
    step_m: float


class Routine:
    """Puts the source on the target; one per episode. `decide` is called once in each control step."""

    def __init__(self, *, gripper: Gripper, shapes: Mapping[str, Shape], table_m: float) -> None:
        self.gripper, self.shapes, self.table_m = gripper, shapes, table_m
        self.phase: Callable[[Facts], Move | None] = self.approach
        self.failed: list[Grasp] = []
        self.grasp: Grasp | None = None
        self.seen: dict[str, Frame] = {}
        """poses that the present plan is made for"""
        self.count = 0
        """control steps spent in the present phase"""
        self.felt = 0
        """how many of these show in what is known"""
        self.lost = 0
        """control steps in a row without touch, or without success"""
        self.rested = 0
        """control steps in a row in which the source has not moved"""
        self.before: Frame | None = None
        """pose of the source one control step ago"""

    def decide(self, facts: Facts) -> Move:
        """The move of this control step."""
        placed = {role: self.shapes[role].at(pose) for role, pose in facts.poses.items()}
        self.source, self.target = placed["source"], placed["target"]
        self.others = [shape for role, shape in placed.items() if role != "source"]
        self.obstacles = np.concatenate([other.points for other in self.others])
        self.tips = tips_of(self.gripper, facts.tool)
        self.rested = self.rested + 1 if self._rests(facts) else 0
        self.before = facts.poses["source"]
        move = None
        while move is None:
            self.count += 1
            self.felt = self.count - facts.late
            move = self.phase(facts)
        return move

    def _rests(self, facts: Facts) -> bool:
        # Poses say it better than velocities, which PhysX may report for a thing that stands still.
        now = facts.poses["source"]
        if self.before is None:
            return facts.speed_m_s < RESTING_M_S
        return not _moved(now, self.before, RESTING_M, RESTING_RAD)

    def _enter(self, phase: Callable[[Facts], Move | None]) -> None:
        """The next phase begins, still in this control step."""
        self.phase, self.count = phase, 0

    def _move(self, tips_m: np.ndarray, yaw_rad: float, fingers: float, *, slow: bool = False) -> Move:
        step_m = self.gripper.slow_step_m if slow else self.gripper.step_m
        return Move(goal=tool_frame(self.gripper, tips_m, yaw_rad), fingers=fingers, step_m=step_m)

    def _stay(self, facts: Facts, fingers: float) -> Move:
        return Move(goal=facts.target, fingers=fingers, step_m=self.gripper.step_m)

    # To the source -------------------------------------------------------------------------------------------------

    def _plan(self, facts: Facts) -> None:
        self.grasp = grasps.find(
            self.gripper,
            self.source,
            self.others,
            table_m=self.table_m,
            yaw_now_rad=yaw_of(facts.tool),
            failed=self.failed,
        )
        self.seen = dict(facts.poses)

    def _outdated(self, facts: Facts) -> bool:
        moved = (_moved(facts.poses[role], pose, MOVED_M, TURNED_RAD) for role, pose in self.seen.items())
        return not self.seen or any(moved)

    def approach(self, facts: Facts) -> Move | None:
        """Goes above the source and waits until the fingers fit over it."""
        if self._outdated(facts) and self.rested:
            self._plan(facts)
        if self.grasp is None:
            return self._stay(facts, OPEN)
        grasp = self.grasp
        yaw = nearest_turn(grasp.yaw_rad, yaw_of(facts.tool))
        aside = float(np.linalg.norm((self.tips - grasp.tips_m)[:2]))
        near_m, near_rad = self.gripper.near(grasp.room_m)
        goal = tool_frame(self.gripper, grasp.tips_m, yaw)
        if aside < near_m and angle_between(facts.tool, goal) < near_rad and self.rested and not self._outdated(facts):
            return self._enter(self.descend)
        hover_m = max(self.source.top_m, grasp.tips_m[2]) + HOVER_M
        if aside > CORRIDOR_M / 2:
            over_m = places.top_along(self.tips, grasp.tips_m, self.obstacles, CORRIDOR_M) + OVER_OTHERS_M
            hover_m = max(hover_m, over_m)
        rising = self.tips[2] < hover_m - HOVER_M
        xy = self.tips[:2] if rising and aside > CORRIDOR_M / 2 else grasp.tips_m[:2]
        return self._move(np.array([*xy, hover_m]), yaw, OPEN)

    def descend(self, facts: Facts) -> Move | None:
        """Straight down, with open fingers."""
        if self._outdated(facts):
            return self._enter(self.approach)
        if self.tips[2] - self.grasp.tips_m[2] < DEEP_ENOUGH_M or self.felt > PATIENCE["descend"]:
            return self._enter(self.close)
        yaw = nearest_turn(self.grasp.yaw_rad, yaw_of(facts.tool))
        return self._move(self.grasp.tips_m, yaw, OPEN, slow=True)

    def close(self, facts: Facts) -> Move | None:
        """Closes the fingers where they are."""
        self.yaw = nearest_turn(self.grasp.yaw_rad, yaw_of(facts.tool))
        if self.felt > self.gripper.close_steps:
            if not facts.touched and self.felt <= self.gripper.close_steps + A_MOMENT:
                return self._stay(facts, CLOSED)
            self.held_at = facts.tool.axes.T @ (facts.poses["source"].origin - facts.tool.origin)
            self.lost = 0
            self.start = self.source
            self.lift_to = self.tips + [0.0, 0.0, LIFT_M]
            return self._enter(self.lift if facts.touched else self.give_up)
        return self._stay(facts, CLOSED)

    # With the source -----------------------------------------------------------------------------------------------

    def _dropped(self, facts: Facts) -> bool:
        now = facts.tool.axes.T @ (facts.poses["source"].origin - facts.tool.origin)
        self.lost = self.lost + 1 if not facts.touched else 0
        return self.lost >= A_MOMENT or bool(np.linalg.norm(now - self.held_at) > SLIPPED_M)

    def lift(self, facts: Facts) -> Move | None:
        """Raises the source, and looks whether it came along."""
        if self._dropped(facts):
            return self._enter(self.give_up)
        if self.tips[2] > self.lift_to[2] - LIFT_M / 4 or self.felt > PATIENCE["descend"]:
            # After a failure, it may also hang down from the fingers.
            risen_m = self.source.bottom_m - self.start.bottom_m
            if self.failed:
                risen_m = self.source.centre_of_mass[2] - self.start.centre_of_mass[2]
            return self._enter(self.carry if risen_m > LEAST_RISE_M else self.give_up)
        return self._move(self.lift_to, self.yaw, CLOSED, slow=True)

    def give_up(self, facts: Facts) -> Move | None:
        """Lets go, and begins again with less liking for this grasp."""
        if self.count == 1:
            self.failed.append(self.grasp)
        if self.count > A_MOMENT:
            self.seen = {}
            return self._enter(self.approach)
        return self._stay(facts, OPEN)

    def _aside(self, facts: Facts) -> np.ndarray:
        """World x, y (2,) that the source is still away from where it should be put down."""
        aim = AIM_AT_MASS * self.source.centre_of_mass + (1 - AIM_AT_MASS) * facts.poses["source"].origin
        return places.middle_of(self.target) - aim[:2]

    def carry(self, facts: Facts) -> Move | None:
        """Over the target, above everything on the way."""
        if self._dropped(facts):
            return self._enter(self.give_up)
        aside = self._aside(facts)
        lowest_m = min(self.source.bottom_m, self.tips[2])
        end = self.tips + [*aside, 0.0]
        over_m = max(
            self.target.top_m + CARRY_OVER_TARGET_M,
            places.top_along(self.tips, end, self.obstacles, CORRIDOR_M) + OVER_OTHERS_M,
        )
        missing_m = over_m - lowest_m
        if np.linalg.norm(aside) < NEAR_PLACE_M or self.felt > PATIENCE["carry"]:
            return self._enter(self.lower)
        xy = self.tips[:2] + (aside if missing_m < OVER_OTHERS_M else 0.0)
        return self._move(np.array([*xy, self.tips[2] + missing_m]), self.yaw, CLOSED)

    def lower(self, facts: Facts) -> Move | None:
        """Down until the source touches the target."""
        if self._dropped(facts):
            return self._enter(self.give_up)
        falling = self.source.points, tip_sweep(self.gripper, facts.tool)
        fall_m = min(places.gap_m(points, self.obstacles) for points in falling)
        if facts.placed or fall_m < 2 * TOUCHDOWN_M or self.felt > PATIENCE["lower"]:
            return self._enter(self.release)
        goal = self.tips + [*self._aside(facts), TOUCHDOWN_M - min(fall_m, self.tips[2] - self.table_m)]
        return self._move(goal, self.yaw, CLOSED, slow=True)

    # Away from it --------------------------------------------------------------------------------------------------

    def release(self, facts: Facts) -> Move | None:
        """Opens the fingers, and keeps them around the source until it rests; a can may roll to and fro for long."""
        done = min(self.rested, self.felt - 1) >= A_MOMENT and not facts.touched
        if done or (self.felt > PATIENCE["release"] and not facts.success):
            self.away = self.tips.copy()
            self.away[2] = max(self.tips[2], self.source.top_m) + ABOVE_WHEN_DONE_M
            self.lost = 0
            return self._enter(self.retreat)
        if facts.touched and self.rested >= A_MOMENT:
            # It leans on a finger, which would pull it along on the way up.
            closing = facts.tool.axes[:, 1]
            along = (self.source.points - self.tips) @ closing
            return self._move(self.tips + closing * (along.min() + along.max()) / 2, self.yaw, OPEN)
        return self._stay(facts, OPEN)

    def retreat(self, facts: Facts) -> Move | None:
        """Straight up and stay; begin again if the source does not stay where it should."""
        self.lost = 0 if facts.success else self.lost + 1
        risen = self.tips[2] > self.away[2] - ABOVE_WHEN_DONE_M / 3
        if risen and self.lost >= PATIENCE["lost"] and self.rested:
            self.failed, self.seen = [], {}
            return self._enter(self.approach)
        return self._move(self.away, self.yaw, OPEN)


def _moved(now: Frame, before: Frame, most_m: float, most_rad: float) -> bool:
    return bool(np.linalg.norm(now.origin - before.origin) > most_m) or angle_between(now, before) > most_rad
