"""The early stopping of a run by the rule of `--until`, and the rates that may be reported then.

Episodes are played scene by scene, a clean twin before the episodes compared with it, so that all conditions become
known side by side. That order is fixed before the first outcome, and outcomes are counted in it (`statistics.watching`).
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from vlagen_bench.errors import ConfigError
from vlagen_bench.harness.run import succeeded
from vlagen_bench.plan import rotation
from vlagen_bench.runs import episodes
from vlagen_bench.statistics.sequential import ALPHA, confidence_sequence, earliest
from vlagen_bench.statistics.watching import SUCCESS, Decided, DecidedWatch, Narrow, NarrowWatch, until
from vlagen_bench.types import Episode, Outcome, Plan, Suite
from vlagen_bench.utils.text import points

EASY = 16
"""scenes that tell clear differences"""
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
            ConfigError: it is no rule, is about a run of another plan, or can never be fulfilled by this one.
            RunError: the run that it is about cannot be read.
        """
        self.rule = rule
        parsed = until(rule)
        self._plan = tuple(sorted(plan.episodes, key=lambda episode: (episode.index, episode.twin is not None)))
        mine = [episode for episode in self._plan if episode.condition in plan.suite.conditions]
        # Without a width to reach, it counts in order, and says at any time what is known of the rates.
        width = parsed.width if isinstance(parsed, Narrow) else 0.0
        self._rates = NarrowWatch(Narrow(width=width), [(episode.id, episode.condition) for episode in mine])
        self._other, self._score = None, SUCCESS
        self.outlook: str | None = None
        """what can be said of it before the first episode"""
        if isinstance(parsed, Decided):
            others, self._score = _scores(parsed, plan), parsed.score
            self._other = DecidedWatch([(e.id, e.index) for e in mine], others, parsed.score)
            self.outlook = _outlook(rule, self._other)
        else:
            _check_width(rule, parsed.width, self._rates, plan.suite)
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

    def ended(self, episode_id: str, record: Mapping[str, Any] | None) -> bool:
        """Tells that an episode ended, with its record, or will not be played (None); says whether it is enough."""
        self._rates.ended(episode_id, None if record is None else succeeded(record["outcome"]))
        if self._other is not None:
            own = None if record is None else score_of(record["outcome"], record["metrics"], self._score, "this run")
            self._other.ended(episode_id, own)
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
        watch, sequence = self._other, self._other.sequence
        if watch.difference is None:
            return f"--until {self.rule}: no scene is complete in both runs yet."
        said = "they differ" if watch.decided else "undecided"
        what = "" if self._score == SUCCESS else f" of {self._score}"
        p = f"p is {sequence.p:g} or less" if watch.decided else f"p is above {ALPHA:g}"
        return (
            f"--until {self.rule}: {said}; this run minus the other {points(watch.difference)} points{what} over "
            f"{watch.complete} of {sequence.scenes} scenes, {p}, valid at any time."
        )


def score_of(outcome: Outcome, metrics: Mapping[str, Any], score: str, where: str) -> float | None:
    """What an episode scored; None after an error. Raises `ConfigError` where it has no such score."""
    if outcome == "error":
        return None
    if score == SUCCESS:
        return float(outcome == "success")
    value = metrics.get(score)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ConfigError(
            f"--until decided-{score}: episodes of {where} have no number {score} between 0 and 1: it was recorded by a "
            f"release that did not measure it, or its task has none. Play it again, or use decided:RUN, which compares success."
        )
    return float(value)


def _scores(rule: Decided, plan: Plan) -> Mapping[str, float | None]:
    other = episodes.read(rule.run)
    if other.plan.hash != plan.hash:
        raise ConfigError(
            f"--until decided:{rule.run}: that run is of another plan ({other.plan.hash[:12]}) than this "
            f"one ({plan.hash[:12]}). Give both the same suite, conditions, --episodes and --seed."
        )
    return {
        key: score_of(record.outcome, record.metrics, rule.score, str(rule.run))
        for key, record in other.results.items()
        if record.condition in plan.suite.conditions
    }


def _outlook(rule: str, watch: DecidedWatch) -> str:
    """When it can be decided at the earliest; raises `ConfigError` if it never can."""
    scenes = watch.sequence.scenes
    if (soonest := watch.earliest()) is not None:
        return f"--until {rule}: it can be decided after {soonest} of {scenes} scenes at the earliest."
    if earliest([1] * scenes) is None:
        least = next(number for number in count(1) if earliest([1] * number) is not None)
        raise ConfigError(
            f"--until {rule}: it can never be decided with {scenes} scenes, even if one policy wins every episode: p is at "
            f"least {2 / 2**scenes:g}. {least} scenes are the fewest, {EASY} are better: give --episodes {EASY}, to both runs."
        )
    raise ConfigError(
        f"--until {rule}: it can never be decided, whatever this policy does: in too few of the {scenes} scenes the other "
        f"run leaves room for a difference. Finish that run, or take another one; `vlagen compare` says how both stand."
    )


def _check_width(rule: str, width: float, rates: NarrowWatch, suite: Suite) -> None:
    """Raises `ConfigError` if some condition has too few episodes to get there, whatever their outcomes are."""
    narrowest = rates.narrowest()
    if narrowest is None or narrowest < width:
        return
    least = next(n for n in count(1) if confidence_sequence(n, n)[0] > 1 - width)
    raise ConfigError(
        f"--until {rule}: no interval can be narrower than {narrowest:.2f} with the episodes of this plan, even if all end "
        f"alike. {least} episodes of each condition are the fewest: give --episodes {least * rotation.round_of(suite)} or more, or a larger width."
    )
