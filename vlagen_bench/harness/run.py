"""The run of a plan: an executor plays its episodes, and every result is stored as it comes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from vlagen_bench.errors import VlagenError
from vlagen_bench.harness.episode import PlayedEpisode
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.types import Episode, Outcome, Plan


class Executor(Protocol):
    """Plays episodes: `SerialExecutor` in this process, `PoolExecutor` in several, `RayExecutor` in a cluster."""

    def endings(self, episodes: Iterable[Episode]) -> Iterator[Sequence[PlayedEpisode]]: ...


class Listener(Protocol):
    """Receives every episode that ended, once, when it is stored."""

    def ended(self, played: PlayedEpisode) -> None: ...


class StoppingRule(Protocol):
    """Ends a run before its plan does: `EarlyStopping`."""

    def needed(self, missing: Iterable[Episode]) -> Iterable[Episode]: ...

    def ended(self, episode_id: str, record: Mapping[str, Any] | None) -> bool: ...


class TooManyErrors(VlagenError):
    """The run was stopped because something goes wrong again and again."""

    def __init__(
        self,
        errors: int,
        limit: int,
        last: str,
        *,
        limited_by: str = "--max-errors ",
        remedy: str = "Fix it, then repeat the command with --retry-errors.",
    ) -> None:
        """So many errors, of which so many are allowed, and what the last one says."""
        super().__init__(
            f"Stopped: {errors} episodes ended as errors (limit: {limited_by}{limit}). The last one: {last.rstrip('.')}. {remedy}"
        )
        self.errors, self.limit, self.last = errors, limit, last


def run(
    plan: Plan,
    executor: Executor,
    folder: RunFolder,
    listeners: tuple[Listener, ...] = (),
    *,
    max_errors: int,
    retry_errors: bool,
    stop: StoppingRule | None = None,
) -> None:
    """Has every episode of the plan played that has no result yet, and stores each as it ends.

    With `stop`, only the episodes that it needs; it receives all results, those of earlier calls first.

    Raises:
        TooManyErrors: more than `max_errors` episodes of this call ended as errors.
        RunError: the run folder cannot be written.
    """
    errors = 0
    missing: Iterable[Episode] = [
        episode for episode in plan.episodes if not folder.done(episode.id, retry_errors=retry_errors)
    ]
    if stop is not None:
        for key in {episode.id for episode in plan.episodes} - {episode.id for episode in missing}:
            stop.ended(key, folder.results[key])
        missing = stop.needed(missing)
    for together in executor.endings(missing):
        for played in together:
            folder.add(played.result, played.actions, played.state_hashes)
        folder.commit()
        for played in together:
            for listener in listeners:
                listener.ended(played)
            if stop is not None:  # from then on nothing more is needed, and what is being played comes to its end
                stop.ended(played.result.episode.id, folder.results[played.result.episode.id])
        failed = [str(played.result.error) for played in together if played.result.outcome == "error"]
        errors += len(failed)
        if failed and errors > max_errors:
            raise TooManyErrors(errors, max_errors, failed[-1])


def succeeded(outcome: Outcome) -> bool | None:
    """Whether the policy did; None for an error, which says nothing of it."""
    return None if outcome == "error" else outcome == "success"
