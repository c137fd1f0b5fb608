"""Axis: where the things of a task stand."""

from dataclasses import dataclass, field
from functools import cache
from itertools import combinations, permutations
from math import sqrt
from typing import Any, ClassVar, Literal

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes.base import Grid
from vlagen_bench.scenes.verbs import Scene

Region = Literal["inner", "ring"]
Third = Literal["source", "target"]
Point = tuple[float, float]


def _distance(a: Point, b: Point) -> float:
    """Metres. Spelled out, so that its last bit is the same everywhere: distances of just 0.15 m occur."""
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]))


@cache
def places(
    grid: Grid, region: Region, third: str | None = None, roles: tuple[str, ...] = ("source", "target")
) -> tuple[tuple[Point, ...], ...]:
    """All places of the roles, and of a third thing if there is one, that keep their distances, in official order.

    The third keeps the larger distance from the role that it is `third` to: the one it could be taken for.
    """
    names = roles if third is None else (*roles, "third")
    apart_m = {
        (a, b): grid.third_separation_m if names[b] == "third" and names[a] == third else grid.separation_m
        for a, b in combinations(range(len(names)), 2)
    }
    return tuple(
        spots
        for spots in permutations(grid.points(region), len(names))
        if all(_distance(spots[a], spots[b]) > least_m for (a, b), least_m in apart_m.items())
    )


@axis
@dataclass(frozen=True, kw_only=True)
class Position(PoolAxis):
    """World x, y (m) of what is asked for, and of a free third place for a distractor or a reposition."""

    name: ClassVar = "position"
    kind: ClassVar = "execution"
    stage: ClassVar = "reset"
    requires_roles: ClassVar = ("source",)
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
        return len(self._places(draft))

    def pick(self, index: int, draft: Draft) -> dict[str, Any]:
        spots = self._places(draft)[index]
        value: dict[str, Any] = dict(zip((*draft.roles, "third"), map(list, spots), strict=False))
        return value | ({"drop_m": dict(self.drop_m)} if self.drop_m else {})

    def _places(self, draft: Draft) -> tuple[tuple[Point, ...], ...]:
        if self.third is not None and self.third not in draft.roles:
            raise ConfigError(
                f"position: `third` is {self.third}, a role that the task does not have. Choose {' or '.join(draft.roles)}."
            )
        return places(draft.scene.grid, self.region, self.third, tuple(draft.roles))

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        for role in (name for name in value if name not in ("third", "drop_m")):
            scene.place(role, tuple(value[role]), value.get("drop_m", {}).get(role))
