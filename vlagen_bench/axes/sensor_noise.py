"""Axis: how noisy the camera's sensor is."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class SensorNoise(Axis):
    """A sensor's noise in little light, new in each control step: of photons, of reading a pixel, spread by demosaicing."""

    name: ClassVar = "sensor_noise"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    sized_by: ClassVar = "deviation"
    unit: ClassVar = "% of white"
    levels: ClassVar = (5.7, 9.6, 13.3, 16.7, 20.0)
    bounds: ClassVar = (0.0, 100.0)
    shows: ClassVar = True
    cameras: ClassVar = "every"
    measure: ClassVar = "picture"

    deviation: float
    """standard, of white light, in hundredths of it: 10 where white is 100 electrons"""

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        return {"deviation": self.deviation, "seed": int(rng.randint(2**31))}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.add_sensor_noise(value["deviation"], value["seed"])
