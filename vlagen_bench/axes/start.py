"""Axis: from which seed a task of ManiSkill resets itself."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes import native
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Start(Axis):
    """The seed of the task's own reset, the fresh scene that it makes, and a hash of that scene's state.

    Only the task knows where it puts its things, so that a scene of the seed is made, undrawn, and looked at.
    """

    name: ClassVar = "start"
    kind: ClassVar = "execution"
    stage: ClassVar = "build"
    hidden: ClassVar = True
    requires_axes: ClassVar = ("start",)
    takes: ClassVar = ("place of the object", "place of the receptacle")
    shows: ClassVar = True
    measure: ClassVar = "source_outside_m"

    seed: int | None = None
    """None: it is drawn"""

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, Any]:
        if draft.native is None:
            raise ConfigError("The axis start is of tasks of ManiSkill alone: leave it out.")
        drawn = int(rng.randint(2**31 - 1))
        seed = drawn if self.seed is None else self.seed
        layout = native.layout_of(draft.native, seed)
        source = draft.native.source or native.facts_of_task(draft.native).found["source"]
        roles = {"source": source, **({"target": draft.native.target} if draft.native.target else {})}
        return {
            "seed": seed,
            "hash": layout.hash,
            "names": roles,
            **{role: list(layout.thing(name).xy_m) for role, name in roles.items()},
            "things": [
                {
                    "name": thing.name,
                    "kind": thing.kind,
                    "xy_m": list(thing.xy_m),
                    "radius_m": round(thing.radius_m, 5),
                    "height_m": thing.height_m,
                }
                for thing in layout.things
                if thing.kind != "fixture"
            ],
        }

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.begin_from(value["seed"], value["hash"], value["names"])
