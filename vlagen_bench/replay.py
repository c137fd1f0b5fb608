"""Does a recorded episode go the same way again? Re-simulated from its actions alone, state by state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vlagen_bench import specs
from vlagen_bench.harness.player import Begin, Execute
from vlagen_bench.harness.stage import Sim, Stage
from vlagen_bench.nouns import Episode, Task
from vlagen_bench.takes import Take, scored


@dataclass(frozen=True, kw_only=True)
class Again:
    """What the simulator makes of an episode and actions, now and here."""

    state_hashes: tuple[str, ...]
    """after the reset, and after each action that it came to"""
    ended: bool
    success: bool | None
    success_once: bool | None
    metrics: Mapping[str, Any]
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
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

    @property
    def exact(self) -> bool:
        return self.diverges_at is None

    @property
    def where(self) -> str:
        """Where it diverges, in words."""
        if self.exact:
            return "nowhere"
        return "in the scene itself" if self.diverges_at == 0 else f"at step {self.diverges_at} of {self.steps}"


class Unseen:
    """A simulator that draws nothing, since the actions are known: what is seen changes no physics."""

    def __init__(self, task: Task) -> None:
        from vlagen_bench.sim.simulator import Simulator  # only here: it loads SAPIEN

        self._sim = Simulator(specs.scene(task.scene), drawn=False, success=task.success)
        self.reset, self.advance, self.state_hash = self._sim.reset, self._sim.advance, self._sim.state_hash

    @property
    def instruction(self) -> str:
        return self._sim.instruction

    def observe(self) -> dict[str, Any]:
        """Nothing."""
        return {}


def play(stage: Stage, episode: Episode, actions: np.ndarray) -> Again:
    """Plays the actions (T, 7) in the episode, to its end or to theirs."""
    report = stage.serve(Begin(episode=episode))
    hashes = report.state_hashes
    if report.error is None and len(actions):
        report = stage.serve(Execute(actions=actions))
        hashes += report.state_hashes
    return Again(
        state_hashes=hashes,
        ended=report.ended,
        success=report.success,
        success_once=report.success_once,
        metrics=report.metrics,
        error=report.error,
    )


def compare(take: Take, again: Again) -> Comparison:
    """Where the states part, and what is scored otherwise.

    An episode that was recorded as an error has no score; its states are compared as far as both go.
    """
    is_scored = take.record.outcome != "error"
    most = None if is_scored else min(len(take.state_hashes), len(again.state_hashes))
    return Comparison(
        episode=take.episode,
        steps=len(take.actions),
        diverges_at=_parting(take.state_hashes[:most], again.state_hashes[:most]),
        disagreements=tuple(_disagreements(take, again)) if is_scored else (),
        scored=is_scored,
    )


def replay(take: Take, sim: Sim, task: Task) -> Comparison:
    """Re-simulates a take and compares."""
    return compare(take, play(Stage(sim, task), take.episode, take.actions))


def _parting(recorded: tuple[str, ...], found: tuple[str, ...]) -> int | None:
    for step, (old, new) in enumerate(zip(recorded, found, strict=False)):
        if old != new:
            return step
    return None if len(recorded) == len(found) else min(len(recorded), len(found))


def _disagreements(take: Take, again: Again) -> list[str]:
    record = take.record
    if again.error is not None:
        return [again.error]
    executed = len(again.state_hashes) - 1
    if executed < len(take.actions):
        return [f"the episode is over after {executed} actions, and {len(take.actions)} are recorded"]
    if not again.ended:
        return [f"the episode is not over after the {len(take.actions)} recorded actions"]
    found = {"success": again.success, "success_once": again.success_once}
    clauses = [
        f"{key} is recorded as {_word(old)} and is {_word(found[key])}"
        for key, old in scored(record).items()
        if old != found[key]
    ]
    if record.steps != executed:
        clauses.append(f"steps are recorded as {record.steps} and are {executed}")
    if take.state_hashes == again.state_hashes:  # elsewhere distances differ by what is no matter of honesty
        clauses += [
            f"the metric {key} is recorded as {record.metrics.get(key)!r} and is {again.metrics.get(key)!r}"
            for key in sorted({*record.metrics, *again.metrics})
            if (key in record.metrics, record.metrics.get(key)) != (key in again.metrics, again.metrics.get(key))
        ]
    return clauses


def _word(flag: bool | None) -> str:
    return {True: "true", False: "false", None: "unknown"}[flag]
