"""Axis: the colour of the light."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench import Axis, Draft, Scene, axis
from vlagen_bench.scenes.verbs import Light

TINTS = {"warm": (1.0, 0.6, 0.2), "cold": (0.3, 0.7, 1.0)}
"""the share of red, green and blue that is left at strength 1"""


@axis
@dataclass(frozen=True, kw_only=True)
class LightColour(Axis):
    """The scene's lights, warmer or colder."""

    name: ClassVar = "light_colour"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    takes: ClassVar = ("light",)  # excludes the axis `lighting`, which sets the lights too
    sized_by: ClassVar = "strength"
    unit: ClassVar = "share"
    levels: ClassVar = (0.2, 0.4, 0.6, 0.8, 1.0)
    bounds: ClassVar = (0.0, 1.0)
    shows: ClassVar = True
    measure: ClassVar = "picture"

    strength: float

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        """Draws warm or cold, whatever the strength. The value holds all that `apply` needs."""
        tint = TINTS[rng.choice(sorted(TINTS))]
        lights = [
            [light.direction, self.tinted(light.colour, tint), light.shadow, light.penumbra_m]
            for light in draft.scene.lights
        ]
        return {"ambient": self.tinted(draft.scene.ambient, tint), "lights": lights}

    def tinted(self, colour: tuple[float, ...], tint: tuple[float, ...]) -> list[float]:
        """A colour with so much of the tint; rounded, since the value is hashed."""
        return [round(part * (1 - self.strength * (1 - left)), 6) for part, left in zip(colour, tint, strict=True)]

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        """Sets the lights."""
        lights = [
            Light(direction=tuple(to), colour=tuple(rgb), shadow=shadow, penumbra_m=rim_m)
            for to, rgb, shadow, rim_m in value["lights"]
        ]
        scene.set_lights(tuple(value["ambient"]), tuple(lights))
