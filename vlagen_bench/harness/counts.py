"""The counts of a running run: outcomes by condition and kind, the time spent, and the time left."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vlagen_bench.harness.episode import PlayedEpisode
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.types import Outcome, Plan

TWINS = "clean twins"
"""the kind of conditions that are run as twins only"""
PARTS = {
    "resets": "reset_s",
    "steps": "advance_s",
    "pictures": "observe_s",
    "policy": "policy_s",
    "waiting": "waiting_s",
}
"""name -> key of a record's timings; the first three are the environment's"""
ENVIRONMENT = ("resets", "steps", "pictures")


@dataclass(kw_only=True)
class OutcomeCount:
    """Episodes of a condition, of a kind, or of the whole run."""

    planned: int = 0
    successes: int = 0
    failures: int = 0
    errors: int = 0

    def add(self, outcome: Outcome) -> None:
        """One more episode that ended."""
        self.successes += outcome == "success"
        self.failures += outcome == "failure"
        self.errors += outcome == "error"

    @classmethod
    def total(cls, counts: Iterable["OutcomeCount"]) -> "OutcomeCount":
        """All of them together."""
        sums = cls()
        for count in counts:
            for name, value in vars(count).items():
                setattr(sums, name, getattr(sums, name) + value)
        return sums

    @property
    def n(self) -> int:
        """Episodes with an outcome of the policy's."""
        return self.successes + self.failures

    @property
    def done(self) -> int:
        return self.n + self.errors

    @property
    def rate(self) -> float | None:
        return self.successes / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval; (0, 1) without data."""
        return wilson(self.successes, self.n)


class Counts:
    """A listener that counts."""

    def __init__(self, plan: Plan, groups: Mapping[str, str], stored: Iterable[Mapping[str, Any]] = ()) -> None:
        """The counts of the plan.

        Args:
            plan: the episodes.
            groups: condition of the suite -> its kind.
            stored: records of episodes that ended before, and are not run again.
        """
        self._kinds = {episode.condition: groups.get(episode.condition, TWINS) for episode in plan.episodes}
        self.conditions = {name: OutcomeCount() for name in self._kinds}
        for episode in plan.episodes:
            self.conditions[episode.condition].planned += 1
        for record in stored:
            self.conditions[record["condition"]].add(record["outcome"])
        self.fresh = 0
        """episodes that ended since"""
        self.last_error: str | None = None
        self._seconds = dict.fromkeys((*PARTS.values(), "total_s"), 0.0)
        self._start = time.monotonic()

    def ended(self, played: PlayedEpisode) -> None:
        """Counts an episode."""
        result = played.result
        self.conditions[result.episode.condition].add(result.outcome)
        self.fresh += 1
        self.last_error = result.error or self.last_error
        for key in self._seconds:
            self._seconds[key] += result.timings[key]

    @property
    def all(self) -> OutcomeCount:
        return OutcomeCount.total(self.conditions.values())

    @property
    def kinds(self) -> dict[str, OutcomeCount]:
        """Kind -> its conditions' episodes."""
        return {
            kind: OutcomeCount.total(count for name, count in self.conditions.items() if self._kinds[name] == kind)
            for kind in dict.fromkeys(self._kinds.values())
        }

    def kind_of(self, condition: str) -> str:
        return self._kinds[condition]

    def worst(self, most: int) -> list[str]:
        """The conditions of the suite that are surely bad: those whose interval ends lowest, of those with an outcome."""
        known = [name for name, count in self.conditions.items() if count.n and self._kinds[name] != TWINS]
        return sorted(known, key=lambda name: self.conditions[name].interval[1])[:most]

    @property
    def shares(self) -> dict[str, float]:
        """Part -> its share of the time that episodes took, side by side or not; empty before the first."""
        total_s = self._seconds["total_s"]
        return {name: self._seconds[key] / total_s for name, key in PARTS.items()} if total_s else {}

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._start

    @property
    def per_minute(self) -> float | None:
        return 60 * self.fresh / self.elapsed_s if self.fresh else None

    @property
    def left_s(self) -> float | None:
        """Until all of the plan is done, at the rate so far."""
        overall = self.all
        return self.elapsed_s / self.fresh * (overall.planned - overall.done) if self.fresh else None
