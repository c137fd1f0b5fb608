"""Axis: how far outside the trained places the object stands."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.axes.shared import spots
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class ObjectPosition(Axis):
    """The source stands so many metres outside the trained square, on a drawn side of it."""

    name: ClassVar = "object_position"
    kind: ClassVar = "execution"
    stage: ClassVar = "reset"
    after: ClassVar = ("distractor_receptacle", "position", "start")
    requires_roles: ClassVar = ("source",)
    requires_axes: ClassVar = ("position",)
    sized_by: ClassVar = "beyond_m"
    unit: ClassVar = "m"
    levels: ClassVar = (0.016, 0.032, 0.048, 0.064, 0.08)
    bounds: ClassVar = (0.0, 0.5)
    takes: ClassVar = ("place of the object",)
    shows: ClassVar = True
    measure: ClassVar = "source_outside_m"

    beyond_m: float

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        position = spots.nominal(draft)
        xy_m = position["source"]
        if self.beyond_m:
            xy_m = spots.outward(rng, draft, "source", self.beyond_m, max(self.beyond_m, *self.levels))
        return {"xy_m": list(xy_m), "drop_m": position.get("drop_m", {}).get("source")}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.place("source", tuple(value["xy_m"]), value["drop_m"])
