"""Axis: how much of the picture a thing before the lens hides."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.axes.shared import outlines, spots
from vlagen_bench.scenes.verbs import Look, Scene, Vec3

Colours = tuple[Vec3, ...]

SKINS: Colours = ((0.87, 0.68, 0.57), (0.76, 0.54, 0.42), (0.55, 0.36, 0.26), (0.36, 0.23, 0.17))
LOOKS: dict[str, tuple[Look, Colours]] = {
    "cable": ("rubber", ((0.09, 0.09, 0.10), (0.72, 0.71, 0.69), (0.12, 0.18, 0.36), (0.45, 0.10, 0.09))),
    "cloth": ("cloth", ((0.28, 0.33, 0.42), (0.62, 0.58, 0.50), (0.45, 0.20, 0.20), (0.22, 0.24, 0.23))),
    "cup": ("ceramic", ((0.82, 0.81, 0.77), (0.20, 0.32, 0.45), (0.58, 0.24, 0.18), (0.24, 0.24, 0.26))),
    "finger": ("skin", SKINS),
    "leaf": ("leaf", ((0.23, 0.38, 0.15), (0.34, 0.45, 0.18), (0.48, 0.42, 0.17))),
    "thumb": ("skin", SKINS),
}
"""shape -> what it is made of, and its colours (sRGB, 1 is white)"""


@axis
@dataclass(frozen=True, kw_only=True)
class Occlusion(Axis):
    """A cable, a cloth, a cup, a finger or a leaf close before the lens, out of focus, where it leaves both things in sight.

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
    levels: ClassVar = (0.014, 0.038, 0.08, 0.13, 0.2)
    bounds: ClassVar = (0.0, 1.0)
    shows: ClassVar = True
    cameras: ClassVar = "primary"
    measure: ClassVar = "picture"

    share: float
    """of the picture that is covered"""

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any] | None:
        """None: nothing is before the lens."""
        kind, place = outlines.fair_place(rng, draft, max(self.share, *self.levels))
        look, colours = LOOKS[kind]
        colour, seed = colours[rng.randint(len(colours))], int(rng.randint(2**31))
        if not self.share:
            return None
        outline = outlines.outline(kind, place, self.share)
        return {"kind": kind, "outline": outline, "look": look, "colour": list(colour), "seed": seed}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        if value:
            outline = tuple(map(tuple, value["outline"]))
            scene.occlude(outline, value["look"], tuple(value["colour"]), value["seed"])
