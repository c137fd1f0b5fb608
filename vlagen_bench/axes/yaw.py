"""Axis: how the object is turned."""

from dataclasses import dataclass
from math import radians
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.scene import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Yaw(PoolAxis):
    """Rotation of the source about the vertical at reset, in degrees."""

    name: ClassVar = "yaw"
    kind: ClassVar = "execution"
    stage: ClassVar = "reset"

    degrees: tuple[float, ...]

    def size(self, draft: Draft) -> int:
        return len(self.degrees)

    def pick(self, index: int, draft: Draft) -> float:
        return self.degrees[index]

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.turn("source", radians(value))
