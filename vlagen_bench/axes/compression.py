"""Axis: how much is lost when pictures are compressed on their way to the policy."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Compression(Axis):
    """JPEG at a quality of 100 minus the loss; at no loss, no JPEG at all."""

    name: ClassVar = "compression"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    sized_by: ClassVar = "loss"
    unit: ClassVar = "of 100"
    levels: ClassVar = (1.0, 9.0, 52.0, 82.0, 92.0)
    bounds: ClassVar = (0.0, 99.0)
    shows: ClassVar = True
    cameras: ClassVar = "every"
    measure: ClassVar = "picture"

    loss: float

    def sample(self, rng: np.random.RandomState, draft: Draft) -> int:
        return 100 - round(self.loss)

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        if value < 100:
            scene.compress(value)
