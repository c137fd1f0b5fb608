"""Built-in policy: stands still with the gripper open."""

from typing import Any

import numpy as np


class Noop:
    """Never moves; a task that it solves is no task."""

    def act(self, obs: dict[str, Any], instr: str) -> np.ndarray:
        """No motion, gripper open."""
        return np.array([0, 0, 0, 0, 0, 0, 1], dtype=np.float32)
