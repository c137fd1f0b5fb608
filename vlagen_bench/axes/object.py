"""Axis: which object the task is about."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.packs.manifest import Splits
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Object(PoolAxis):
    """The source, by asset id, from one split of the scene's pack."""

    name: ClassVar = "object"
    kind: ClassVar = "semantics"
    stage: ClassVar = "build"
    assets: ClassVar = "objects"
    requires_roles: ClassVar = ("source",)
    shows: ClassVar = True
    settings: ClassVar = {"test": {"split": "test"}}
    measure: ClassVar = "picture"

    split: Splits = "train"

    def size(self, draft: Draft) -> int:
        return len(draft.pack.split("objects", self.split))

    def pick(self, index: int, draft: Draft) -> str:
        return draft.pack.split("objects", self.split)[index].id

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.add_model("source", "objects", value)
