"""Axis: the object is pushed in mid-episode."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.axes.shared import spots
from vlagen_bench.scenes.verbs import Scene

STEPS = (2, 4)
"""first and last control step after which it may come"""


@axis
@dataclass(frozen=True, kw_only=True)
class Push(Axis):
    """After 2 to 4 actions the source's velocity changes, in a drawn direction that does not lead off the table."""

    name: ClassVar = "push"
    kind: ClassVar = "execution"
    stage: ClassVar = "step"
    after: ClassVar = ("object_position", "position", "start")
    requires_roles: ClassVar = ("source",)
    requires_axes: ClassVar = ("position",)
    sized_by: ClassVar = "by_m_s"
    unit: ClassVar = "m/s"
    levels: ClassVar = (0.16, 0.32, 0.48, 0.64, 0.8)
    bounds: ClassVar = (0.0, 5.0)
    measure: ClassVar = "push_m_s"

    by_m_s: float

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any] | None:
        """When and how; None: it is not."""
        if not self.by_m_s:
            return None
        step = int(rng.randint(STEPS[0], STEPS[1] + 1))
        x, y = spots.inward(rng, draft, "source")
        return {"after_step": step, "velocity_m_s": [round(self.by_m_s * x, 6), round(self.by_m_s * y, 6)]}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        if value:
            scene.push_after(value["after_step"], "source", tuple(value["velocity_m_s"]))
