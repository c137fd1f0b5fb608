"""Built-in policy: random small motions, the same for the same episode."""

from typing import Any

import numpy as np

from vlagen_bench.scenes.base import RobotSpec
from vlagen_bench.scenes.native import NativeRobot
from vlagen_bench.utils.seeding import stream

# About the 1 % to 99 % range of bridge_orig actions (OpenVLA's published statistics).
RANGE = np.array([0.03, 0.04, 0.03, 0.08, 0.08, 0.2, 1.0], dtype=np.float32)


class Random:
    """Uniform actions in the range of real data; the gripper opens or closes at random.

    On a task of ManiSkill, uniform within the bounds of its actions.
    """

    def __init__(self, seed: str = "0") -> None:
        self._seed = int(seed)
        self._bounds: tuple[np.ndarray, np.ndarray] | None = None
        self.reset(["none"])

    def meet(self, robot: RobotSpec) -> None:
        """The robot that it will move."""
        if isinstance(robot, NativeRobot):
            low, high = ([getattr(fact, key) for fact in robot.actions] for key in ("low", "high"))
            self._bounds = np.maximum(low, -10.0), np.minimum(high, 10.0)

    def reset(self, episode_ids: list[str]) -> None:
        """One stream per episode, so that resuming changes nothing."""
        self._rng = stream(self._seed, "policy", "random", episode_ids[0])

    def act(self, obs: dict[str, Any], instr: str) -> np.ndarray:
        """Float32 (7,), or as many numbers as the robot has."""
        if self._bounds is not None:
            return self._rng.uniform(*self._bounds).astype(np.float32)
        action = self._rng.uniform(-RANGE, RANGE).astype(np.float32)
        action[-1] = np.sign(action[-1]) or 1.0
        return action
