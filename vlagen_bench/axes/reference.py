"""Axis: an expression that identifies the object replaces its name."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.axes.shared import spots
from vlagen_bench.axes.shared.referring import By, expressions_for, fitting, objects_of, phrase
from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes.verbs import Scene
from vlagen_bench.types import AxisSet


@axis
@dataclass(frozen=True, kw_only=True)
class Reference(Axis):
    """An expression that only the source fits, beside a second object that differs in colour, category and size.

    A synonym shares as few words with the name as any does: of an apple, that is still "red apple".
    All settings share one clean twin: the same two objects, and the source called by its name.
    """

    name: ClassVar = "reference"
    kind: ClassVar = "semantics"
    stage: ClassVar = "prompt"
    after: ClassVar = ("camera_lens", "camera_pose", "distractor_object", "object", "object_size", *spots.PLACING)
    requires_roles: ClassVar = ("source",)
    requires_axes: ClassVar = ("object", "position", "yaw")
    requires_capabilities: ClassVar = ("colours and categories",)
    settings: ClassVar = {
        "category": {"by": "category"},
        "colour": {"by": "colour"},
        "relation": {"by": "relation"},
        "size": {"by": "size"},
        "synonym": {"by": "synonym"},
    }
    takes: ClassVar = ("third place", "choice of the other objects", "size of the object")
    measure: ClassVar = "words"

    by: By
    """what it speaks of; relation: where the object is, as the camera sees it"""

    def needs(self) -> AxisSet:
        return {"distractor_object": {"unlike": True}, "position": {"third": "source"}}

    def sample(self, rng: np.random.RandomState, draft: Draft) -> dict[str, str]:
        things = objects_of(draft)
        every = expressions_for(self.by, things["source"].model)
        only = [says for says in every if fitting(self.by, says, things) == ("source",)]
        if not only:
            raise ConfigError(
                f"The axis 'reference' finds no {self.by} that only the {things['source'].model.name} has. "
                "Add 'distractor_object: {unlike: true}' under `shared`, or colours and categories to the pack."
            )
        says = only[rng.randint(len(only))]
        return {"by": self.by, "says": says, "text": phrase(self.by, says)}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        # The expression alone; the axis `instruction`, which comes later, tells it in a sentence.
        scene.tell(value["text"])
