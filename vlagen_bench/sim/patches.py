"""Pieces of table drawn just under the things, where the table is a photo.

The official scene draws its whole table, only to paint the photo over it; what it leaves to be seen is that nothing
shows below the table top. A piece under each thing hides the same pixels at a fraction of the cost.
"""

from dataclasses import dataclass, field
from math import atan

import numpy as np
import sapien
from sapien import render

# The official stage is turned by the quaternion (0.707, 0.707, 0, 0), whose length is not quite 1. The renderer takes
# it as it is, so that the drawn table top is tilted: z = 0.87 k + e * file_z, y = 2.8313 + e * 0.87 - k * file_z.
_K, _E = 2 * 0.707 * 0.707, 1 - 2 * 0.707 * 0.707
TOP_AT_Y0_M = 0.87 * _K + _E * (2.8313 + 0.87 * _E) / _K
TOP_SLOPE = -_E / _K
MARGIN_M = 0.025
NEEDED_BELOW_M = 0.03
"""things whose lowest point is higher than this above the table show no feet"""
THICKNESS_M = 0.002
AWAY = sapien.Pose([0, 0, -10])


@dataclass(kw_only=True)
class Patches:
    """Pieces of table under some entities; they are seen, but touch nothing."""

    scene: sapien.Scene
    raised_m: float = 0.0
    """how much higher the table is than the official one"""
    pieces: list[tuple[sapien.Entity, sapien.Entity, float]] = field(default_factory=list)
    """(what is hidden, the piece under it, how far below the entity's origin its lowest point can be, m)"""

    def add(self, entity: sapien.Entity, radius_m: float) -> None:
        """A piece under everything within `radius_m` of the entity's origin."""
        half = radius_m + MARGIN_M
        builder = self.scene.create_actor_builder()
        material = render.RenderMaterial(base_color=[0.5, 0.5, 0.5, 1])
        builder.add_box_visual(
            sapien.Pose([0, 0, -THICKNESS_M]), half_size=[half, half, THICKNESS_M], material=material
        )
        builder.initial_pose = AWAY
        self.pieces.append((entity, builder.build_kinematic(name="patch"), radius_m))

    def follow(self) -> None:
        """Moves every piece under its entity, or out of sight where there are no feet to hide."""
        tilt = np.array([1.0, atan(TOP_SLOPE) / 2, 0.0, 0.0])
        for entity, piece, radius_m in self.pieces:
            x, y, z = (float(value) for value in entity.pose.p)
            top = TOP_AT_Y0_M + TOP_SLOPE * y + self.raised_m
            near = z - radius_m < top + NEEDED_BELOW_M
            piece.set_pose(sapien.Pose([x, y, top], tilt) if near else AWAY)
