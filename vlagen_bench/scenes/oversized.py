"""Oversized steps: actions that command more in one control step than the arm can do in it."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from vlagen_bench.scenes.base import SceneSpec

ROUNDING = 1e-4
"""an action is float32: one that is as large as is allowed is not oversized"""


@dataclass(frozen=True, kw_only=True)
class StepLimits:
    """The most that an arm can do in one control step."""

    robot: str
    control_hz: int
    move_m: float
    turn_rad: float

    @classmethod
    def of(cls, scene: SceneSpec) -> Self:
        """Those of a scene's robot: its speeds, for as long as a control step lasts."""
        robot, hz = scene.robot, scene.control_hz
        return cls(
            robot=robot.name,
            control_hz=hz,
            move_m=robot.tool_speed_m_s / hz,
            turn_rad=robot.tool_speed_rad_s / hz,
        )

    def oversized(self, actions: np.ndarray) -> np.ndarray:
        """Which of the actions (..., 7) command more: bool (...). The gripper is clipped, and has no say in it."""
        move_m, turn_rad = sizes(actions)
        allowed: np.ndarray = (move_m <= self.move_m * (1 + ROUNDING)) & (turn_rad <= self.turn_rad * (1 + ROUNDING))
        return ~allowed

    def __str__(self) -> str:
        return f"{self.move_m:.2f} m and {self.turn_rad:.2f} rad"


def sizes(actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far actions (..., 7) move the tool's target, in metres, and turn it, in radians, each (...).

    The turn is the norm of the three Euler angles, so that five turns given in degrees are not taken for a small one.
    """
    array = np.asarray(actions, dtype=np.float64)
    return np.linalg.norm(array[..., :3], axis=-1), np.linalg.norm(array[..., 3:6], axis=-1)


CAUSES = (
    "Likely causes: actions that are still normalised to [-1, 1], another unit (millimetres, degrees), or absolute poses where "
    "changes are asked for. Check the frame (the base's axes) and the sign of the gripper, too: no length shows these"
)
