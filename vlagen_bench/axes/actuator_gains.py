"""Axis: how stiffly the arm follows its commands."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import SizeAxis, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class ActuatorGains(SizeAxis):
    """Stiffness and damping of the arm's drives divided by a number: a softer arm, which lags and swings."""

    name: ClassVar = "actuator_gains"
    kind: ClassVar = "dynamics"
    stage: ClassVar = "step"
    sized_by: ClassVar = "divisor"
    unit: ClassVar = "times softer"
    levels: ClassVar = (2.0, 4.0, 8.0, 16.0, 32.0)
    nothing: ClassVar = 1.0
    bounds: ClassVar = (0.1, 1000.0)
    measure: ClassVar = "gains_ratio"

    divisor: float

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.scale_gains(1 / value)
