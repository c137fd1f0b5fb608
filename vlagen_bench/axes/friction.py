"""Axis: how slippery the object is."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import axis
from vlagen_bench.axes.factors import FactorAxis
from vlagen_bench.scene import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Friction(FactorAxis):
    """The source's friction times a factor."""

    name: ClassVar = "friction"
    kind: ClassVar = "dynamics"
    stage: ClassVar = "step"

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.scale_friction("source", value)
