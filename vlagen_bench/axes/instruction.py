"""Axis: how the task is worded."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, PoolAxis, axis
from vlagen_bench.axes.shared.rewrites import REWRITES
from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes.verbs import Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Instruction(PoolAxis):
    """One of the templates, with {source} and {target} replaced by the names of the assets.

    Where the axis `reference` says what the source is called, {source} is that.
    """

    name: ClassVar = "instruction"
    kind: ClassVar = "semantics"
    stage: ClassVar = "prompt"
    after: ClassVar = ("object", "receptacle", "reference")
    sized_by: ClassVar = "rewrite"
    unit: ClassVar = "rewriting"
    levels: ClassVar = (1, 2, 3, 4, 5)
    nothing: ClassVar = 0
    bounds: ClassVar = (0, len(REWRITES))
    measure: ClassVar = "words"

    templates: tuple[str, ...] = ()
    rewrite: int = 0
    """0: the sentence is one of `templates`; 1 to 5: it is one of `rewrites.REWRITES` instead, further and further"""

    def __post_init__(self) -> None:
        if not self.rewrite and not self.templates:
            raise ConfigError("instruction: there is no sentence to choose from. Add one to `templates`.")

    @property
    def sentences(self) -> tuple[str, ...]:
        """The templates that may be drawn."""
        return REWRITES[self.rewrite - 1] if self.rewrite else self.templates

    def size(self, draft: Draft) -> int:
        return len(self.sentences)

    def pick(self, index: int, draft: Draft) -> dict[str, str]:
        template = self.sentences[index]
        source = draft.pack.find("objects", draft.values["object"]).name
        if "reference" in draft.values:
            source = draft.values["reference"]["text"]
        target = draft.pack.find("receptacles", draft.values["receptacle"]).name
        text = template.replace("{source}", source).replace("{target}", target)
        return {"template": template, "text": text}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.tell(value["text"])
