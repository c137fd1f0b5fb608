"""Action chunks: which actions are executed before the policy is queried again, and how chunks are averaged."""

import math
from dataclasses import dataclass

import numpy as np

from vlagen_bench.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How the answers of a policy become actions."""

    horizon: int | None = None
    """how many actions of a chunk are executed before the next question; None: all, or 1 where chunks are averaged"""
    ensemble: float | None = None
    """m, where all chunks that foresaw a step are averaged with weights exp(-m * i), i = 0 for the oldest; None: only
    the newest chunk counts. ACT has m = 0.01 and asks at every step (tonyzhaozh/act, imitate_episodes.py)."""

    def __post_init__(self) -> None:
        if self.horizon is not None and self.horizon < 1:
            raise ConfigError(f"--execute-horizon {self.horizon}: at least 1 action of a chunk has to be executed.")
        if self.ensemble is not None and not math.isfinite(self.ensemble):
            raise ConfigError(f"--ensemble {self.ensemble}: give a finite number, such as 0.01 (ACT) or 0 (the mean).")


class Chunks:
    """The chunks of one episode that reach to the present step or beyond."""

    def __init__(self, how: Execution) -> None:
        self._how = how
        self._live: list[np.ndarray] = []  # the oldest first, each from the present step on

    def next(self, chunk: np.ndarray) -> np.ndarray:
        """What to execute now that the policy answered `chunk` (H, 7); float32 (k, 7), 1 <= k <= H."""
        ensemble = self._how.ensemble
        count = min(self._how.horizon or (len(chunk) if ensemble is None else 1), len(chunk))
        self._live.append(chunk)
        if ensemble is None:
            self._live = []
            return chunk[:count]
        actions = np.stack([self._mean(step, ensemble) for step in range(count)])
        self._live = [older[count:] for older in self._live if len(older) > count]
        return actions

    def _mean(self, step: int, ensemble: float) -> np.ndarray:
        foreseen = np.array([older[step] for older in self._live if len(older) > step], dtype=np.float64)
        exponents = -ensemble * np.arange(len(foreseen))
        weights = np.exp(exponents - exponents.max())
        return (weights @ foreseen / weights.sum()).astype(np.float32)
