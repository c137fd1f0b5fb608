"""Axis: which receptacle the object goes on."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import axis
from vlagen_bench.axes.shared.assets import AssetAxis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Receptacle(AssetAxis):
    """The target, by asset id, from one split of the scene's pack."""

    name: ClassVar = "receptacle"
    kind: ClassVar = "semantics"
    assets: ClassVar = "receptacles"
    listed: ClassVar = "receptacles"
    requires_roles: ClassVar = ("target",)

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.add_model("target", "receptacles", value)
