"""The run of a plan: an executor plays its episodes, and every result is stored as it comes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

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

    def ended(self, episode_id: str, success: bool | None) -> bool: ...


class TooManyErrors(VlagenError):
    """The run was stopped because something goes wrong again and again."""


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
            stop.ended(key, succeeded(folder.results[key]["outcome"]))
        missing = stop.needed(missing)
    for together in executor.endings(missing):
        for played in together:
            folder.add(played.result, played.actions, played.state_hashes)
        folder.commit()
        for played in together:
            for listener in listeners:
                listener.ended(played)
            if stop is not None:  # from then on nothing more is needed, and what is being played comes to its end
                stop.ended(played.result.episode.id, succeeded(played.result.outcome))
        failed = [played.result.error or "" for played in together if played.result.outcome == "error"]
        errors += len(failed)
        if failed and errors > max_errors:
            raise TooManyErrors(
                f"Stopped: {errors} episodes ended as errors (limit: --max-errors {max_errors}). The last one: "
                f"{failed[-1].rstrip('.')}. Fix it, then repeat the command with --retry-errors."
            )


def succeeded(outcome: Outcome) -> bool | None:
    """Whether the policy did; None for an error, which says nothing of it."""
    return None if outcome == "error" else outcome == "success"
