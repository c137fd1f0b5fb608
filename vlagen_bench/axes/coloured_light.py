"""Axis: how much coloured stage light the scene is in."""

from colorsys import hsv_to_rgb
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.axes.shared import lights
from vlagen_bench.scenes.verbs import Light, Scene, Vec3

SATURATION = 0.9
"""not 1: in light of one channel alone, a thing without that channel is black"""
HAZE = 0.14
"""light from everywhere, of the first spot's hue but paler"""
HAZE_SATURATION = 0.5
# Direction, how far its hue is from the first one's (1: once around the circle), brightness; the first casts shadows.
RIGS: dict[str, tuple[tuple[Vec3, float, float], ...]] = {
    "wash": (((-0.3, 0.3, -1.0), 0.0, 2.6),),
    "cross": (((-0.4, 1.0, -0.8), 0.0, 2.8), ((-0.4, -1.0, -0.8), 0.4, 2.8)),
    "three spots": (((-0.2, 1.0, -0.7), 0.0, 2.6), ((-0.2, -1.0, -0.7), 0.33, 2.4), ((0.3, 0.0, -1.0), 0.67, 1.4)),
}


@axis
@dataclass(frozen=True, kw_only=True)
class ColouredLight(Axis):
    """The scene's own lights turn into saturated stage light of drawn hues: a wash, two crossed spots, or three."""

    name: ClassVar = "coloured_light"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    sized_by: ClassVar = "strength"
    unit: ClassVar = "share"
    levels: ClassVar = (0.23, 0.47, 0.68, 0.85, 1.0)
    bounds: ClassVar = (0.0, 1.0)
    takes: ClassVar = ("light",)
    shows: ClassVar = True
    cameras: ClassVar = "every"
    measure: ClassVar = "picture"

    strength: float
    """0: the scene's own light; 1: stage light alone"""

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        rig, hue = sorted(RIGS)[rng.randint(len(RIGS))], rng.uniform()
        spots = [
            Light(direction=to, colour=_colour(hue + offset, SATURATION, brightness), shadow=not number)
            for number, (to, offset, brightness) in enumerate(RIGS[rig])
        ]
        mixed = lights.between(draft.scene, _colour(hue, HAZE_SATURATION, HAZE), spots, self.strength)
        return {"rig": rig, "hue": round(hue, 6), "strength": self.strength, **mixed}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        lights.shine(scene, value)


def _colour(hue: float, saturation: float, brightness: float) -> Vec3:
    """Linear rgb; `brightness` is that of its strongest channel."""
    red, green, blue = (round(part * brightness, 6) for part in hsv_to_rgb(hue % 1.0, saturation, 1.0))
    return red, green, blue
