"""The replay of recorded episodes: re-simulates them from their actions, and compares state by state."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vlagen_bench.harness.env_runner import EnvRunner
from vlagen_bench.harness.episode import Begin, Execute
from vlagen_bench.runs.episodes import RecordedEpisode
from vlagen_bench.runs.records import ADDED, BEHAVIOUR, EpisodeRecord, scored
from vlagen_bench.sim.interface import Sim
from vlagen_bench.types import Episode, Task

TOLERANCE_M = 0.01
"""how far a recorded distance may be from the one found, where states differ. Measured: an action changed by 0.00001,
some hundred roundings, gave 2 of 50 episodes another outcome, and moved the distances of the other 48 by 0.001 m at most. This is
ten times as much, and less than the width of any thing that is moved"""


@dataclass(frozen=True, kw_only=True)
class Resimulation:
    """What the simulator makes of an episode and actions, now and here."""

    state_hashes: tuple[str, ...]
    """after the reset, and after each action that it came to"""
    ended: bool
    success: bool | None
    success_once: bool | None
    metrics: Mapping[str, Any]
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReplayComparison:
    """A take beside its repetition."""

    episode: Episode
    steps: int
    """how many actions were recorded"""
    diverges_at: int | None
    """the first step whose state is another, 0: the scene after the reset; None: all states are the same, bit for bit"""
    disagreements: tuple[str, ...]
    """what the repetition scores otherwise than the record, a clause each; none: the score stands, if there is one"""
    scored: bool = True
    """whether the record has a score; else it is of an error"""
    apart_m: float | None = None
    """the largest difference of a distance among the metrics; None: nothing was compared, or one of both has no such number"""

    @property
    def exact(self) -> bool:
        return self.diverges_at is None

    @property
    def where(self) -> str:
        """The place where it diverges, in words."""
        if self.exact:
            return "nowhere"
        return "in the scene itself" if self.diverges_at == 0 else f"at step {self.diverges_at} of {self.steps}"


class UnrenderedSimulator:
    """A simulator that draws nothing, since the actions are known: what is seen changes no physics."""

    def __init__(self, task: Task) -> None:
        from vlagen_bench.sim.backends import simulator_of

        self._sim = simulator_of(task, drawn=False)
        self.reset, self.advance, self.state_hash = self._sim.reset, self._sim.advance, self._sim.state_hash
        self.behaviour = self._sim.behaviour

    @property
    def instruction(self) -> str:
        return self._sim.instruction

    def observe(self) -> dict[str, Any]:
        """Nothing."""
        return {}


def play(runner: EnvRunner, episode: Episode, actions: np.ndarray) -> Resimulation:
    """Plays the actions (T, 7) in the episode, to its end or to theirs."""
    report = runner.serve(Begin(episode=episode))
    hashes = report.state_hashes
    if report.error is None and len(actions):
        report = runner.serve(Execute(actions=actions))
        hashes += report.state_hashes
    return Resimulation(
        state_hashes=hashes,
        ended=report.ended,
        success=report.success,
        success_once=report.success_once,
        metrics=report.metrics,
        error=report.error,
    )


def compare(take: RecordedEpisode, again: Resimulation) -> ReplayComparison:
    """The first step whose states differ, and the scores that differ.

    An episode that was recorded as an error has no score; its states are compared as far as both go.
    """
    is_scored = take.record.outcome != "error"
    most = None if is_scored else min(len(take.state_hashes), len(again.state_hashes))
    return ReplayComparison(
        episode=take.episode,
        steps=len(take.actions),
        diverges_at=_parting(take.state_hashes[:most], again.state_hashes[:most]),
        disagreements=tuple(_disagreements(take, again)) if is_scored else (),
        scored=is_scored,
        apart_m=_apart_m(take, again) if is_scored and again.ended else None,
    )


def replay(take: RecordedEpisode, sim: Sim, task: Task) -> ReplayComparison:
    """Re-simulates a take and compares."""
    return compare(take, play(EnvRunner(sim, task), take.episode, take.actions))


def _parting(recorded: tuple[str, ...], now: tuple[str, ...]) -> int | None:
    for step, (old, new) in enumerate(zip(recorded, now, strict=False)):
        if old != new:
            return step
    return None if len(recorded) == len(now) else min(len(recorded), len(now))


def _disagreements(take: RecordedEpisode, again: Resimulation) -> list[str]:
    record = take.record
    if again.error is not None:
        return [again.error]
    executed = len(again.state_hashes) - 1
    if executed < len(take.actions):
        return [f"the episode is over after {executed} actions, and {len(take.actions)} are recorded"]
    if not again.ended:
        return [f"the episode is not over after the {len(take.actions)} recorded actions"]
    scores = {"success": again.success, "success_once": again.success_once}
    clauses = [
        f"{key} is recorded as {_word(old)} and is {_word(scores[key])}"
        for key, old in scored(record).items()
        if old != scores[key]
    ]
    if record.steps != executed:
        clauses.append(f"steps are recorded as {record.steps} and are {executed}")
    if take.state_hashes == again.state_hashes:
        keys = sorted(key for key in {*record.metrics, *again.metrics} if key in record.metrics or key not in ADDED)
        differing = [key for key in keys if not _same(record, again, key)]
        beyond = ""
    else:
        differing = [key for key, apart_m in _distances(take, again).items() if not apart_m <= TOLERANCE_M]
        beyond = f", further apart than {TOLERANCE_M:g} m"
    return clauses + [
        f"the metric {key} is recorded as {record.metrics.get(key)!r} and is {again.metrics.get(key)!r}{beyond}"
        for key in differing
    ]


def _same(record: EpisodeRecord, again: Resimulation, key: str) -> bool:
    return (key in record.metrics, record.metrics.get(key)) == (key in again.metrics, again.metrics.get(key))


def _distances(take: RecordedEpisode, again: Resimulation) -> dict[str, float]:
    """By how much each distance differs, in metres; NaN where one of both has no such number.

    Flags, and the progress that follows from them, may be others where states differ; so may the arm's behaviour, since
    forces and jerk depend on the last bits of a contact.
    """
    old, new = take.record.metrics, again.metrics
    keys = sorted(
        key for key in {*old, *new} - {"progress", *BEHAVIOUR} if float in (type(old.get(key)), type(new.get(key)))
    )
    return {key: abs(_number(old.get(key)) - _number(new.get(key))) for key in keys}


def _apart_m(take: RecordedEpisode, again: Resimulation) -> float | None:
    apart_m = list(_distances(take, again).values())
    return max(apart_m) if apart_m and all(map(math.isfinite, apart_m)) else None


def _number(value: Any) -> float:
    return float(value) if type(value) in (int, float) else math.nan


def _word(flag: bool | None) -> str:
    return {True: "true", False: "false", None: "unknown"}[flag]
