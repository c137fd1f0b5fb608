"""Axis: how old the observations are."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import SizeAxis, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class ObservationDelay(SizeAxis):
    """Picture and state are those of some control steps before; at the beginning, the first ones."""

    name: ClassVar = "observation_delay"
    kind: ClassVar = "dynamics"
    stage: ClassVar = "step"
    sized_by: ClassVar = "steps"
    unit: ClassVar = "control steps"
    levels: ClassVar = (1, 2, 3, 4, 5)
    nothing: ClassVar = 0
    bounds: ClassVar = (0, 50)
    measure: ClassVar = "age_s"

    steps: int

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.delay_observations(value)
