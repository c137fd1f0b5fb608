"""Axis: which light the scene is in."""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.packs import manifest
from vlagen_bench.packs.manifest import Splits
from vlagen_bench.scenes.verbs import Light, Scene, Vec3

PACK = "household"
"""the pack with lighting environments; they light the scenes of any other, too"""
BLACK = (0.0, 0.0, 0.0)


@axis
@dataclass(frozen=True, kw_only=True)
class Lighting(Axis):
    """The scene's own lights turn into those of a drawn environment, one by one: direction, colour and shadow."""

    name: ClassVar = "lighting"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    sized_by: ClassVar = "strength"
    unit: ClassVar = "share"
    levels: ClassVar = (0.21, 0.45, 0.68, 0.86, 1.0)
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
        there, own = choice[rng.randint(len(choice))], draft.scene
        # Not all lights of both at once, each dimmed: the shader has room for three.
        lights = [self._between(*pair) for pair in zip_longest(own.lights, there.lights)]
        return {
            "environment": there.id,
            "strength": self.strength,
            "ambient": self._mixed(own.ambient, there.ambient),
            "lights": [light for light in lights if any(light["colour"])],
        }

    def _between(self, own: Light | None, there: Light | None) -> dict[str, Any]:
        """A light on its way from one to the other; one that lacks the other fades where it is."""
        start, end = own or there, there or own
        assert start is not None and end is not None, "one of the two lights is there"
        return {
            "direction": self._mixed(start.direction, end.direction),
            "colour": self._mixed(own.colour if own else BLACK, there.colour if there else BLACK),
            "shadow": (end if self.strength > 0.5 else start).shadow,
        }

    def _mixed(self, own: Vec3, there: Vec3) -> list[float]:
        return [round(a * (1 - self.strength) + b * self.strength, 6) for a, b in zip(own, there, strict=True)]

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        lights = tuple(
            Light(direction=tuple(light["direction"]), colour=tuple(light["colour"]), shadow=light["shadow"])
            for light in value["lights"]
        )
        scene.set_lights(tuple(value["ambient"]), lights)
