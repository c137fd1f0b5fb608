"""Axis: what the table looks like."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import axis
from vlagen_bench.axes.shared.assets import AssetAxis
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Table(AssetAxis):
    """The table's picture, by asset id: a photo behind the foreground, or the texture of the table top."""

    name: ClassVar = "table"
    kind: ClassVar = "vision"
    cameras: ClassVar = "every"
    listed: ClassVar = "tables"

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.set_table(value)
