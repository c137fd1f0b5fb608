"""Axis: how unevenly time passes between actions."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class RateJitter(Axis):
    """Each control step lasts up to a share shorter or longer than it should, uniformly."""

    name: ClassVar = "rate_jitter"
    kind: ClassVar = "dynamics"
    stage: ClassVar = "step"
    sized_by: ClassVar = "share"
    unit: ClassVar = "of a control step"
    levels: ClassVar = (0.26, 0.47, 0.64, 0.77, 0.9)
    bounds: ClassVar = (0.0, 1.0)
    measure: ClassVar = "path_m"

    share: float

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        return {"share": self.share, "seed": int(rng.randint(2**31 - 1))}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.jitter_rate(value["share"], value["seed"])
