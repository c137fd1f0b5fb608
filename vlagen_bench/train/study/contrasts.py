"""The tests of hypotheses: paired differences with intervals, p and Holm's adjustment, and what they say of the paper."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from vlagen_bench.statistics.clusters import sign_flip
from vlagen_bench.statistics.multiplicity import holm
from vlagen_bench.statistics.paired import Pairs
from vlagen_bench.statistics.real_means import paired_difference
from vlagen_bench.statistics.scene_means import tested
from vlagen_bench.train.study.config import Hypothesis, StudyConfig
from vlagen_bench.train.study.outcomes import Evaluation, paired

ALPHA = 0.05
Verdict = Literal["agrees", "contradicts", "undecided", "not run"]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A paired difference of two policies' success rates, or of two such differences."""

    value: float
    low: float
    high: float
    """95 %; it holds 0 if, and only if, p is 0.05 or more"""
    p: float
    """before any adjustment"""
    pairs: int
    scenes: int


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the runs say of a hypothesis."""

    hypothesis: Hypothesis
    difference: Difference | None
    """None: not run"""
    adjusted: float | None
    """p after Holm; None for exploratory ones, and those that were not run"""
    again: Difference | None
    """the replication's"""
    verdict: Verdict

    @property
    def is_replicated(self) -> bool | None:
        """Whether the replication agrees by itself; None: it was not run, or there is nothing to replicate."""
        if self.again is None or self.verdict != "agrees":
            return None
        return self.again.value > 0 and self.again.p < ALPHA


def difference(first: Evaluation, other: Evaluation, conditions: tuple[str, ...]) -> Difference | None:
    """The first one's rate minus the other's over the same episodes; None where there is no pair.

    One condition: Tango's interval and McNemar's exact p. Several: over scenes, each episode counting the same.
    """
    scenes = paired(first, other, conditions)
    outcomes = [(mine, theirs) for members in scenes.values() for _, mine, theirs in members]
    if not outcomes:
        return None
    pairs = Pairs.of(outcomes)
    if len(conditions) == 1:
        interval, p = pairs.interval, pairs.p
    else:
        counts = [
            (sum(mine for _, mine, _ in members), sum(theirs for _, _, theirs in members), len(members))
            for members in scenes.values()
        ]
        interval, p = tested(counts, sign_flip([won - lost for won, lost, _ in counts]))
    assert interval is not None and p is not None and pairs.difference is not None, "there is a pair"
    return Difference(value=pairs.difference, low=interval[0], high=interval[1], p=p, pairs=pairs.n, scenes=len(scenes))


def gain_beyond(
    first: Evaluation, other: Evaluation, conditions: tuple[str, ...], beyond: tuple[str, ...]
) -> Difference | None:
    """How much more the first one gains in some conditions than in others; None where scenes do not show how it varies.

    A scene's number is the mean difference in the one minus that in the other; the interval is Student's over scenes.
    """
    here, there = paired(first, other, conditions), paired(first, other, beyond)
    whole = [
        index
        for index, members in here.items()
        if len(members) == len(conditions) and len(there.get(index, ())) == len(beyond)
    ]
    gains = [_mean(here[index]) - _mean(there[index]) for index in whole]
    found = paired_difference([(gain, 1) for gain in gains])
    if found is None or found.interval is None:  # one scene, or scenes that all agree, say nothing of others
        return None
    low, high = found.interval
    pairs = len(whole) * (len(conditions) + len(beyond))
    return Difference(value=found.value, low=low, high=high, p=found.p, pairs=pairs, scenes=len(whole))


def _mean(members: list[tuple[str, bool, bool]]) -> float:
    return sum(mine - theirs for _, mine, theirs in members) / len(members)


def findings(config: StudyConfig, evaluations: Mapping[str, Evaluation]) -> tuple[Finding, ...]:
    """What the runs say of each hypothesis.

    Args:
        config: with the hypotheses.
        evaluations: trained policy -> its outcomes; those that were not run are absent, or lack conditions.
    """
    found = {one.id: _difference(one, one.better, evaluations) for one in config.hypotheses}
    adjusted: dict[str, float | None] = {}
    for family in ("confirmatory", "confirmation"):
        members = [one.id for one in config.hypotheses if one.family == family]
        adjusted |= holm({name: mine.p if (mine := found[name]) else None for name in members})
    return tuple(_finding(config, one, found[one.id], adjusted.get(one.id), evaluations) for one in config.hypotheses)


def _difference(one: Hypothesis, better: str, evaluations: Mapping[str, Evaluation]) -> Difference | None:
    if better not in evaluations or one.than not in evaluations:
        return None
    first, other = evaluations[better], evaluations[one.than]
    for condition in (*one.conditions, *one.beyond):
        if condition not in first.conditions or condition not in other.conditions:
            return None
    if one.beyond:
        return gain_beyond(first, other, one.conditions, one.beyond)
    return difference(first, other, one.conditions)


def _finding(
    config: StudyConfig,
    one: Hypothesis,
    found: Difference | None,
    adjusted: float | None,
    evaluations: Mapping[str, Evaluation],
) -> Finding:
    finding = Finding(
        hypothesis=one,
        difference=found,
        adjusted=adjusted,
        again=_difference(one, one.replicate, evaluations) if one.replicate else None,
        verdict="not run",
    )
    if found is None:
        return finding
    p = found.p if adjusted is None else adjusted
    if found.high < config.margin:
        return replace(finding, verdict="contradicts")
    return replace(finding, verdict="agrees" if found.value > 0 and p < ALPHA else "undecided")
