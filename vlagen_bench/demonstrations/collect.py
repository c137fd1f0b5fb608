"""The collector: plays episodes of a training distribution until enough are kept, and makes a dataset of them."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from vlagen_bench.demonstrations import job as jobs
from vlagen_bench.demonstrations import layout, parts, tables
from vlagen_bench.demonstrations.arrow import parquet
from vlagen_bench.demonstrations.attempts import Recipe
from vlagen_bench.demonstrations.features import features_of
from vlagen_bench.demonstrations.job import Job
from vlagen_bench.demonstrations.parts import Attempt
from vlagen_bench.demonstrations.workers import Workers
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.runs.folder import writing_to
from vlagen_bench.runs.lock import locked
from vlagen_bench.utils.processes import cores
from vlagen_bench.utils.spawned import refuse_while_importing

MAX_ERRORS = 8
MAX_IN_VAIN = 1000
"""episodes in a row of which none is kept, after which a collection ends: a policy that never succeeds would be played for ever"""


@dataclass(frozen=True, kw_only=True)
class Collected:
    """What a collection has made so far, earlier calls included."""

    kept: int
    """episodes in the dataset"""
    frames: int
    attempts: int
    successes: int
    failures: int
    errors: int
    cpu_s: float
    """of the workers, with their start"""

    @property
    def per_core_minute(self) -> float:
        """Successful episodes in a minute of one core."""
        return 60 * self.successes / self.cpu_s if self.cpu_s else 0.0


def check_numbers(episodes: int, workers: int) -> None:
    """Raises `ConfigError` where none are asked for."""
    for option, number in (("--episodes", episodes), ("--workers", workers)):
        if number < 1:
            raise ConfigError(f"{option} {number}: at least 1 is needed.")


class Collector:
    """Writes one dataset. A context manager: the folder is locked meanwhile."""

    def __init__(
        self,
        recipe: Recipe,
        *,
        pictures: str = "image",
        versions: Mapping[str, Any] = MappingProxyType({}),
        note: Callable[[str], None] = lambda text: None,
    ) -> None:
        """A collector of a job into a folder.

        Args:
            recipe: the job, and the folder, which is made if it is not there.
            pictures: "image" or "video", how they are stored.
            versions: of the policies, as `job.check` gives them.
            note: receives a line for everything unusual.

        Raises:
            ConfigError: the package that writes datasets is missing, or a video cannot have pictures of that size.
        """
        parquet()
        features_of(recipe.job.scene, pictures=pictures)
        self._recipe, self._pictures, self._versions, self._note = recipe, pictures, versions, note
        self._attempts: dict[int, Attempt] = {}
        self._open = ExitStack()

    def __enter__(self) -> "Collector":
        folder = self._recipe.folder
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"{folder} is not a folder. Choose another place: --out DIR")
        if folder.is_dir() and not (layout.is_collection(folder) or layout.is_bare(folder)):
            raise ConfigError(f"{folder} holds something else. Choose another folder: --out DIR")
        (folder / parts.FOLDER).mkdir(parents=True, exist_ok=True)
        self._open.enter_context(locked(folder / parts.FOLDER / "lock"))
        try:
            with writing_to(folder):
                self._resume(folder)
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _resume(self, folder: Path) -> None:
        layout.begin(folder, self._recipe.job, self._pictures, self._versions)
        for attempt in layout.attempts(folder):
            self._attempts[attempt.index] = attempt
        for attempt in list(parts.finished(folder)):
            if attempt.index in self._attempts or attempt.outcome == "error":
                parts.remove(folder, attempt.index)  # in the dataset already, or worth another try
            else:
                self._attempts[attempt.index] = attempt

    @property
    def collected(self) -> Collected:
        """What there is by now."""
        known = self._attempts.values()
        outcomes = [attempt.outcome for attempt in known]
        return Collected(
            kept=sum(attempt.kept for attempt in known),
            frames=sum(attempt.frames for attempt in known),
            attempts=len(known),
            successes=outcomes.count("success"),
            failures=outcomes.count("failure"),
            errors=outcomes.count("error"),
            cpu_s=sum(attempt.cpu_s for attempt in known),
        )

    def play(self, episodes: int, *, workers: int, pool: type[Workers] | None = None) -> Iterator[Attempt]:
        """Plays until so many episodes are kept, those of earlier calls included; attempts as they end.

        Indices are played in order, and no more than are needed: which episodes are kept does not depend on the workers.

        Args:
            episodes: how many are to be kept.
            workers: how many processes play.
            pool: what plays; None: processes.

        Raises:
            ConfigError: no episodes or no workers are asked for, or this program is being imported by a worker.
            RunError: too many attempts ended as errors, or none of very many could be kept.
        """
        refuse_while_importing()
        check_numbers(episodes, workers)
        fresh = (index for index in itertools.count() if index not in self._attempts)
        kept, playing, errors, in_vain = self.collected.kept, 0, 0, 0

        def next_index() -> int | None:
            nonlocal playing
            if kept + playing >= episodes:
                return None
            playing += 1
            return next(fresh)

        with (pool or Workers)(self._recipe, workers, self._note) as playing_now:
            for attempt in playing_now.made(next_index):
                playing -= 1
                kept += attempt.kept
                self._attempts[attempt.index] = attempt
                yield attempt
                errors += attempt.outcome == "error"
                if errors > MAX_ERRORS:
                    raise RunError(f"{errors} episodes ended as errors. The last: {attempt.error}")
                in_vain = 0 if attempt.kept else in_vain + 1
                if in_vain >= MAX_IN_VAIN:
                    raise RunError(
                        f"None of {in_vain} episodes in a row could be kept: they failed, or nothing in them is to be learnt. {kept} of "
                        f"{episodes} are there. Keep failures too (without --only-success), or take a better policy."
                    )

    def finish(self) -> Collected:
        """Makes the dataset of all that is kept; `meta/`, `data/` and perhaps `videos/` of the folder."""
        with writing_to(self._recipe.folder):
            tables.write(self._recipe.folder, self._recipe.job, self._attempts, pictures=self._pictures)
        return self.collected


def collect(
    job: Job,
    out: str | Path,
    *,
    episodes: int,
    workers: int | None = None,
    pictures: str = "image",
    note: Callable[[str], None] = print,
) -> Collected:
    """Plays a job until so many episodes are kept, and writes them as a dataset; goes on with one that is there.

    Args:
        job: what is played and kept.
        out: the folder.
        episodes: how many are wanted in all.
        workers: processes; None: one for each core.
        pictures: "image" or "video", how they are stored.
        note: receives a line for everything unusual.
    """
    recipe, versions = Recipe(job=job, folder=Path(out)), jobs.check(job)
    with Collector(recipe, pictures=pictures, versions=versions, note=note) as collector:
        for _ in collector.play(episodes, workers=workers or cores()):
            pass
        return collector.finish()
