"""The early stopping of a run by the rule of `--until`, and the rates that may be reported then.

Episodes are played scene by scene, a clean twin before the episodes compared with it, so that all conditions become
known side by side. That order is fixed before the first outcome, and outcomes are counted in it (`statistics.watching`).
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vlagen_bench.errors import ConfigError
from vlagen_bench.harness.run import succeeded
from vlagen_bench.runs import episodes
from vlagen_bench.statistics.watching import Decided, DecidedWatch, Narrow, NarrowWatch, until
from vlagen_bench.types import Episode, Plan
from vlagen_bench.utils.text import points

STOPPED = (
    "The intervals of the conditions' rates hold whenever one stops. Those of means, drops and differences, and all p, are "
    "for a number of episodes that was fixed before: take them as a description."
)
"""what is to be known of the numbers of a run that ended before its plan"""


class EarlyStopping:
    """A rule, and how far it is from being fulfilled."""

    def __init__(self, rule: str, plan: Plan) -> None:
        """The rule called `rule` for the conditions of the suite.

        Raises:
            ConfigError: it is no rule, or is about a run of another plan.
            RunError: the run that it is about cannot be read.
        """
        self.rule = rule
        parsed = until(rule)
        self._plan = tuple(sorted(plan.episodes, key=lambda episode: (episode.index, episode.twin is not None)))
        mine = [episode for episode in self._plan if episode.condition in plan.suite.conditions]
        # Without a width to reach, it counts in order, and says at any time what is known of the rates.
        width = parsed.width if isinstance(parsed, Narrow) else 0.0
        self._rates = NarrowWatch(Narrow(width=width), [(episode.id, episode.condition) for episode in mine])
        self._other = None
        if isinstance(parsed, Decided):
            self._other = DecidedWatch([(e.id, e.index) for e in mine], _outcomes(parsed.run, plan))
        self._twin_of: dict[str, list[str]] = {}
        for episode in mine:
            self._twin_of.setdefault(episode.twin or "", []).append(episode.condition)

    def needed(self, missing: Iterable[Episode]) -> Iterator[Episode]:
        """Which of these are to be played, in order; each is decided on when it is asked for."""
        wanted = {episode.id for episode in missing}
        for episode in self._plan:
            if self.decided:
                return
            if episode.id not in wanted:
                continue
            if self._needed(episode):
                yield episode
            else:
                self.ended(episode.id, None)

    def _needed(self, episode: Episode) -> bool:
        """Whether its condition, or one that it is a twin for, is not known well enough yet."""
        sequences = self._rates.sequences
        concerned = (episode.condition, *self._twin_of.get(episode.id, ()))
        return not all(sequences[name].decided for name in concerned if name in sequences)

    def ended(self, episode_id: str, success: bool | None) -> bool:
        """Tells that an episode ended, or will not be played (None); says whether it is enough."""
        self._rates.ended(episode_id, success)
        if self._other is not None:
            self._other.ended(episode_id, success)
        return self.decided

    @property
    def decided(self) -> bool:
        return (self._other or self._rates).decided

    @property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Condition -> interval of its rate that holds whenever the run ends; as it was when it was narrow enough."""
        return {name: sequence.interval for name, sequence in self._rates.sequences.items()}

    def facts(self, episodes: int) -> dict[str, Any]:
        """What the header of a run says that was stopped after so many episodes."""
        intervals = {name: list(ends) for name, ends in self.intervals.items()}
        return {"until": self.rule, "episodes": episodes, "intervals": intervals, "verdict": self.verdict}

    @property
    def verdict(self) -> str:
        """What the rule says so far, in a sentence."""
        if self._other is None:
            reached = [sequence.decided for sequence in self._rates.sequences.values()]
            return f"--until {self.rule}: reached in {sum(reached)} of {len(reached)} conditions."
        sequence = self._other.sequence
        if sequence.difference is None:
            return f"--until {self.rule}: no scene is complete in both runs yet."
        said = "they differ" if sequence.decided else "undecided"
        return (
            f"--until {self.rule}: {said}; this run minus the other {points(sequence.difference)} points over "
            f"{sequence.n} scenes, p = {sequence.p:.2g}, valid at any time."
        )


def _outcomes(other: Path, plan: Plan) -> Mapping[str, bool | None]:
    found = episodes.read(other)
    if found.plan.hash != plan.hash:
        raise ConfigError(
            f"--until decided:{other}: that run is of another plan ({found.plan.hash[:12]}) than this "
            f"one ({plan.hash[:12]}). Give both the same suite, conditions, --episodes and --seed."
        )
    return {key: succeeded(record.outcome) for key, record in found.results.items()}
