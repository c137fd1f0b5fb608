"""Axis: where the robot stands."""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scenes.verbs import Scene

YAW_RAD_M = 2.0
"""rotation of the base for each metre that it is moved"""


@axis
@dataclass(frozen=True, kw_only=True)
class BasePose(Axis):
    """The robot's base, moved in a drawn direction, and turned by 2 rad a metre one way or the other."""

    name: ClassVar = "base_pose"
    kind: ClassVar = "execution"
    stage: ClassVar = "build"
    sized_by: ClassVar = "by_m"
    unit: ClassVar = "m"
    levels: ClassVar = (0.012, 0.024, 0.036, 0.048, 0.06)
    bounds: ClassVar = (0.0, 0.3)
    shows: ClassVar = True
    measure: ClassVar = "base_m"

    by_m: float

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        direction, side = rng.uniform(-pi, pi), int(rng.choice((-1, 1)))
        xy_m = [round(self.by_m * cos(direction), 6), round(self.by_m * sin(direction), 6)]
        return {"xy_m": xy_m, "yaw_rad": round(side * YAW_RAD_M * self.by_m, 6)}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.move_base(tuple(value["xy_m"]), value["yaw_rad"])
