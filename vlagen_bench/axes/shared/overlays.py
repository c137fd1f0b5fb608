"""The base class of the axes that blend a texture over the image."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, PoolAxis
from vlagen_bench.packs.manifest import Splits


@dataclass(frozen=True, kw_only=True)
class OverlayAxis(PoolAxis):
    """One of the overlay textures of a split, at a fixed ratio."""

    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    requires_capabilities: ClassVar = ("overlay textures",)
    sized_by: ClassVar = "ratio"
    unit: ClassVar = "share"
    levels: ClassVar = (0.1, 0.2, 0.3, 0.4, 0.5)
    bounds: ClassVar = (0.0, 1.0)
    shows: ClassVar = True
    cameras: ClassVar = "every"
    measure: ClassVar = "picture"

    split: Splits = "test"
    first: int | None = None
    """only so many, from the first, of the split; None: all"""
    ratio: float
    """0: not seen; 1: nothing else is seen"""

    def _ids(self, draft: Draft) -> tuple[str, ...]:
        return tuple(texture.id for texture in draft.pack.split("textures", self.split))[: self.first]

    def size(self, draft: Draft) -> int:
        return len(self._ids(draft))

    def pick(self, index: int, draft: Draft) -> dict[str, Any]:
        return {"texture": self._ids(draft)[index], "ratio": self.ratio}
