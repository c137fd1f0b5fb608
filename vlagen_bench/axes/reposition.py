"""Axis: the object is moved away in mid-episode."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.errors import ConfigError
from vlagen_bench.scene import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Reposition(Axis):
    """After some actions the source is lifted to the free third place and falls; needs `position: {third: source}`."""

    name: ClassVar = "reposition"
    kind: ClassVar = "execution"
    stage: ClassVar = "step"
    after: ClassVar = ("position",)

    after_step: int = 5

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        """Takes the third place; draws nothing itself."""
        if "third" not in draft.values["position"]:
            raise ConfigError(
                "The axis 'reposition' needs a third place: add 'position: {third: source}' under `shared`."
            )
        return {"after_step": self.after_step, "xy_m": draft.values["position"]["third"]}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.move_after(value["after_step"], "source", tuple(value["xy_m"]))
