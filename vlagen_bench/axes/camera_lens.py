"""Axis: which lens the camera has."""

from dataclasses import dataclass
from math import cos, sin
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.axes.shared import spots, views
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class CameraLens(Axis):
    """A wider lens, whose principal point lies off the picture's middle in a drawn direction.

    Never a longer one: both scenes fill their pictures, so that it would hide places.
    """

    name: ClassVar = "camera_lens"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    after: ClassVar = ("camera_pose", *spots.PLACING)
    requires_axes: ClassVar = ("position",)
    sized_by: ClassVar = "share"
    unit: ClassVar = "share"
    levels: ClassVar = (0.048, 0.098, 0.15, 0.2, 0.25)
    bounds: ClassVar = (0.0, 4.0)
    shows: ClassVar = True
    cameras: ClassVar = "primary"
    measure: ClassVar = "shift"

    share: float
    """by how much more is seen along each side, and how far the principal point is off, in half widths"""

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        far, view, width_px = max(self.share, *self.levels), views.present(draft), draft.scene.camera.width_px
        turn = views.fair_direction(rng, draft, lambda turn: view.through(*_lens(far, turn, width_px).values()))
        return _lens(self.share, turn, width_px)

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.set_lens(value["zoom"], tuple(value["shift_px"]))


def _lens(share: float, turn_rad: float, width_px: int) -> dict[str, Any]:
    shift_px = share * width_px / 2
    shift = [round(shift_px * part, 6) + 0.0 for part in (cos(turn_rad), sin(turn_rad))]
    return {"zoom": round(1 / (1 + share), 6), "shift_px": shift}
