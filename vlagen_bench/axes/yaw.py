"""Axis: how the object is turned."""

from dataclasses import dataclass
from math import radians
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Yaw(PoolAxis):
    """Rotation of the source about the vertical at reset, in degrees: one of the trained ones, or off it."""

    name: ClassVar = "yaw"
    kind: ClassVar = "execution"
    stage: ClassVar = "reset"
    requires_roles: ClassVar = ("source",)
    requires_axes: ClassVar = ("yaw",)
    sized_by: ClassVar = "off_deg"
    unit: ClassVar = "degrees"
    levels: ClassVar = (4.5, 9.0, 13.5, 18.0, 22.5)  # trained yaws are 45 apart, so that none is further off than 22.5
    bounds: ClassVar = (0.0, 180.0)
    shows: ClassVar = True
    measure: ClassVar = "source_yaw_rad"

    degrees: tuple[float, ...]
    off_deg: float = 0.0
    """away from them, to either side"""

    def size(self, draft: Draft) -> int:
        return len(self.degrees) * (2 if self.off_deg else 1)

    def pick(self, index: int, draft: Draft) -> float:
        side, index = divmod(index, len(self.degrees))
        return self.degrees[index] + (-self.off_deg if side else self.off_deg)

    def sample(self, rng: np.random.RandomState, draft: Draft) -> float:
        """The side is drawn last, and only where there are two: the trained yaw is that of the clean twin."""
        index = int(rng.randint(len(self.degrees)))
        side = int(rng.randint(2)) if self.off_deg else 0
        return self.pick(index + side * len(self.degrees), draft)

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.turn("source", radians(value))
