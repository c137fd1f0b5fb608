"""Axis: where the object and the receptacle stand."""

from dataclasses import dataclass, field
from functools import cache
from itertools import permutations
from math import sqrt
from typing import Any, ClassVar, Literal

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.scenes.base import Grid
from vlagen_bench.scenes.verbs import Scene

Region = Literal["inner", "ring"]
Third = Literal["source", "target"]
Point = tuple[float, float]


def _distance(a: Point, b: Point) -> float:
    """Metres. Spelled out, so that its last bit is the same everywhere: distances of just 0.15 m occur."""
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]))


@cache
def places(grid: Grid, region: Region, third: Third | None = None) -> tuple[tuple[Point, ...], ...]:
    """All (source, target) or (source, target, third) places that keep their distances, in official order.

    The third keeps the larger distance from the role that it is `third` to: the one it could be taken for.
    """
    pairs = permutations(grid.points(region), 2 if third is None else 3)
    apart = [spots for spots in pairs if _distance(spots[0], spots[1]) > grid.separation_m]
    if third is None:
        return tuple(apart)
    far, near = (0, 1) if third == "source" else (1, 0)
    return tuple(
        spots
        for spots in apart
        if _distance(spots[far], spots[2]) > grid.third_separation_m
        and _distance(spots[near], spots[2]) > grid.separation_m
    )


@axis
@dataclass(frozen=True, kw_only=True)
class Position(PoolAxis):
    """World x, y (m) of source and target, and of a free third place for a distractor or a reposition."""

    name: ClassVar = "position"
    kind: ClassVar = "execution"
    stage: ClassVar = "reset"
    takes: ClassVar = ("place of the object", "place of the receptacle")
    shows: ClassVar = True
    settings: ClassVar = {"test": {"region": "ring"}}
    measure: ClassVar = "source_outside_m"

    region: Region = "inner"
    third: Third | None = None
    """whether there is a free third place, and whether it keeps its distance from the source or from the target"""
    drop_m: dict[str, float] = field(default_factory=dict)
    """height above the table from which a role falls at reset, where it is not the scene's"""

    def size(self, draft: Draft) -> int:
        return len(places(draft.scene.grid, self.region, self.third))

    def pick(self, index: int, draft: Draft) -> dict[str, Any]:
        spots = places(draft.scene.grid, self.region, self.third)[index]
        value: dict[str, Any] = dict(zip(("source", "target", "third"), map(list, spots), strict=False))
        return value | ({"drop_m": dict(self.drop_m)} if self.drop_m else {})

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        for role in ("source", "target"):
            scene.place(role, tuple(value[role]), value.get("drop_m", {}).get(role))
