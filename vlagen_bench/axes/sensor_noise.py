"""Axis: how noisy the camera's sensor is."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class SensorNoise(Axis):
    """Normal noise of each pixel and colour, new in each control step."""

    name: ClassVar = "sensor_noise"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    sized_by: ClassVar = "deviation"
    unit: ClassVar = "of 255"
    levels: ClassVar = (9.8, 20.0, 32.0, 45.0, 60.0)
    bounds: ClassVar = (0.0, 255.0)
    shows: ClassVar = True
    cameras: ClassVar = "every"
    measure: ClassVar = "picture"

    deviation: float
    """standard, where 255 is white"""

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        return {"deviation": self.deviation, "seed": int(rng.randint(2**31))}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.add_sensor_noise(value["deviation"], value["seed"])
