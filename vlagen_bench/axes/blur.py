"""Axis: how far the camera is out of focus."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import SizeAxis, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Blur(SizeAxis):
    """Gaussian blur of the whole picture."""

    name: ClassVar = "blur"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    sized_by: ClassVar = "sigma"
    unit: ClassVar = "% of the width"
    levels: ClassVar = (0.22, 0.32, 0.59, 1.1, 1.9)
    bounds: ClassVar = (0.0, 20.0)
    shows: ClassVar = True
    cameras: ClassVar = "every"
    measure: ClassVar = "picture"

    sigma: float
    """in hundredths of the picture's width"""

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.blur(value)
