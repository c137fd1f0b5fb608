"""Axis: a second object that is not asked for."""

from dataclasses import dataclass
from math import radians
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.axes.distractors import Counting, other, pool_size, third_place
from vlagen_bench.packs import Splits
from vlagen_bench.scene import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class DistractorObject(PoolAxis):
    """One of the other objects of a split, turned like the source, on the free third place."""

    name: ClassVar = "distractor_object"
    kind: ClassVar = "semantics"
    stage: ClassVar = "build"
    after: ClassVar = ("object", "position", "yaw")

    split: Splits = "train"
    with_target: bool = True
    """whether the source comes from this split too"""
    counting: Counting = "others"

    def size(self, draft: Draft) -> int:
        return pool_size(draft, "objects", self.split, with_target=self.with_target)

    def pick(self, index: int, draft: Draft) -> dict[str, Any]:
        found = other(draft, "objects", self.split, draft.values["object"], index, self.counting)
        return {"id": found, "yaw_deg": draft.values["yaw"], **third_place(draft)}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.add_model("distractor", "objects", value["id"])
        scene.place("distractor", tuple(value["xy_m"]), value.get("drop_m"))
        scene.turn("distractor", radians(value["yaw_deg"]))
