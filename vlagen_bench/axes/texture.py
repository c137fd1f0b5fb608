"""Axis: a texture blended over everything in the foreground."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.packs import Splits
from vlagen_bench.scene import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Texture(PoolAxis):
    """A picture stretched over the foreground's bounding box, which follows the robot at every step."""

    name: ClassVar = "texture"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"

    split: Splits = "test"
    ratio: float
    """0: not seen; 1: nothing else is seen"""

    def size(self, draft: Draft) -> int:
        return len(draft.pack.split("textures", self.split))

    def pick(self, index: int, draft: Draft) -> dict[str, Any]:
        return {"texture": draft.pack.split("textures", self.split)[index].id, "ratio": self.ratio}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.overlay_foreground(value["texture"], value["ratio"])
