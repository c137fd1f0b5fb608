"""Axis: in which words the task is told."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.scene import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Instruction(PoolAxis):
    """One of the templates, with {source} and {target} replaced by the names of the assets."""

    name: ClassVar = "instruction"
    kind: ClassVar = "semantics"
    stage: ClassVar = "prompt"
    after: ClassVar = ("object", "receptacle")

    templates: tuple[str, ...]

    def size(self, draft: Draft) -> int:
        return len(self.templates)

    def pick(self, index: int, draft: Draft) -> dict[str, str]:
        template = self.templates[index]
        source = draft.pack.find("objects", draft.values["object"]).name
        target = draft.pack.find("receptacles", draft.values["receptacle"]).name
        text = template.replace("{source}", source).replace("{target}", target)
        return {"template": template, "text": text}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.tell(value["text"])
