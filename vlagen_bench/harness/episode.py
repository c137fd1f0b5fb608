"""The course of one episode: a generator that requests steps of the world and answers of the policy."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from vlagen_bench.harness.chunks import Chunks, Execution
from vlagen_bench.harness.inference import PolicyAnswer, PolicyQuery
from vlagen_bench.harness.limits import Limits
from vlagen_bench.types import Episode, EpisodeResult

ENV_TIMES = ("reset_s", "advance_s", "observe_s")


@dataclass(frozen=True, kw_only=True)
class Begin:
    """Build the scene of an episode, and look at it."""

    episode: Episode


@dataclass(frozen=True, kw_only=True)
class Execute:
    """Do this, and look."""

    actions: np.ndarray
    """float32 (k, 7)"""


@dataclass(frozen=True, kw_only=True)
class Finish:
    """The episode is over; its film may be written."""

    result: EpisodeResult


Request = Begin | PolicyQuery | Execute | Finish
Watch = Callable[[np.ndarray], None]
"""receives actions (k, 7) as soon as they are executed"""


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """What the runner did, and what is to be seen there now."""

    state_hashes: tuple[str, ...] = ()
    """after the reset, or after each action that was executed"""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """by `ENV_TIMES`"""
    ended: bool = False
    success: bool | None = None
    success_once: bool | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """once the episode has ended"""
    instruction: str = ""
    observation: Mapping[str, Any] | None = None
    """None once the episode has ended, or where the policy sees it inside the worker"""
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class PlayedEpisode:
    """An episode that came to an end, with what is needed to replay it."""

    result: EpisodeResult
    actions: list[np.ndarray]
    state_hashes: list[str]

    def after(self, restarts: int) -> "PlayedEpisode":
        """The same, of an episode that was begun so often before."""
        return replace(self, result=replace(self.result, restarts=restarts)) if restarts else self


def play(
    episode: Episode, execution: Execution, limits: Limits, watch: Watch | None = None
) -> Generator[Request, StepReport | PolicyAnswer, PlayedEpisode]:
    """Plays an episode: yields requests, is sent a `PolicyAnswer` to each `PolicyQuery` and a `StepReport` to all others.

    Whoever wants to see the actions while it is played gives a `watch`.
    """
    log = _EpisodeLog(episode)
    chunks = Chunks(execution)
    try:
        report = log.saw((yield Begin(episode=episode)))
        while not report.ended:
            log.check_time(limits.episode_s)
            question = PolicyQuery(
                episode_id=episode.id,
                begins=not log.actions,
                instruction=report.instruction,
                observation=report.observation,
            )
            actions = chunks.next(log.heard((yield question)))
            report = log.saw((yield Execute(actions=actions)), actions)
            if watch is not None:
                watch(actions[: len(report.state_hashes)])
    except _EpisodeFault as fault:
        result = log.result(error=str(fault))
    else:
        result = log.result(error=None)
    yield Finish(result=result)
    return PlayedEpisode(result=result, actions=log.actions, state_hashes=log.state_hashes)


def allowed_s(request: object, limits: Limits) -> float:
    """How long a request may take; one of another kind as long as a beginning."""
    match request:
        case Execute(actions=actions):
            return limits.step_s * len(actions)
        case PolicyQuery():
            return 2 * limits.step_s + 1  # reset and act, each with an alarm of its own that should ring before
        case _:
            return limits.beginning_s


class _EpisodeFault(Exception):
    """Something other than its task's success or failure ends the episode."""


class _EpisodeLog:
    """What is written down while an episode is played."""

    def __init__(self, episode: Episode) -> None:
        self._episode = episode
        self._started = time.perf_counter()
        self._seconds = dict.fromkeys((*ENV_TIMES, "policy_s"), 0.0)
        self.actions: list[np.ndarray] = []
        self.state_hashes: list[str] = []

    def saw(self, report: StepReport | PolicyAnswer, actions: np.ndarray | Sequence[np.ndarray] = ()) -> StepReport:
        """Notes what the runner did; of the actions, the executed ones."""
        assert isinstance(report, StepReport), "only a question gets an answer"
        self.actions.extend(actions[: len(report.state_hashes)])
        self.state_hashes.extend(report.state_hashes)
        for key, seconds in report.seconds.items():
            self._seconds[key] += seconds
        if report.error is not None:
            raise _EpisodeFault(report.error)
        self._last = report
        return report

    def heard(self, answer: StepReport | PolicyAnswer) -> np.ndarray:
        assert isinstance(answer, PolicyAnswer), "a question gets an answer"
        self._seconds["policy_s"] += answer.seconds
        if answer.error is not None:
            raise _EpisodeFault(answer.error)
        assert answer.chunk is not None, "an answer without an error has actions"
        return answer.chunk

    def check_time(self, limit_s: float | None) -> None:
        if limit_s is not None and time.perf_counter() - self._started > limit_s:
            raise _EpisodeFault(f"time: the episode took longer than {limit_s:g} s (--episode-timeout).")

    def result(self, *, error: str | None) -> EpisodeResult:
        last = self._last if error is None else StepReport()
        return EpisodeResult(
            episode=self._episode,
            # Success is judged at the end; where the first success ends the episode, that is the same.
            outcome="error" if error is not None else "success" if last.success else "failure",
            success_once=last.success_once,
            success_at_end=last.success,
            steps=len(self.actions),
            metrics=last.metrics,
            timings=self._timings(),
            error=error,
        )

    def _timings(self) -> dict[str, float]:
        """Runner, policy, and the rest: waiting for other episodes' questions, and the harness itself."""
        total_s = time.perf_counter() - self._started
        waiting_s = max(0.0, total_s - sum(self._seconds.values()))
        timings = {**self._seconds, "waiting_s": waiting_s, "total_s": total_s}
        return {key: round(value, 6) for key, value in timings.items()}
