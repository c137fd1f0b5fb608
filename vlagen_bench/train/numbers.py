"""Means of what minibatches say, and of what rollouts did."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from vlagen_bench.train.trajectories import Trajectory


class Means:
    """Running means by name."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self.count = 0
        """how often something was added"""

    def add(self, **values: Tensor) -> None:
        """Counts these once more."""
        self.count += 1
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value.detach())

    def numbers(self) -> dict[str, float]:
        """The means."""
        return {name: total / self.count for name, total in self._sums.items()}


def of_rollouts(trajectories: Sequence[Trajectory]) -> dict[str, float]:
    """How the policy did while it was sampled."""
    return {
        "success_rate": float(np.mean([one.success for one in trajectories])),
        "return": float(np.mean([one.total_reward for one in trajectories])),
        "truncated": float(np.mean([one.truncated for one in trajectories])),
        "steps_per_episode": float(np.mean([one.steps for one in trajectories])),
    }
