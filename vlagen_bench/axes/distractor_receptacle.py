"""Axis: a second receptacle that is not asked for."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.axes.shared.distractors import Counting, other, pool_size, third_place
from vlagen_bench.packs.manifest import Splits
from vlagen_bench.scenes.verbs import Scene
from vlagen_bench.types import AxisSet


@axis
@dataclass(frozen=True, kw_only=True)
class DistractorReceptacle(PoolAxis):
    """One of the other receptacles of a split, on the free third place."""

    name: ClassVar = "distractor_receptacle"
    kind: ClassVar = "semantics"
    stage: ClassVar = "build"
    after: ClassVar = ("position", "receptacle")
    requires_roles: ClassVar = ("target",)
    requires_axes: ClassVar = ("receptacle", "position")
    takes: ClassVar = ("third place",)
    shows: ClassVar = True
    # Nothing ready-made of the training receptacles, of which the bridge pack has but one: the target.
    settings: ClassVar = {"test": {"split": "test", "with_target": False}}
    measure: ClassVar = "picture"

    split: Splits = "train"
    with_target: bool = True
    """whether the target comes from this split too"""
    counting: Counting = "others"

    def needs(self) -> AxisSet:
        return {"position": {"third": "target"}}

    def size(self, draft: Draft) -> int:
        return pool_size(draft, "receptacles", self.split, self.counting, with_target=self.with_target)

    def pick(self, index: int, draft: Draft) -> dict[str, Any]:
        model_id = other(draft, "receptacles", self.split, draft.values["receptacle"], index, self.counting)
        return {"id": model_id, **third_place(draft)}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.add_model("distractor", "receptacles", value["id"])
        scene.place("distractor", tuple(value["xy_m"]), value.get("drop_m"))
