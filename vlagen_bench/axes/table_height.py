"""Axis: how high the table is."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class TableHeight(Axis):
    """The table, and what stands on it, higher or lower than where the robot and the camera are used to it."""

    name: ClassVar = "table_height"
    kind: ClassVar = "execution"
    stage: ClassVar = "build"
    sized_by: ClassVar = "by_m"
    unit: ClassVar = "m"
    levels: ClassVar = (0.01, 0.02, 0.03, 0.04, 0.05)
    bounds: ClassVar = (0.0, 0.2)
    shows: ClassVar = True
    measure: ClassVar = "table_m"

    by_m: float

    def sample(self, rng: np.random.RandomState, draft: Draft) -> float:
        side = int(rng.choice((-1, 1)))
        return side * self.by_m + 0.0  # never -0.0, which reads badly

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.raise_table(value)
