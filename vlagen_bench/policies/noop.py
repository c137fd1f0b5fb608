"""Built-in policy: stands still with the gripper open."""

from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.scenes.base import RobotSpec
from vlagen_bench.scenes.native import NativeRobot

STILL = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


class Noop:
    """Never moves; a task that it solves is no task."""

    def __init__(self) -> None:
        self._action = np.array(STILL, dtype=np.float32)

    def meet(self, robot: RobotSpec) -> None:
        """The robot that it will not move."""
        if isinstance(robot, NativeRobot):
            hold = [fact.hold for fact in robot.actions]
            if None in hold:
                raise PolicyError(
                    f"The policy noop does not know which action holds the robot still under {robot.control_mode}. Choose "
                    f"another control mode."
                )
            self._action = np.array(hold, dtype=np.float32)

    def act(self, obs: dict[str, Any], instr: str) -> np.ndarray:
        """No motion, gripper open."""
        return self._action.copy()
