"""Axis: how many of the observations are lost."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class DroppedFrames(Axis):
    """A share of the observations never arrives, and the last one that did is seen again; the first always does."""

    name: ClassVar = "dropped_frames"
    kind: ClassVar = "dynamics"
    stage: ClassVar = "step"
    sized_by: ClassVar = "share"
    unit: ClassVar = "of the observations"
    levels: ClassVar = (0.42, 0.56, 0.68, 0.72, 0.8)
    bounds: ClassVar = (0.0, 0.99)
    measure: ClassVar = "age_s"

    share: float

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        return {"share": self.share, "seed": int(rng.randint(2**31 - 1))}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.drop_frames(value["share"], value["seed"])
