"""Axis: how far off an action is carried out."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scenes.verbs import Scene

RAD_PER_M = 5.0
"""rotations are off by 0.05 rad where translations are off by 1 cm"""


@axis
@dataclass(frozen=True, kw_only=True)
class ActionNoise(Axis):
    """Normal noise of a standard deviation on each coordinate of each action's translation, and on its angles."""

    name: ClassVar = "action_noise"
    kind: ClassVar = "dynamics"
    stage: ClassVar = "step"
    sized_by: ClassVar = "noise_m"
    unit: ClassVar = "m"
    levels: ClassVar = (0.002, 0.004, 0.006, 0.008, 0.01)
    bounds: ClassVar = (0.0, 0.1)
    measure: ClassVar = "path_m"

    noise_m: float

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        noise_rad = round(self.noise_m * RAD_PER_M, 6)
        return {"noise_m": self.noise_m, "noise_rad": noise_rad, "seed": int(rng.randint(2**31 - 1))}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.shake_actions(value["noise_m"], value["noise_rad"], value["seed"])
