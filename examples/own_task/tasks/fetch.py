"""The family "fetch": bring the source closer to the robot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.policies.expert.facts import Facts
from vlagen_bench.policies.expert.routine import CLOSED, Move, Routine
from vlagen_bench.tasks import TaskFamily, family
from vlagen_bench.tasks.judge import Contacts, Judge, Status, World


@dataclass(frozen=True, kw_only=True)
class FetchRule:
    """When the source counts as fetched. Its fields are those of `success` in a task file."""

    nearer_m: float = 0.08


@dataclass(frozen=True, kw_only=True)
class FetchStatus(Status):
    """What is true after one control step. An episode's `metrics` hold it too."""

    nearer_m: float
    """how much nearer to the robot's base the source is than at the start"""


class FetchJudge(Judge):
    """Looks at the source's distance to the robot's base; changes nothing."""

    def status(self, contacts: Contacts, tool_m: np.ndarray, common: Mapping[str, Any]) -> FetchStatus:
        """The fields that all families share, and this family's own."""
        nearer_m = self.distance_m(self.starts_m["source"]) - self.distance_m(self.source.position_m)
        return FetchStatus(**common, success=nearer_m >= self.rule.nearer_m, nearer_m=nearer_m)

    def failure_mode(self, status: FetchStatus) -> str:
        """What went wrong, if the episode ended now."""
        if status.grasped:
            return "not_near_enough"
        return "reached_not_grasped" if status.reached else "never_reached"

    def distance_m(self, position_m: np.ndarray) -> float:
        """Horizontal distance to the robot's base."""
        return float(np.linalg.norm((position_m - self.world.spec.robot.base.p)[:2]))


class FetchRoutine(Routine):
    """The expert. The base class grasps and lifts the source."""

    def carry(self, facts: Facts) -> Move | None:
        """Towards the base, at the height to which the source was lifted; starts again if the source is lost."""
        if self._dropped(facts):
            return self._enter(self.give_up)
        to_base_m = (facts.base.origin - self.tips)[:2]
        xy_m = self.tips[:2] + 0.05 * to_base_m / np.linalg.norm(to_base_m)
        return self._move(np.array([*xy_m, self.lift_to[2]]), self.yaw, CLOSED)


@family
class Fetch(TaskFamily):
    """Bring the source closer to the robot."""

    name: ClassVar = "fetch"
    about: ClassVar = "bring the source closer to the robot"
    roles: ClassVar = {"source": "object"}
    failure_modes: ClassVar = {
        "never_reached": "the gripper never came near the object",
        "reached_not_grasped": "it came near, and never held the object",
        "not_near_enough": "the object was grasped, and not brought near enough",
    }
    rule: ClassVar = FetchRule
    expert: ClassVar = f"{__name__}:FetchRoutine"

    @classmethod
    def judge(cls, world: World, rule: FetchRule) -> FetchJudge:
        """A judge of one episode."""
        return FetchJudge(world=world, rule=rule, asked=tuple(cls.roles))
