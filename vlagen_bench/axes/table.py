"""Axis: what the table looks like."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.packs.manifest import Splits
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Table(PoolAxis):
    """The table's picture, by asset id: a photo behind the foreground, or the texture of the table top."""

    name: ClassVar = "table"
    kind: ClassVar = "vision"
    stage: ClassVar = "build"
    shows: ClassVar = True
    settings: ClassVar = {"test": {"split": "test"}}
    measure: ClassVar = "picture"

    split: Splits = "train"

    def size(self, draft: Draft) -> int:
        return len(draft.pack.split("tables", self.split))

    def pick(self, index: int, draft: Draft) -> str:
        return draft.pack.split("tables", self.split)[index].id

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.set_table(value)
