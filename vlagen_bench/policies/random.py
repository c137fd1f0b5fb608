"""Built-in policy: random small motions, the same for the same episode."""

from typing import Any

import numpy as np

from vlagen_bench.utils.seeding import stream

# About the 1 % to 99 % range of bridge_orig actions (OpenVLA's published statistics).
RANGE = np.array([0.03, 0.04, 0.03, 0.08, 0.08, 0.2, 1.0], dtype=np.float32)


class Random:
    """Uniform actions in the range of real data; the gripper opens or closes at random."""

    def __init__(self, seed: str = "0") -> None:
        self._seed = int(seed)
        self.reset(["none"])

    def reset(self, episode_ids: list[str]) -> None:
        """One stream per episode, so that resuming changes nothing."""
        self._rng = stream(self._seed, "policy", "random", episode_ids[0])

    def act(self, obs: dict[str, Any], instr: str) -> np.ndarray:
        """Float32 (7,)."""
        action = self._rng.uniform(-RANGE, RANGE).astype(np.float32)
        action[-1] = np.sign(action[-1]) or 1.0
        return action
