"""Axis: a second object that is not asked for."""

from dataclasses import dataclass
from math import radians
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.axes.shared.distractors import Counting, other, pool_size, third_place
from vlagen_bench.axes.shared.referring import unlike
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs.manifest import Splits
from vlagen_bench.scenes.verbs import Scene
from vlagen_bench.types import AxisSet


@axis
@dataclass(frozen=True, kw_only=True)
class DistractorObject(PoolAxis):
    """One of the other objects of a split, turned like the source, on the free third place."""

    name: ClassVar = "distractor_object"
    kind: ClassVar = "semantics"
    stage: ClassVar = "build"
    after: ClassVar = ("object", "position", "yaw")
    requires_roles: ClassVar = ("source",)
    requires_axes: ClassVar = ("object", "position", "yaw")
    takes: ClassVar = ("third place",)
    shows: ClassVar = True
    settings: ClassVar = {"train": {"split": "train"}, "test": {"split": "test", "with_target": False}}
    measure: ClassVar = "picture"

    split: Splits = "train"
    with_target: bool = True
    """whether the source comes from this split too"""
    counting: Counting = "others"
    unlike: bool = False
    """only those that colour, category and size tell from the source: what the axis `reference` needs"""

    def needs(self) -> AxisSet:
        return {"position": {"third": "source"}}

    def size(self, draft: Draft) -> int:
        if self.unlike:
            return len(self._unlike(draft))
        return pool_size(draft, "objects", self.split, self.counting, with_target=self.with_target)

    def _unlike(self, draft: Draft) -> tuple[str, ...]:
        source = draft.pack.find("objects", draft.values["object"])
        ids = tuple(model.id for model in draft.pack.split("objects", self.split) if unlike(model, source))
        if not ids:
            raise ConfigError(
                f"The pack '{draft.pack.name}' has no object in its split '{self.split}' that differs from the "
                f"{source.name} in colour, category and size. Choose another split for the distractor."
            )
        return ids

    def pick(self, index: int, draft: Draft) -> dict[str, Any]:
        if self.unlike:
            model_id = self._unlike(draft)[index]
        else:
            model_id = other(draft, "objects", self.split, draft.values["object"], index, self.counting)
        return {"id": model_id, "yaw_deg": draft.values["yaw"], **third_place(draft)}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.add_model("distractor", "objects", value["id"])
        scene.place("distractor", tuple(value["xy_m"]), value.get("drop_m"))
        scene.turn("distractor", radians(value["yaw_deg"]))
