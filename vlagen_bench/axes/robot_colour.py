"""Axis: what colour the robot is."""

from colorsys import hsv_to_rgb
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scenes.verbs import Scene

SATURATION, BRIGHTNESS = 0.95, 0.6


@axis
@dataclass(frozen=True, kw_only=True)
class RobotColour(Axis):
    """A saturated colour of a drawn hue, blended into every part of the robot."""

    name: ClassVar = "robot_colour"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    sized_by: ClassVar = "ratio"
    unit: ClassVar = "share"
    levels: ClassVar = (0.31, 0.58, 0.77, 0.91, 1.0)
    bounds: ClassVar = (0.0, 1.0)
    shows: ClassVar = True
    cameras: ClassVar = "every"
    measure: ClassVar = "picture"

    ratio: float
    """0: the robot's own colours; 1: one colour all over"""

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        colour = hsv_to_rgb(rng.uniform(), SATURATION, BRIGHTNESS)
        return {"colour": [round(part, 6) for part in colour], "ratio": self.ratio}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.tint_robot(tuple(value["colour"]), value["ratio"])
