"""What a training run tells while it goes on, and what there is at the end of a sitting."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Listener:
    """Hears how a run goes on; this one does nothing."""

    def began(self, done: int, total: int) -> None:
        """So many of the iterations are done as this sitting begins."""

    def played(self, ended: int, total: int) -> None:
        """So many episodes of this iteration have ended."""

    def iterated(self, line: Mapping[str, Any]) -> None:
        """An iteration is over, and this is its line of the log."""

    def note(self, text: str) -> None:
        """Something unusual happened."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What there is at the end of a sitting."""

    policy: Path
    iterations: int
    complete: bool
    is_compact: bool = True
    """whether the policy's file is a compact policy's, which vlagen-eval plays"""
