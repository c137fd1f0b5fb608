"""Axis: where in the object its weight is."""

from dataclasses import dataclass
from math import cos, sin, tau
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class MassCentre(Axis):
    """The source's centre of mass, moved in a drawn horizontal direction by a share of its half extents."""

    name: ClassVar = "mass_centre"
    kind: ClassVar = "dynamics"
    stage: ClassVar = "step"
    requires_roles: ClassVar = ("source",)
    sized_by: ClassVar = "share"
    unit: ClassVar = "of half its size"
    levels: ClassVar = (0.1, 0.2, 0.3, 0.4, 0.5)
    bounds: ClassVar = (0.0, 1.0)
    measure: ClassVar = "mass_centre_m"

    share: float

    def sample(self, rng: np.random.RandomState, draft: Draft) -> list[float]:
        angle_rad = rng.uniform(0, tau)
        return [round(self.share * cos(angle_rad), 6), round(self.share * sin(angle_rad), 6), 0.0]

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.shift_mass_centre("source", tuple(value))
