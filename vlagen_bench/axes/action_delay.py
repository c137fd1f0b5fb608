"""Axis: how late actions are carried out."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import SizeAxis, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class ActionDelay(SizeAxis):
    """Each action is carried out some control steps after the policy gave it; until the first one, the arm holds still."""

    name: ClassVar = "action_delay"
    kind: ClassVar = "dynamics"
    stage: ClassVar = "step"
    sized_by: ClassVar = "steps"
    unit: ClassVar = "control steps"
    levels: ClassVar = (1, 2, 3, 4, 5)
    nothing: ClassVar = 0
    bounds: ClassVar = (0, 50)
    measure: ClassVar = "path_m"

    steps: int

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.delay_actions(value)
