"""Axis: how heavy the object is."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import SizeAxis, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Mass(SizeAxis):
    """The source's mass times a factor."""

    name: ClassVar = "mass"
    kind: ClassVar = "dynamics"
    stage: ClassVar = "step"
    requires_roles: ClassVar = ("source",)
    sized_by: ClassVar = "factor"
    unit: ClassVar = "times"
    levels: ClassVar = (2.0, 3.4, 6.1, 11.0, 20.0)
    nothing: ClassVar = 1.0
    bounds: ClassVar = (0.05, 100.0)
    measure: ClassVar = "mass_ratio"

    factor: float

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.scale_mass("source", value)
