"""Axis: a picture blended over the whole image, sliding as the robot moves."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import axis
from vlagen_bench.axes.shared.overlays import OverlayAxis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Noise(OverlayAxis):
    """A window of a picture of twice the image's size, placed by the middle of the foreground: Liu et al.'s dynamic noise."""

    name: ClassVar = "noise"

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.overlay_image(value["texture"], value["ratio"])
