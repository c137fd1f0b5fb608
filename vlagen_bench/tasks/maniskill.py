"""The family "maniskill": a task of ManiSkill, or of a user of it, which judges itself."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.tasks.base import TaskFamily, family
from vlagen_bench.tasks.judge import MOVED_M, REACHED_M

STAGES = ("reached", "moved")


@dataclass(frozen=True, kw_only=True)
class NoRule:
    """There is nothing to set: the task says itself when it is done."""


@dataclass(frozen=True, kw_only=True)
class ManiSkillStatus:
    """What is true after one control step, and what was before."""

    success: bool
    """as the task says; False of a task that never says so"""
    failed: bool
    """as the task says"""
    success_once: bool
    first_success_step: int | None
    reached: bool
    """a tool came to the source"""
    moved: bool
    """the source left its place"""
    tool_source_m: float
    source_moved_m: float
    progress: float
    trouble: str | None
    done_at_start: bool = False
    """before the first action the task says that it is done; an episode is played all the same, and what counts is what it
    says after an action, as everywhere in ManiSkill"""

    @property
    def solved_already(self) -> bool:
        """Whether an episode that begins like this would be a gift."""
        return self.done_at_start


class ManiSkillJudge:
    """Follows one episode by what the task says of itself, and by where tool and source are."""

    def __init__(self, source_m: np.ndarray) -> None:
        self._start_m = source_m
        self._step, self._furthest = 0, 0.0
        self._reached = self._moved = False
        self._first: int | None = None

    def begin(self, evaluation: Mapping[str, Any], tools_m: list[np.ndarray], source_m: np.ndarray) -> ManiSkillStatus:
        """The status before the first action, which is no success yet."""
        now = self.look(evaluation, tools_m, source_m)
        return replace(now, success=False, success_once=False, done_at_start=now.success, progress=0.0)

    def look(self, evaluation: Mapping[str, Any], tools_m: list[np.ndarray], source_m: np.ndarray) -> ManiSkillStatus:
        """The status now, without counting a step."""
        near_m = min((float(np.linalg.norm(tool_m - source_m)) for tool_m in tools_m), default=float("inf"))
        away_m = float(np.linalg.norm(source_m - self._start_m))
        success = bool(evaluation.get("success", False))
        reached, moved = self._reached or near_m < REACHED_M, self._moved or away_m > MOVED_M
        stages = 2 if moved else 1 if reached else 0
        share = 1.0 if success else max(self._furthest, stages / (len(STAGES) + 1))
        return ManiSkillStatus(
            success=success,
            failed=bool(evaluation.get("fail", False)),
            success_once=success or self._first is not None,
            first_success_step=self._first,
            reached=reached,
            moved=moved,
            tool_source_m=near_m if tools_m else -1.0,
            source_moved_m=away_m,
            progress=share,
            trouble=None if success else self._trouble(reached, moved),
        )

    def count(self, evaluation: Mapping[str, Any], tools_m: list[np.ndarray], source_m: np.ndarray) -> ManiSkillStatus:
        """The status after one more control step."""
        self._step += 1
        if bool(evaluation.get("success", False)) and self._first is None:
            self._first = self._step
        now = self.look(evaluation, tools_m, source_m)
        self._reached, self._moved, self._furthest = now.reached, now.moved, now.progress
        return now

    def _trouble(self, reached: bool, moved: bool) -> str:
        if self._first is not None:
            return "done_then_lost"
        if moved:
            return "moved_not_done"
        return "reached_not_moved" if reached else "never_near"


@family
class ManiSkillFamily(TaskFamily):
    """A task that ManiSkill, or a user of it, has written: its code says when it is done."""

    name: ClassVar = "maniskill"
    about: ClassVar = "do a task of ManiSkill, which says itself when it is done"
    roles: ClassVar = {"source": "start"}
    failure_modes: ClassVar = {
        "never_near": "no tool ever came near the object",
        "reached_not_moved": "a tool came near, and the object stayed where it was",
        "moved_not_done": "the object was moved, but the task was not done in time",
        "done_then_lost": "the task was done, and was not at the end",
    }
    stages: ClassVar = {"reached": "a tool came to the object", "moved": "the object left its place"}
    rule: ClassVar = NoRule
    needs: ClassVar = {"instruction": '{templates: ["..."]}', "start": "{}"}

    @staticmethod
    def potential(status: Any) -> float:
        """How far the episode has come."""
        return float(status.progress)

    @classmethod
    def judge(cls, world: Any, rule: Any) -> Any:
        """A judge of one episode, whose source stands at `world`, its position in metres."""
        return ManiSkillJudge(np.asarray(world))
