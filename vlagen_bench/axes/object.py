"""Axis: which object the task is about."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import axis
from vlagen_bench.axes.shared.assets import AssetAxis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Object(AssetAxis):
    """The source, by asset id, from one split of the scene's pack."""

    name: ClassVar = "object"
    kind: ClassVar = "semantics"
    assets: ClassVar = "objects"
    listed: ClassVar = "objects"
    requires_roles: ClassVar = ("source",)

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.add_model("source", "objects", value)
