"""Mistakes that the check can name, and what was looked at."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "sign", "units", "frame", "order", "rotation format", "absolute for delta", "normalisation key", "normalisation",
    "gripper polarity", "gripper threshold", "BGR", "flipped image", "missing crop", "crop", "picture", "chunk of one",
    "replan steps", "prompt", "state", "unknown",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One convention that is not what the model was trained with."""

    kind: Kind
    text: str
    """one sentence: what it is, and what it should be"""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What the check of an adapter found."""

    adapter: str
    cases: int
    """actions that went through both conversions"""
    mistakes: tuple[Mistake, ...]
    notes: tuple[str, ...] = ()
    """what is unusual and may be meant, or was not checked"""
    assumed: dict[str, str] = field(default_factory=dict)
    """what was taken for right, in words"""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Of the mistakes."""
        return tuple(mistake.kind for mistake in self.mistakes)
