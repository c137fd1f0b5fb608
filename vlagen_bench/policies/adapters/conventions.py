"""The conventions of a model: what it sees, what it is told, what it answers, and how its answers are played."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vlagen_bench.policies.adapters.actions import OutputForm
from vlagen_bench.policies.adapters.observations import NO_CAMERA, PRIMARY, PictureForm, PromptForm, StateForm


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
