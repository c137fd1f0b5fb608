"""The behaviour of the arm over episodes: means by condition or kind, with intervals over scenes."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from vlagen_bench.report import oversized
from vlagen_bench.report.averages import NOMINAL
from vlagen_bench.report.progress import ALL_SHIFTED, scene_of
from vlagen_bench.statistics.real_means import mean_interval
from vlagen_bench.statistics.scene_means import rate_interval
from vlagen_bench.tasks.behaviour import MEASURES, Measure

OVERSIZED = Measure(name="oversized_share", words="steps beyond the arm's limits", share=True)
"""of all steps of an episode, from its `oversized_steps`"""
SHOWN = (*MEASURES[:4], OVERSIZED, *MEASURES[4:])
"""what tables have, in their order"""

Record = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class BehaviourMean:
    """The mean of one metric over some episodes."""

    measure: Measure
    mean: float | None
    """None where no episode has the metric, such as the time to success where none succeeds"""
    low: float | None
    """95 % interval, over scenes; None where nothing can be said of it"""
    high: float | None
    n: int
    """episodes that have it"""

    def text(self, value: float | None) -> str:
        """The mean, or an end of the interval, each with as many decimals; empty for None."""
        known = [abs(one) for one in (self.mean, self.high) if one is not None]
        return "" if value is None else shown(self.measure, value, max(known, default=0.0))


@dataclass(frozen=True, kw_only=True)
class BehaviourGroup:
    """All that is known of the behaviour in some conditions."""

    name: str
    """a condition, a kind of conditions, or `all shifted`"""
    means: tuple[BehaviourMean, ...]
    """those metrics that every episode recorded"""


def shown(measure: Measure, value: float, largest: float | None = None) -> str:
    """A value in a table: a share in percent, large numbers with fewer decimals, as many as the `largest` one beside it."""
    if measure.share:
        return f"{100 * value:.1f} %"
    size = max(abs(value), abs(largest or 0.0))
    return f"{value:.{0 if size >= 100 else 1 if size >= 20 else 2}f}"


def of_conditions(
    planned: Iterable[Record], results: Mapping[str, Record], name: str, conditions: Iterable[str]
) -> BehaviourGroup | None:
    """The means over the episodes of some conditions, each episode counting the same.

    Errors have no behaviour. None without an episode, and where none of the metrics is in all records, as in runs of earlier
    releases.
    """
    wanted = set(conditions)
    done = [
        (scene_of(episode), record)
        for episode in planned
        if episode["condition"] in wanted
        and (record := results.get(episode["id"])) is not None
        and record["outcome"] != "error"
    ]
    means = [_mean(measure, done) for measure in SHOWN if all(recorded(measure, record) for _, record in done)]
    return BehaviourGroup(name=name, means=tuple(means)) if done and means else None


def by_kind(
    planned: Sequence[Record], results: Mapping[str, Record], groups: Mapping[str, str]
) -> tuple[BehaviourGroup, ...]:
    """One for each kind of conditions, and one for all that are shifted, where these are of several kinds."""
    kinds: dict[str, list[str]] = {}
    for condition, kind in groups.items():
        kinds.setdefault(kind, []).append(condition)
    if len(kinds.keys() - {NOMINAL}) > 1:
        kinds[ALL_SHIFTED] = [condition for condition, kind in groups.items() if kind != NOMINAL]
    found = (of_conditions(planned, results, kind, conditions) for kind, conditions in kinds.items())
    return tuple(one for one in found if one is not None)


def names_of(measure: Measure) -> tuple[str, str, str]:
    """The columns of its mean and interval."""
    return measure.name, f"{measure.name}_low", f"{measure.name}_high"


def behaviour_columns(means: Iterable[BehaviourMean]) -> dict[str, float | int | None]:
    """Name -> number, of all metrics; None where there is none."""
    known = {one.measure: one for one in means}
    columns: dict[str, float | int | None] = {}
    for measure in SHOWN:
        one = known.get(measure)
        ends = (None,) * 3 if one is None else (one.mean, one.low, one.high)
        columns |= dict(zip(names_of(measure), ends, strict=True))
        columns[f"{measure.name}_n"] = None if one is None else one.n
    return columns


def recorded(measure: Measure, record: Record) -> bool:
    """Whether a record says it, be it that there is none."""
    return (oversized.METRIC if measure is OVERSIZED else measure.name) in record.get("metrics", {})


def value_of(measure: Measure, record: Record) -> float | None:
    """Of an episode that recorded it; None where it is not defined."""
    metrics = record["metrics"]
    if measure is OVERSIZED:
        return metrics[oversized.METRIC] / record["steps"] if record["steps"] else None
    value = metrics[measure.name]
    return None if value is None else float(value)


def _mean(measure: Measure, done: Sequence[tuple[Hashable, Record]]) -> BehaviourMean:
    cells = [(scene, value) for scene, record in done if (value := value_of(measure, record)) is not None]
    scenes: dict[Hashable, list[float]] = {}
    for scene, value in cells:
        sums = scenes.setdefault(scene, [0.0, 0.0])
        sums[0], sums[1] = sums[0] + value, sums[1] + 1
    interval = (
        rate_interval(scenes.values(), graded=True)
        if measure.share
        else mean_interval(scenes.values(), least=measure.least)
    )
    low, high = interval or (None, None)
    mean = fmean(value for _, value in cells) if cells else None
    return BehaviourMean(measure=measure, mean=mean, low=low, high=high, n=len(cells))
