"""Axis: which light the scene is in."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.axes.shared import lights
from vlagen_bench.packs import manifest
from vlagen_bench.packs.manifest import Splits
from vlagen_bench.scenes.verbs import Scene

PACK = "household"
"""the pack with lighting environments; they light the scenes of any other, too"""


@axis
@dataclass(frozen=True, kw_only=True)
class Lighting(Axis):
    """The scene's own lights turn into those of a drawn time of day or room, one by one: direction, colour temperature, brightness and softness."""

    name: ClassVar = "lighting"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    sized_by: ClassVar = "strength"
    unit: ClassVar = "share"
    levels: ClassVar = (0.21, 0.42, 0.64, 0.83, 1.0)
    bounds: ClassVar = (0.0, 1.0)
    takes: ClassVar = ("light",)
    shows: ClassVar = True
    cameras: ClassVar = "every"
    measure: ClassVar = "picture"

    strength: float
    """0: the scene's own light; 1: the environment's"""
    split: Splits = "test"

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        choice = manifest.load(PACK).split("lightings", self.split)
        there = choice[rng.randint(len(choice))]
        lamps = [lamp.light() for lamp in there.lamps]
        mixed = lights.between(draft.scene, there.sky.colour, lamps, self.strength)
        return {"environment": there.id, "strength": self.strength, **mixed}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        lights.shine(scene, value)
