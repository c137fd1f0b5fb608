"""Axis: a texture blended over everything in the foreground."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import axis
from vlagen_bench.axes.shared.overlays import OverlayAxis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Texture(OverlayAxis):
    """A picture stretched over the foreground's bounding box, which follows the robot: Liu et al.'s dynamic texture."""

    name: ClassVar = "texture"

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.overlay_foreground(value["texture"], value["ratio"])
