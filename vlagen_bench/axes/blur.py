"""Axis: how far the camera is out of focus."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scene import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Blur(Axis):
    """Gaussian blur of the whole picture."""

    name: ClassVar = "blur"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    sized_by: ClassVar = "sigma"
    unit: ClassVar = "% of the width"
    levels: ClassVar = (0.22, 0.32, 0.59, 1.1, 1.9)
    shows: ClassVar = True
    measure: ClassVar = "picture"

    sigma: float
    """in hundredths of the picture's width"""

    def sample(self, rng: np.random.RandomState, draft: Draft) -> float:
        return self.sigma

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.blur(value)
