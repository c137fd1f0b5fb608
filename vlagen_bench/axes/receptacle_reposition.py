"""Axis: the receptacle is moved away in mid-episode."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.axes.shared import spots
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class ReceptacleReposition(Axis):
    """After some actions the target is lifted and falls so many metres away, in a drawn direction.

    A source that lies on it goes along; one that is held stays in the fingers.
    """

    name: ClassVar = "receptacle_reposition"
    kind: ClassVar = "execution"
    stage: ClassVar = "step"
    after: ClassVar = ("reposition", *spots.PLACING)
    requires_roles: ClassVar = ("target",)
    requires_axes: ClassVar = ("position",)
    sized_by: ClassVar = "by_m"
    unit: ClassVar = "m"
    levels: ClassVar = (0.024, 0.048, 0.072, 0.096, 0.12)
    bounds: ClassVar = (0.0, 0.5)
    measure: ClassVar = "moved_m"

    after_step: int = 5
    by_m: float

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any] | None:
        """The new place and the time; None: it stays."""
        if not self.by_m:
            return None
        xy_m = list(spots.away(rng, draft, "target", self.by_m, max(self.by_m, *self.levels)))
        return {"after_step": self.after_step, "xy_m": xy_m, "lift_m": spots.LIFT_M}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        if value:
            scene.move_after(value["after_step"], "target", tuple(value["xy_m"]), value["lift_m"])
