"""The channel between policy and robot: delays, noise and losses as functions of episode and step."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vlagen_bench.utils.seeding import stream

OPEN = 1.0
"""what the gripper is told before the first action arrives: as it stands at reset"""


@dataclass(frozen=True, kw_only=True)
class Channel:
    """The channel of one episode. Steps count the earlier actions: the first action has step 0.

    Every draw has a stream of its own, of (seed, step), so that it never matters how often anything was asked.
    """

    action_delay: int = 0
    """control steps between an action's arrival and its execution"""
    noise_m: float = 0.0
    noise_rad: float = 0.0
    noise_seed: int = 0
    observation_delay: int = 0
    """control steps from a moment to its being seen"""
    loss: float = 0.0
    """share of the observations that never arrive"""
    loss_seed: int = 0
    jitter: float = 0.0
    """a control step lasts from 1 - jitter to 1 + jitter times as long as it should"""
    jitter_seed: int = 0

    def arriving(self, told: Sequence[np.ndarray]) -> np.ndarray:
        """The action (7,) to carry out, with its noise, when the last of all actions `told` so far is told."""
        step = len(told) - 1
        late = step - self.action_delay
        action = told[late] if late >= 0 else np.array([0, 0, 0, 0, 0, 0, OPEN], dtype=np.float32)
        if not self.noise_m and not self.noise_rad:
            return action
        noise = stream(self.noise_seed, "action", step).normal(size=6) * np.repeat([self.noise_m, self.noise_rad], 3)
        return (action + np.append(noise, 0.0)).astype(np.float32)

    @property
    def live(self) -> bool:
        """Whether every observation shows the present state."""
        return not self.observation_delay and not self.loss

    def lost(self, step: int) -> bool:
        """Whether the observation of this step never arrives; the first one always does."""
        return step > 0 and stream(self.loss_seed, "observation", step).uniform() < self.loss

    def shown(self, step: int) -> int:
        """The step whose observation is the newest to have arrived by `step`."""
        newest = max(0, step - self.observation_delay)
        return newest if not self.loss else next(s for s in range(newest, -1, -1) if not self.lost(s))

    def length(self, step: int) -> float:
        """How long this control step should last, as a multiple of the nominal one."""
        return 1 + self.jitter * stream(self.jitter_seed, "length", step).uniform(-1, 1) if self.jitter else 1.0
