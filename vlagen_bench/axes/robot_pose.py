"""Axis: how the arm stands when the episode begins."""

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes.base import RobotSpec
from vlagen_bench.scenes.verbs import Scene

RISE_M_RAD = {
    "widowx250s": (0.0, -0.29, -0.23, 0.0, 0.01, 0.0),
    "panda": (0.0, -0.62, 0.0, 0.42, 0.0, 0.09, 0.0),
}
"""how fast the tool rises with each arm joint, about the first pose: measured by forward kinematics"""
RISE_KEPT = 0.3
"""share of what would raise the tool. Measured over 400 draws of 0.6 rad: it starts 0.00 to 0.36 m higher (Panda),
0.01 m lower to 0.19 m higher (WidowX)"""


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
    """Offsets (rad) added to the arm's first joint positions: of a given length, or one of a pool as in the paper.

    Offsets of a length have a drawn direction, of which little is kept that would raise the tool, and nothing that
    would lower it: it does not start nearer to the table, nor between the camera and the things. Above them, the
    fingers may leave the picture: at 0.6 rad, 1 of 300 steps of the expert began so.
    """

    name: ClassVar = "robot_pose"
    kind: ClassVar = "execution"
    stage: ClassVar = "reset"
    sized_by: ClassVar = "spread_rad"
    unit: ClassVar = "rad"
    levels: ClassVar = (0.11, 0.22, 0.33, 0.44, 0.55)
    bounds: ClassVar = (0.0, 1.5)
    shows: ClassVar = True
    measure: ClassVar = "joints_rad"

    spread_rad: float | None = None
    """length of the vector of offsets; None: they are of the pool below"""
    offsets_rad: tuple[tuple[float, ...], ...] = ()
    """the pool: for each arm joint, the offsets that it may have"""
    together: tuple[int, int] | None = None
    """two joints, by index, whose offsets must not add up to more than `limit_rad`"""
    limit_rad: float = 0.0

    def _pool(self) -> tuple[tuple[float, ...], ...]:
        return offsets(self.offsets_rad, self.together, self.limit_rad)

    def size(self, draft: Draft) -> int:
        return len(self._pool())

    def pick(self, index: int, draft: Draft) -> list[float]:
        return list(self._pool()[index])

    def sample(self, rng: np.random.RandomState, draft: Draft) -> list[float]:
        """Offsets of the given length if there is one, else one of the pool."""
        if self.spread_rad is None:
            offsets_rad: list[float] = super().sample(rng, draft)
            return offsets_rad
        rise = _rise(draft.scene.robot)
        upwards = rise / (np.linalg.norm(rise) or 1.0)  # of an arm that moves in a plane no joint raises the tool
        direction = rng.normal(size=len(rise))
        direction += (RISE_KEPT * abs(direction @ upwards) - direction @ upwards) * upwards
        direction *= self.spread_rad / np.linalg.norm(direction)
        return [round(float(offset), 6) + 0.0 for offset in direction]

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.bend_arm(tuple(value))


def _rise(robot: RobotSpec) -> np.ndarray:
    rise = robot.rise_m_rad or RISE_M_RAD.get(robot.name)
    if not rise:
        raise ConfigError(
            f"robot_pose: which way the joints of the robot {robot.name} raise its tool is not known, since ManiSkill names no tool of "
            f"it (`tcp`). Leave this axis out, or choose another robot."
        )
    return np.array(rise)
