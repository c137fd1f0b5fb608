"""The conventions of a model: what it sees, what it is told, what it answers, and how its answers are played."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vlagen_bench.policies.adapters.actions import OutputForm
from vlagen_bench.policies.adapters.observations import NO_CAMERA, PRIMARY, PictureForm, PromptForm, StateForm
from vlagen_bench.policies.conversion.normalisation import FIELDS
from vlagen_bench.policies.conversion.rotations import format_of

ALL_FIELDS = tuple(name for pair in FIELDS.values() for name in pair)


@dataclass(frozen=True, kw_only=True)
class Conventions:
    """All that has to agree between a model and those who run it."""

    pictures: Mapping[str, PictureForm] = field(default_factory=dict)
    """by the name under which the model takes each"""
    state: StateForm | None = None
    """None: it sees pictures only"""
    state_key: str = "state"
    prompt: PromptForm = field(default_factory=PromptForm)
    prompt_key: str = "prompt"
    """empty: it is told nothing"""
    output: OutputForm = field(default_factory=OutputForm)
    chunk: int = 1
    """how many actions an answer has; 0: not known before the model is asked"""
    replan_steps: int = 1
    """how many of them are played before the model is asked again; 0: all"""
    ensemble: float | None = None
    """m of the temporal ensemble, which asks at every step; None: only the newest chunk counts"""
    sticky_steps: int = 1
    """how many steps a change of the gripper is held"""

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras, besides the primary one, whose pictures have to be drawn."""
        named = (form.camera for form in self.pictures.values())
        return tuple(dict.fromkeys(name for name in named if name not in (PRIMARY, NO_CAMERA)))

    @property
    def played(self) -> int:
        """How many actions are played for each question, where that is known; 0: all that there are."""
        if self.ensemble is not None:
            return 1
        return (
            min(self.replan_steps, self.chunk) if self.chunk and self.replan_steps else self.replan_steps or self.chunk
        )

    def inputs(self, obs: Mapping[str, Any], instruction: str) -> dict[str, Any]:
        """What the model is given of an observation (`image`, `images`, `state`) and an instruction."""
        found: dict[str, Any] = {name: form.of(obs) for name, form in self.pictures.items()}
        if self.state is not None:
            found[self.state_key] = self.state.of(obs)
        if self.prompt_key:
            found[self.prompt_key] = self.prompt.of(instruction)
        return found


def contradiction(conventions: Conventions) -> str:
    """What cannot be together in conventions, as a sentence; empty: nothing."""
    output = conventions.output
    if conventions.chunk < 0 or conventions.replan_steps < 0:
        return f"chunk {conventions.chunk} and replan_steps {conventions.replan_steps} have to be 0 or more."
    statistics, size = output.statistics, output.action.size
    if statistics is not None and statistics.size != size:
        parts = ", ".join(f"{part} {count}" for part, count in output.action.sizes().items())
        return (
            f"an action has {size} numbers here ({parts}), but the statistics '{output.key}' are of {statistics.size}. They belong "
            f"to other actions: give another unnorm_key or statistics, or the right rotation and order."
        )
    if statistics is not None and not statistics.has(output.scheme):
        needed = " and ".join(FIELDS[output.scheme])
        held = [name for name in ALL_FIELDS if getattr(statistics, name)]
        return (
            f"normalisation={output.scheme} needs {needed}, but the statistics '{output.key}' have {', '.join(held)}."
        )
    if output.action.reference == "absolute" and output.action.frame == "tool":
        return "frame=tool: an absolute pose has to be in the base or in the world, since the tool is what moves. Give frame=base."
    if output.action.rotation_unit_rad != 1 and not format_of(output.action.rotation).angles:
        return f"rotation_unit: rotation={output.action.rotation} has no angles. Leave rotation_unit out."
    taken = [key for key in (conventions.state_key if conventions.state else "", conventions.prompt_key) if key]
    if twice := sorted(set(conventions.pictures) & set(taken)):
        return f"cameras: the model is given its state or its prompt as '{twice[0]}', so that no picture can have this name."
    if conventions.ensemble is not None and conventions.chunk == 1:
        return (
            "ensemble averages what several chunks foresaw, but this model answers one action at a time. Leave it out."
        )
    return ""
