"""Axis: where the camera stands."""

from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.axes.shared import spots, views
from vlagen_bench.scenes import projection
from vlagen_bench.scenes.verbs import Scene

ROLL = 0.25
"""roll for each degree of the turn"""


@axis
@dataclass(frozen=True, kw_only=True)
class CameraPose(Axis):
    """The camera, turned around the middle of the places in a drawn direction, and rolled by a quarter as much.

    Only directions from which every place is in the picture, at this size and at the ready-made ones.
    """

    name: ClassVar = "camera_pose"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    after: ClassVar = spots.PLACING
    requires_axes: ClassVar = ("position",)
    sized_by: ClassVar = "degrees"
    unit: ClassVar = "degrees"
    levels: ClassVar = (3.2, 6.5, 9.7, 13.0, 16.0)
    takes: ClassVar = ("camera pose",)
    bounds: ClassVar = (0.0, 60.0)
    shows: ClassVar = True
    cameras: ClassVar = "primary"
    measure: ClassVar = "shift"

    degrees: float

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, float]:
        side = int(rng.choice((-1, 1)))
        far, view = max(self.degrees, *self.levels), projection.nominal(draft.scene)
        turn = views.fair_direction(rng, draft, lambda turn: views.posed(draft, view, _orbit(far, turn, side)))
        return _orbit(self.degrees, turn, side)

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.orbit_camera(value["azimuth_rad"], value["elevation_rad"], value["roll_rad"])


def _orbit(degrees: float, turn_rad: float, side: int) -> dict[str, float]:
    size = radians(degrees)
    parts = {"azimuth_rad": cos(turn_rad), "elevation_rad": sin(turn_rad), "roll_rad": side * ROLL}
    return {name: round(size * part, 6) + 0.0 for name, part in parts.items()}
