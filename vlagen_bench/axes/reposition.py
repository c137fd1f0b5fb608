"""Axis: the object is moved away in mid-episode."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.axes.shared import spots
from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes.verbs import Scene
from vlagen_bench.types import AxisSet


@axis
@dataclass(frozen=True, kw_only=True)
class Reposition(Axis):
    """After some actions the source is lifted and falls elsewhere: so many metres away, or on the free third place."""

    name: ClassVar = "reposition"
    kind: ClassVar = "execution"
    stage: ClassVar = "step"
    after: ClassVar = ("distractor_object", *spots.PLACING)
    requires_roles: ClassVar = ("source",)
    requires_axes: ClassVar = ("position",)
    sized_by: ClassVar = "by_m"
    unit: ClassVar = "m"
    levels: ClassVar = (0.024, 0.048, 0.072, 0.096, 0.12)
    bounds: ClassVar = (0.0, 0.5)
    measure: ClassVar = "moved_m"

    after_step: int = 3
    """so early that fingers that go straight for it are still above: they would throw what lands in them across the table"""
    by_m: float | None = None
    """in a drawn direction; None: to the third place, which nothing else may take, as in the paper"""

    def needs(self) -> AxisSet:
        return {"position": {"third": "source"}} if self.by_m is None else {}

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any] | None:
        """The new place and the time; None: it stays."""
        if self.by_m == 0:
            return None
        if self.by_m is None:
            return {"after_step": self.after_step, "xy_m": _third(draft)}
        xy_m = list(spots.away(rng, draft, "source", self.by_m, max(self.by_m, *self.levels)))
        return {"after_step": self.after_step, "xy_m": xy_m, "lift_m": spots.LIFT_M}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        if value:
            scene.move_after(value["after_step"], "source", tuple(value["xy_m"]), value.get("lift_m"))


def _third(draft: Draft) -> list[float]:
    """The third place, if it is there and free."""
    if "third" not in draft.values["position"]:
        raise ConfigError("The axis 'reposition' needs a third place: add 'position: {third: source}' under `shared`.")
    for distractor in {"distractor_object", "distractor_receptacle"} & set(draft.values):
        raise ConfigError(
            f"The axes 'reposition' and '{distractor}' both take the third place. Give the former `by_m`."
        )
    third: list[float] = draft.values["position"]["third"]
    return third
