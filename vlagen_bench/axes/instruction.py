"""Axis: how the task is worded."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import AXES, Draft, PoolAxis, axis
from vlagen_bench.axes.shared.rewrites import REWRITES
from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes.verbs import Scene

SLOT = re.compile(r"{(.*?)}")


@axis
@dataclass(frozen=True, kw_only=True)
class Instruction(PoolAxis):
    """One of the templates, with each slot, such as {source}, replaced by the name of the asset in that role.

    Where the axis `reference` says what the source is called, {source} is that.
    """

    name: ClassVar = "instruction"
    kind: ClassVar = "semantics"
    stage: ClassVar = "prompt"
    after: ClassVar = ("object", "receptacle", "reference")
    requires_capabilities: ClassVar = ("rewritten instructions",)
    sized_by: ClassVar = "rewrite"
    unit: ClassVar = "rewriting"
    levels: ClassVar = (1, 2, 3, 4, 5)
    nothing: ClassVar = 0
    bounds: ClassVar = (0, len(REWRITES))
    measure: ClassVar = "words"

    templates: tuple[str, ...] = ()
    rewrite: int = 0
    """0: the sentence is one of `templates`; 1 to 5: one of the family's rewritings instead, further and further"""

    def __post_init__(self) -> None:
        if not self.rewrite and not self.templates:
            raise ConfigError("instruction: there is no sentence to choose from. Add one to `templates`.")

    def check_slots(self, roles: Collection[str], where: str) -> None:
        """Raises `ConfigError` for a slot that is no role of the task's family."""
        for template in self.templates:
            for slot in SLOT.findall(template):
                if slot not in roles:
                    slots = ", ".join(f"{{{role}}}" for role in roles)
                    raise ConfigError(
                        f"{where}: instruction: the template '{template}' has the slot {{{slot}}}, which tasks of this family do not "
                        f"have. They have: {slots}."
                    )

    def sentences(self, draft: Draft) -> tuple[str, ...]:
        """The templates that may be drawn."""
        if not self.rewrite:
            return self.templates
        if not draft.rewrites:
            raise ConfigError(
                "instruction: the task's family has no rewritings. Give `templates` in place of `rewrite`."
            )
        return draft.rewrites[self.rewrite - 1]

    def size(self, draft: Draft) -> int:
        return len(self.sentences(draft))

    def pick(self, index: int, draft: Draft) -> dict[str, str]:
        text = template = self.sentences(draft)[index]
        for role, filler in draft.roles.items():
            if f"{{{role}}}" in text:
                text = text.replace(f"{{{role}}}", _called(role, filler, draft))
        return {"template": template, "text": text}

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        scene.tell(value["text"])


def _called(role: str, filler: str, draft: Draft) -> str:
    if role == "source" and "reference" in draft.values:
        return str(draft.values["reference"]["text"])
    kind, value = AXES.get(filler).assets, draft.values[filler]
    return str(value) if kind is None else draft.pack.find(kind, value).name
