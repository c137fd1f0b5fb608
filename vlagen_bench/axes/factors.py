"""How is a physical factor drawn? What the axes that multiply a quantity share; no axis itself."""

from dataclasses import dataclass
from math import exp, log

import numpy as np

from vlagen_bench.axes.base import Axis, Draft


@dataclass(frozen=True, kw_only=True)
class FactorAxis(Axis):
    """A factor, log-uniform between two bounds; 1 is nominal."""

    factor: tuple[float, float]

    def sample(self, rng: np.random.RandomState, draft: Draft) -> float:
        """Six decimals, so that no library's last bit reaches the plan."""
        low, high = map(log, self.factor)
        return round(exp(low + (high - low) * rng.random_sample()), 6)
