"""Axis: how large the object is."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scenes import native
from vlagen_bench.scenes.verbs import Scene

WIDEST_SHARE = 0.9
"""of the fingers' travel: nothing wider is made, so that it can still be held"""
TRAVEL_M = 0.08
"""of a Panda's fingers, the robot of the listed tasks of ManiSkill"""


@axis
@dataclass(frozen=True, kw_only=True)
class ObjectSize(Axis):
    """Every length of the source, times or divided by 1 + `growth`: by turns, but never too wide for the fingers."""

    name: ClassVar = "object_size"
    kind: ClassVar = "dynamics"
    stage: ClassVar = "build"
    after: ClassVar = ("object",)
    requires_roles: ClassVar = ("source",)
    requires_axes: ClassVar = ("object",)
    sized_by: ClassVar = "growth"
    unit: ClassVar = "more or less"
    levels: ClassVar = (0.084, 0.18, 0.28, 0.38, 0.5)
    bounds: ClassVar = (0.0, 1.0)
    takes: ClassVar = ("size of the object",)
    shows: ClassVar = True
    measure: ClassVar = "size_ratio"

    growth: float

    def sample(self, rng: np.random.RandomState, draft: Draft) -> float:
        # Whether it may grow is asked of the highest level, so that levels of one episode all go the same way.
        most = 1 + max(self.growth, self.levels[-1])
        grows = rng.uniform() < 0.5 and _fits(draft, most)
        factor = 1 + self.growth
        return round(factor if grows else 1 / factor, 6)

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.scale_size("source", value)


def _fits(draft: Draft, factor: float) -> bool:
    """Whether the source, so much larger, fits between the fingers; of a pack, too, whether it is no longer than the longest."""
    if draft.native is not None:
        facts = native.facts_of_task(draft.native)
        source = facts.layouts[0].thing(draft.native.source or facts.found["source"])
        return min(source.extents_m) * factor <= WIDEST_SHARE * TRAVEL_M
    robot = draft.scene.robot
    travel_m = 2 * (robot.gripper_open_m - max(robot.gripper_closed_m, 0.0))
    sides_m = draft.pack.find("objects", draft.values["object"]).extents_m[:2]
    longest_m = max(max(other.extents_m[:2]) for other in draft.pack.objects)
    return min(sides_m) * factor <= WIDEST_SHARE * travel_m and max(sides_m) * factor <= longest_m
