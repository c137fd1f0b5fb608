"""Axis: how hard the fingers press."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import SizeAxis, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class GripperForce(SizeAxis):
    """The force of the fingers divided by a number."""

    name: ClassVar = "gripper_force"
    kind: ClassVar = "dynamics"
    stage: ClassVar = "step"
    sized_by: ClassVar = "divisor"
    unit: ClassVar = "times weaker"
    levels: ClassVar = (2.0, 4.0, 8.0, 16.0, 32.0)
    nothing: ClassVar = 1.0
    bounds: ClassVar = (0.1, 1000.0)
    measure: ClassVar = "grip_ratio"

    divisor: float

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.scale_gripper_force(1 / value)
