"""Axis: a picture blended over the whole image, sliding as the robot moves."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.axes.texture import textures
from vlagen_bench.packs import Splits
from vlagen_bench.scene import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Noise(PoolAxis):
    """A window of a picture of twice the image's size, placed by the middle of the foreground: Liu et al.'s dynamic noise."""

    name: ClassVar = "noise"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"

    split: Splits = "test"
    first: int | None = None
    """only so many, from the first, of the split; None: all"""
    ratio: float
    """0: not seen; 1: nothing else is seen"""

    def size(self, draft: Draft) -> int:
        return len(textures(draft, self.split, self.first))

    def pick(self, index: int, draft: Draft) -> dict[str, Any]:
        return {"texture": textures(draft, self.split, self.first)[index], "ratio": self.ratio}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.overlay_image(value["texture"], value["ratio"])
