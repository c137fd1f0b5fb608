"""Axis: how slippery the object is."""

from dataclasses import dataclass
from math import exp, log
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scene import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Friction(Axis):
    """The source's friction times a factor, log-uniform between two bounds; 1 is nominal."""

    name: ClassVar = "friction"
    kind: ClassVar = "dynamics"
    stage: ClassVar = "step"

    factor: tuple[float, float]

    def sample(self, rng: np.random.RandomState, draft: Draft) -> float:
        low, high = map(log, self.factor)
        return round(exp(low + (high - low) * rng.random_sample()), 6)

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.scale_friction("source", value)
