"""Axis: how the arm stands when the episode begins."""

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.scene import Scene


@cache
def offsets(
    choices: tuple[tuple[float, ...], ...], together: tuple[int, int] | None, limit_rad: float
) -> tuple[tuple[float, ...], ...]:
    """Every combination of joint offsets (rad), first joint slowest, whose two joints `together` sum to at most `limit_rad`."""
    return tuple(
        combination
        for combination in product(*choices)
        if together is None or abs(combination[together[0]] + combination[together[1]]) <= limit_rad
    )


@axis
@dataclass(frozen=True, kw_only=True)
class RobotPose(PoolAxis):
    """Offsets (rad) added to the arm's first joint positions."""

    name: ClassVar = "robot_pose"
    kind: ClassVar = "execution"
    stage: ClassVar = "reset"

    offsets_rad: tuple[tuple[float, ...], ...]
    """for each arm joint, the offsets that it may have"""
    together: tuple[int, int] | None = None
    """two joints, by index, whose offsets must not add up to more than `limit_rad`"""
    limit_rad: float = 0.0

    def _pool(self) -> tuple[tuple[float, ...], ...]:
        return offsets(self.offsets_rad, self.together, self.limit_rad)

    def size(self, draft: Draft) -> int:
        return len(self._pool())

    def pick(self, index: int, draft: Draft) -> list[float]:
        return list(self._pool()[index])

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.bend_arm(tuple(value))
