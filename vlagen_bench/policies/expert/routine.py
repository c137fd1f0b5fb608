"""The phases of the expert that every family shares: approach, descend, close and lift; and again if it failed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from vlagen_bench.policies.expert import grasps, places
from vlagen_bench.policies.expert.facts import Facts
from vlagen_bench.policies.expert.grasps import Grasp
from vlagen_bench.policies.expert.grippers import Gripper
from vlagen_bench.policies.expert.motion import angle_between, nearest_turn, tips_of, tool_frame, yaw_of
from vlagen_bench.policies.expert.shapes import Frame, Shape

# Heights, tolerances and waiting times are those of the prototype (research notes).
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
CORRIDOR_M = 0.075
DESCEND_STEPS = 6
"""control steps to go down, or up, at most"""
A_MOMENT = 2
"""control steps after which something is no accident"""

OPEN, CLOSED = 1.0, -1.0


@dataclass(frozen=True, kw_only=True)
class Move:
    """A goal of the tool, and the way to reach it."""

    goal: Frame
    fingers: float
    step_m: float


class Routine(ABC):
    """Takes hold of the source; one per episode. `decide` is called once in each control step.

    A family's own routine says in `carry` what is done with it.
    """

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
        self.placed, self.source = placed, placed["source"]
        self.others = [shape for role, shape in placed.items() if role != "source"]
        self.obstacles = np.concatenate([np.empty((0, 3)), *(other.points for other in self.others)])
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

    def _enter(self, phase: Callable[[Facts], Move | None]) -> Move | None:
        """The next phase begins, still in this control step."""
        self.phase, self.count = phase, 0
        return None

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

    @property
    def _grasp(self) -> Grasp:
        assert self.grasp is not None, "the fingers go down only where a grasp was found"
        return self.grasp

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
        if self.tips[2] - self._grasp.tips_m[2] < DEEP_ENOUGH_M or self.felt > DESCEND_STEPS:
            return self._enter(self.close)
        yaw = nearest_turn(self._grasp.yaw_rad, yaw_of(facts.tool))
        return self._move(self._grasp.tips_m, yaw, OPEN, slow=True)

    def close(self, facts: Facts) -> Move | None:
        """Closes the fingers where they are."""
        self.yaw = nearest_turn(self._grasp.yaw_rad, yaw_of(facts.tool))
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
        if self.tips[2] > self.lift_to[2] - LIFT_M / 4 or self.felt > DESCEND_STEPS:
            # After a failure, it may also hang down from the fingers.
            risen_m = self.source.bottom_m - self.start.bottom_m
            if self.failed:
                risen_m = self.source.centre_of_mass[2] - self.start.centre_of_mass[2]
            return self._enter(self.carry if risen_m > LEAST_RISE_M else self.give_up)
        return self._move(self.lift_to, self.yaw, CLOSED, slow=True)

    @abstractmethod
    def carry(self, facts: Facts) -> Move | None:
        """What is done with the source, once it is lifted."""

    def give_up(self, facts: Facts) -> Move | None:
        """Lets go, and begins again with less liking for this grasp."""
        if self.count == 1:
            self.failed.append(self._grasp)
        if self.count > A_MOMENT:
            self.seen = {}
            return self._enter(self.approach)
        return self._stay(facts, OPEN)


def _moved(now: Frame, before: Frame, most_m: float, most_rad: float) -> bool:
    return bool(np.linalg.norm(now.origin - before.origin) > most_m) or angle_between(now, before) > most_rad
