"""Axis: how much light the camera lets in."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Exposure(Axis):
    """Too much light, until the sensor saturates, or too little: one or the other is drawn."""

    name: ClassVar = "exposure"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    sized_by: ClassVar = "stops"
    unit: ClassVar = "stops"
    levels: ClassVar = (0.24, 0.48, 0.73, 1.0, 1.3)
    bounds: ClassVar = (0.0, 8.0)
    shows: ClassVar = True
    cameras: ClassVar = "every"
    measure: ClassVar = "picture"

    stops: float
    """each doubles or halves the light"""

    def sample(self, rng: np.random.RandomState, draft: Draft) -> float:
        return int(rng.choice((-1, 1))) * self.stops

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.expose(value)
