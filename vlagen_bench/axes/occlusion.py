"""Axis: how much of the picture something opaque before the lens hides."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.axes.shared import outlines, spots
from vlagen_bench.scenes.verbs import Scene

GREYS = (0.04, 0.4)
"""darkest and lightest; 1 is white"""


@axis
@dataclass(frozen=True, kw_only=True)
class Occlusion(Axis):
    """A cable, the rim of a frame or a finger before the lens, from a drawn side, where it leaves both things in sight.

    The place is one that is fair at this size and at the ready-made ones, so that with the level it only grows.
    """

    name: ClassVar = "occlusion"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    after: ClassVar = (
        *("camera_lens", "camera_pose", "object", "object_size", "receptacle", "table_height", "yaw"),
        *spots.PLACING,
    )
    requires_roles: ClassVar = ("source",)
    requires_axes: ClassVar = ("object", "position")
    sized_by: ClassVar = "share"
    unit: ClassVar = "share"
    levels: ClassVar = (0.012, 0.034, 0.075, 0.13, 0.2)
    bounds: ClassVar = (0.0, 1.0)
    shows: ClassVar = True
    cameras: ClassVar = "primary"
    measure: ClassVar = "picture"

    share: float
    """of the picture that is covered"""

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any] | None:
        """None: nothing is before the lens."""
        kind, place = outlines.fair_place(rng, draft, max(self.share, *self.levels))
        grey = round(rng.uniform(*GREYS), 6)
        if not self.share:
            return None
        return {"kind": kind, "outline": outlines.outline(kind, place, self.share), "grey": grey}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        if value:
            scene.occlude(tuple(map(tuple, value["outline"])), value["grey"])
