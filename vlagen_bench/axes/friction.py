"""Axis: how slippery the object is."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import SizeAxis, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Friction(SizeAxis):
    """The friction of the source, and of the fingers on it, divided by a number."""

    name: ClassVar = "friction"
    kind: ClassVar = "dynamics"
    stage: ClassVar = "step"
    requires_roles: ClassVar = ("source",)
    sized_by: ClassVar = "divisor"
    unit: ClassVar = "times less"
    levels: ClassVar = (1.5, 2.3, 3.5, 5.3, 8.0)
    nothing: ClassVar = 1.0
    bounds: ClassVar = (0.1, 100.0)
    measure: ClassVar = "friction_ratio"

    divisor: float

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.scale_friction("source", 1 / value)
