"""The steps of a study: what does the work of a stage, told how long it may take."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from vlagen_bench.train.study.folder import StageFolder
from vlagen_bench.train.study.stages import Stage


@dataclass(frozen=True, kw_only=True)
class Job:
    """A stage to work at."""

    stage: Stage
    folder: StageFolder
    inputs: Mapping[str, Path]
    """stage -> its product"""
    workers: int
    remaining_s: float | None = None
    """after which the work is to pause; None: never"""
    say: Callable[[str], None] = field(default=print)


class Step(Protocol):
    """Does the work of stages of one kind; goes on where it paused."""

    def __call__(self, job: Job) -> bool:
        """Works at a stage until it is done or its time is over; whether it is done.

        Raises:
            RunError: it failed; says where its log is.
        """
        ...
