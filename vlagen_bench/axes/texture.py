"""Axis: a texture blended over everything in the foreground."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.packs import Splits
from vlagen_bench.scene import Scene


def textures(draft: Draft, split: Splits, first: int | None) -> tuple[str, ...]:
    """Ids of the overlay textures of a split, or of the first so many of them."""
    return tuple(texture.id for texture in draft.pack.split("textures", split))[:first]


@axis
@dataclass(frozen=True, kw_only=True)
class Texture(PoolAxis):
    """A picture stretched over the foreground's bounding box, which follows the robot: Liu et al.'s dynamic texture."""

    name: ClassVar = "texture"
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
        scene.overlay_foreground(value["texture"], value["ratio"])
