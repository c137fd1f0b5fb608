"""Oversized steps: actions that command more in one control step than the arm can do in it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.native import NativeRobot

ROUNDING = 1e-4
"""an action is float32: one that is as large as is allowed is not oversized"""


@dataclass(frozen=True, kw_only=True)
class StepLimits:
    """The most that an arm can do in one control step."""

    robot: str
    control_hz: int
    move_m: float
    turn_rad: float
    of_tool: ClassVar[bool] = True
    """whether an action is a move of the tool and the gripper's opening"""

    @classmethod
    def of(cls, scene: SceneSpec) -> "StepLimits":
        """Those of a scene's robot: its speeds, for as long as a control step lasts."""
        robot, hz = scene.robot, scene.control_hz
        if isinstance(robot, NativeRobot):
            low, high = (np.array([getattr(fact, key) for fact in robot.actions]) for key in ("low", "high"))
            return BoundLimits(robot=robot.name, control_hz=hz, move_m=0.0, turn_rad=0.0, low=low, high=high)
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


@dataclass(frozen=True, kw_only=True)
class BoundLimits(StepLimits):
    """The bounds of a ManiSkill task's action space, beyond which its controllers clip."""

    low: np.ndarray
    high: np.ndarray
    of_tool: ClassVar[bool] = False

    def oversized(self, actions: np.ndarray) -> np.ndarray:
        """Which of the actions (..., n) are outside: bool (...)."""
        outside = (actions < self.low - ROUNDING) | (actions > self.high + ROUNDING)
        return np.asarray(outside.any(axis=-1))

    def __str__(self) -> str:
        return f"the bounds of its {len(self.low)} numbers"


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
