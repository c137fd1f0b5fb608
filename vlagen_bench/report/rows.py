"""The rows of results: rates and drops by condition, and the share of each factor in them."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vlagen_bench.plan.conditions import JOIN
from vlagen_bench.report import behaviour, oversized
from vlagen_bench.report.behaviour import BehaviourMean
from vlagen_bench.report.oversized import OversizedSteps
from vlagen_bench.report.progress import Progress, of_conditions
from vlagen_bench.statistics.attribution import Contrast, Share, attribute
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.statistics.paired import agreeing_interval, mcnemar

Record = Mapping[str, Any]
"""of an episode: planned, or with its result"""


@dataclass(frozen=True, kw_only=True)
class TwinPair:
    """Success of an episode, and of its clean twin."""

    scene: Hashable
    twin: str
    """its id; other episodes of the scene may have the same"""
    twin_success: bool
    success: bool


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is known of one condition. Rates are None, not 0, where there is no data."""

    condition: str
    group: str
    planned: int
    n: int
    """episodes with an outcome of the policy's: success or failure"""
    successes: int
    errors: int
    pairs: int
    """episodes whose twin has an outcome too"""
    lost: int
    """pairs where only the clean twin succeeded"""
    gained: int
    """pairs where only the perturbed episode succeeded"""
    success_once: int
    grasped: int | None
    """episodes in which the robot ever grasped the object; None where a record does not say"""
    held: int | None
    """those in which it held it for several control steps in a row, the official `consecutive_grasp`"""
    progress: Progress | None = None
    """how far the episodes came; None where a record does not say"""
    oversized: OversizedSteps | None = None
    """the steps that command more than the arm can do; None where a record does not say"""
    behaviour: tuple[BehaviourMean, ...] = ()
    """how the arm behaved; without what a record does not say"""
    outcomes: tuple[tuple[Hashable, bool], ...] = ()
    """scene and success of each of the `n`; conditions share their scenes, but for those of official ids"""
    twin_pairs: tuple[TwinPair, ...] = ()
    """each of the `pairs`"""
    attempts: int | None = None
    """how often its episodes were tried, those that ended as errors included; None where a record does not say"""

    @property
    def rate(self) -> float | None:
        return self.successes / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval."""
        return wilson(self.successes, self.n) if self.n else None

    @property
    def drop(self) -> float | None:
        """Success rate of the clean twins minus that of the perturbed episodes, over the pairs."""
        return (self.lost - self.gained) / self.pairs if self.pairs else None

    @property
    def drop_interval(self) -> tuple[float, float] | None:
        """95 % interval of the drop (Tango), which holds 0 if the exact test does."""
        return agreeing_interval(self.lost, self.gained, self.pairs)

    @property
    def drop_p(self) -> float | None:
        """Exact two-sided p of the hypothesis that there is no drop (McNemar), for itself alone."""
        return mcnemar(self.lost, self.gained) if self.pairs else None


def rows(
    planned: Iterable[Mapping[str, Any]], results: Mapping[str, Mapping[str, Any]], groups: Mapping[str, str]
) -> tuple[Row, ...]:
    """One row per condition of the plan, in its order.

    Args:
        planned: the episodes of the plan, as dicts.
        results: id -> record of `episodes.jsonl`.
        groups: condition -> row group.
    """
    by_condition: dict[str, list[Mapping[str, Any]]] = {}
    for episode in planned:
        by_condition.setdefault(episode["condition"], []).append(episode)
    return tuple(_row(name, groups[name], by_condition.get(name, []), results) for name in groups)


def _row(name: str, group: str, episodes: Sequence[Record], results: Mapping[str, Record]) -> Row:
    done = [results[episode["id"]] for episode in episodes if episode["id"] in results]
    scored = [record for record in done if record["outcome"] != "error"]
    pairs = [pair for record in scored if (pair := _pair(record, results)) is not None]
    moved = behaviour.of_conditions(episodes, results, name, (name,))
    lost_gained = [(pair.twin_success, pair.success) for pair in pairs]
    return Row(
        condition=name,
        group=group,
        planned=len(episodes),
        n=len(scored),
        successes=sum(record["outcome"] == "success" for record in scored),
        errors=len(done) - len(scored),
        pairs=len(pairs),
        lost=lost_gained.count((True, False)),
        gained=lost_gained.count((False, True)),
        success_once=sum(bool(record["success_once"]) for record in scored),
        grasped=_count("grasped", scored),
        held=_count("consecutive_grasp", scored),
        progress=of_conditions(episodes, results, name, (name,)),
        oversized=oversized.count(done),
        behaviour=moved.means if moved is not None else (),
        outcomes=tuple((_scene(record), record["outcome"] == "success") for record in scored),
        twin_pairs=tuple(pairs),
        attempts=attempts_of(done),
    )


def attempts_of(records: Iterable[Mapping[str, Any]]) -> int | None:
    """How often episodes were tried; None where a record does not say."""
    counts: list[int | None] = [record.get("attempts") for record in records]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _count(metric: str, records: Sequence[Mapping[str, Any]]) -> int | None:
    """How many say yes; None where one says nothing."""
    values = [record.get("metrics", {}).get(metric) for record in records]
    return None if None in values else sum(values)


def _scene(episode: Record) -> Hashable:
    """What episodes share that have the same base draws; those of official ids share none."""
    shared = episode.get("official_id") is None
    return episode["index"] if shared else (episode["condition"], episode["index"])


def own_scene(scene: Hashable) -> bool:
    """Whether a scene is an episode's own, and shared with no other: of one with an official id."""
    return isinstance(scene, tuple)


def _pair(record: Record, results: Mapping[str, Record]) -> TwinPair | None:
    """An episode and its twin; None without an outcome of both."""
    twin = results.get(record["twin"])
    if twin is None or "error" in (record["outcome"], twin["outcome"]):
        return None
    own, others = (one["outcome"] == "success" for one in (record, twin))
    return TwinPair(scene=_scene(record), twin=record["twin"], twin_success=others, success=own)


def shares(planned: Iterable[Mapping[str, Any]], results: Mapping[str, Mapping[str, Any]]) -> tuple[Share, ...]:
    """The part of the drop that goes with each condition, where conditions were run together (`a+b`) or alone.

    Args:
        planned: the episodes of the plan, as dicts.
        results: id -> record of `episodes.jsonl`.
    """
    contrasts = []
    for episode in planned:
        pair = _pair(results[episode["id"]], results) if episode["id"] in results else None
        if pair is not None:
            factors = frozenset(episode["condition"].split(JOIN))
            drop = int(pair.twin_success) - int(pair.success)
            contrasts.append(Contrast(cluster=pair.scene, factors=factors, drop=drop))
    return attribute(contrasts)
