"""The content of the page: headline, axes with their levels, failures, and interactions."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vlagen_bench.axes import AXES
from vlagen_bench.plan import catalog
from vlagen_bench.plan.conditions import JOIN, by_axis, level_of
from vlagen_bench.report.averages import NOMINAL
from vlagen_bench.report.estimates import (
    Estimate,
    counted,
    drop_p,
    mean_drop,
    mean_success,
    shrunken_drops,
    success,
    unpaired_drop,
)
from vlagen_bench.report.groups import GroupResult, TestedDrop
from vlagen_bench.report.html.words import KINDS
from vlagen_bench.report.interaction import Interaction
from vlagen_bench.report.load import LoadedRun
from vlagen_bench.report.progress import Progress
from vlagen_bench.report.report import progress_of
from vlagen_bench.report.rows import Row, shares
from vlagen_bench.statistics.attribution import Share
from vlagen_bench.statistics.multiplicity import holm

WORST, ALPHA = 3, 0.05
"""how many axes the headline names, and below which p after Holm"""


@dataclass(frozen=True, kw_only=True)
class AxisResult:
    """An axis with all its levels and settings, or a condition that belongs to no axis."""

    name: str
    kind: str
    rows: tuple[Row, ...]
    success: Estimate
    drop: Estimate
    drop_p: float | None
    """exact, for itself alone"""
    adjusted: float | None = None
    """p after Holm, over all axes, or where conditions take turns after that of its group; None for the nominal condition, too"""
    shrunken: float | None = None
    """the drop, drawn towards the mean of all axes: the largest of many estimates is large partly by luck"""
    troubles: Counter[str]

    @property
    def told(self) -> bool:
        """Whether the drop differs significantly from 0, among all axes."""
        return self.adjusted is not None and self.adjusted < ALPHA

    @property
    def failures(self) -> int:
        return self.troubles.total()


@dataclass(frozen=True, kw_only=True)
class LevelResult:
    """A level of an axis."""

    level: int
    size: float
    success: Estimate


@dataclass(frozen=True, kw_only=True)
class LevelCurve:
    """Success level by level."""

    axis: str
    kind: str
    unit: str
    """of the sizes"""
    clean: Estimate
    """of the clean twins: level 0"""
    steps: tuple[LevelResult, ...]


@dataclass(frozen=True, kw_only=True)
class Headline:
    """What one would say in a sentence."""

    nominal: Estimate
    shifted: Estimate
    """over the shifted conditions, each episode counting the same"""
    known: int
    """how many of them have data"""
    conditions: int
    """how many were planned"""
    whole: int
    """how many the whole suite has"""
    drop: Estimate
    paired: bool
    """whether the drop is against clean twins, played or not; else against other, nominal episodes"""
    pairs: int
    """how many have an outcome of both"""
    worst: tuple[AxisResult, ...]
    """lines whose drops differ significantly from 0 among all, the largest shrunken ones first"""
    axes: int
    """how many were tested for it"""
    groups: tuple[TestedDrop, ...] = ()
    """those whose drop differs significantly from 0 among all groups, the largest first"""


@dataclass(frozen=True, kw_only=True)
class PageContent:
    """Everything that is counted, and shown."""

    headline: Headline
    lines: tuple[AxisResult, ...]
    independent: bool
    """whether conditions have episodes of their own; else they share scenes"""
    curves: tuple[LevelCurve, ...]
    shares: tuple[Share, ...]
    """of conditions that were run together; the others' are their own drops"""
    interactions: tuple[Interaction, ...]
    errors: tuple[str, ...]
    """what the machinery or the policy said, each once"""
    progress: tuple[Progress, ...]
    """by condition, then by kind"""
    lost_again: int
    """episodes that succeeded at some step, and not at the end"""

    @property
    def troubles(self) -> Counter[str]:
        """Kind of failure -> episodes, commonest first."""
        total = sum((line.troubles for line in self.lines), Counter())
        return Counter(dict(sorted(total.items(), key=lambda item: (-item[1], item[0]))))

    @property
    def kinds(self) -> tuple[tuple[str, tuple[AxisResult, ...]], ...]:
        """Each kind with its lines: the largest drop first, or without twins the lowest success; what has no data last."""
        members: dict[str, list[AxisResult]] = {}
        for line in self.lines:
            members.setdefault(line.kind, []).append(line)
        order = [*KINDS, *members]
        return tuple((kind, tuple(sorted(members[kind], key=self._place))) for kind in sorted(members, key=order.index))

    def _place(self, line: AxisResult) -> tuple[bool, float]:
        worth = line.drop.value if self.headline.paired else line.success.value
        return worth is None, 0.0 if worth is None else -worth if self.headline.paired else worth


def gather(run: LoadedRun) -> PageContent:
    """All facts of a run, complete or not."""
    report = run.report
    independent = catalog.has_suite(report.suite) and catalog.suite(report.suite).official_ids
    lines = among_all(tuple(_lines(run)), report.tested_groups)
    together = {part for row in report.rows if JOIN in row.condition for part in row.condition.split(JOIN)}
    return PageContent(
        headline=_headline(run, lines, independent),
        lines=lines,
        independent=independent,
        curves=tuple(_curves(run)),
        shares=tuple(one for one in shares(run.planned, run.results) if one.factor in together),
        interactions=report.interactions,
        errors=tuple(dict.fromkeys(one["error"] for one in run.results.values() if one["outcome"] == "error")),
        progress=progress_of(report),
        lost_again=sum(row.success_once - row.successes for row in report.rows),
    )


def _lines(run: LoadedRun) -> Iterator[AxisResult]:
    """Those of one kind side by side, in the order of the plan."""
    by_name = {row.condition: row for row in run.report.rows}
    members: dict[tuple[str, str], list[Row]] = {}
    for axis, conditions in by_axis(tuple(by_name)).items():
        for condition in conditions:
            members.setdefault((by_name[condition].group, axis), []).append(by_name[condition])
    kinds = list(dict.fromkeys(kind for kind, _ in members))
    for kind, name in sorted(members, key=lambda key: kinds.index(key[0])):
        rows = members[kind, name]
        yield AxisResult(
            name=name,
            kind=kind,
            rows=tuple(rows),
            success=mean_success(rows, run.report.sequences),
            drop=mean_drop(rows),
            drop_p=drop_p(rows),
            troubles=sum((Counter(run.report.troubles[row.condition]) for row in rows), Counter()),
        )


def among_all(lines: Sequence[AxisResult], groups: Sequence[GroupResult] = ()) -> tuple[AxisResult, ...]:
    """The lines, each as one of all that perturb; where there are groups, as one of its group's."""
    tested = {(line.kind, line.name): line for line in lines if line.kind != NOMINAL}
    adjusted = holm({key: line.drop_p for key, line in tested.items()})
    if groups:
        adjusted = {(group.name, axis.name): axis.adjusted for group in groups for axis in group.axes}
    drawn = shrunken_drops({key: line.drop for key, line in tested.items()})
    keys = [(line.kind, line.name) for line in lines]
    return tuple(
        replace(line, adjusted=adjusted.get(key), shrunken=drawn.get(key))
        for key, line in zip(keys, lines, strict=True)
    )


def worst(lines: Sequence[AxisResult]) -> tuple[AxisResult, ...]:
    """What hurts most: the lines whose drop is significant among all, by the shrunken drop."""
    hurt = [(line.shrunken, line) for line in lines if line.told and line.shrunken is not None]
    ordered = sorted((-drop, line.name, line) for drop, line in hurt if (line.drop.value or 0) > 0)
    return tuple(line for *_, line in ordered[:WORST])


def _worst_groups(groups: Sequence[GroupResult]) -> tuple[TestedDrop, ...]:
    told = [group.whole for group in groups if group.whole.told and (group.whole.drop.value or 0) > 0]
    return tuple(sorted(told, key=lambda group: -(group.drop.value or 0)))


def _headline(run: LoadedRun, lines: Sequence[AxisResult], independent: bool) -> Headline:
    shifted = [row for row in run.report.rows if row.group != NOMINAL]
    nominal = [row for row in run.report.rows if row.group == NOMINAL]
    names = {row.condition for row in shifted}
    paired = any(episode["twin"] for episode in run.planned if episode["condition"] in names)
    unpaired = unpaired_drop(nominal[0], shifted) if independent and nominal else Estimate()
    return Headline(
        nominal=success(nominal[0], run.report.sequences) if nominal else Estimate(),
        shifted=mean_success(shifted, run.report.sequences),
        known=sum(row.n > 0 for row in shifted),
        conditions=len(shifted),
        whole=sum(group != NOMINAL for group in run.report.groups.values()),
        drop=mean_drop(shifted) if paired else unpaired,
        paired=paired,
        pairs=sum(row.pairs for row in shifted),
        worst=worst(lines),
        axes=sum(line.kind != NOMINAL for line in lines),
        groups=_worst_groups(run.report.tested_groups),
    )


def _curves(run: LoadedRun) -> Iterator[LevelCurve]:
    """One for each axis of which two levels or more were run."""
    levels: dict[str, dict[int, Row]] = {}
    for row in run.report.rows:
        if known := level_of(row.condition):
            levels.setdefault(known[0], {})[known[1]] = row
    for name, rows in levels.items():
        if len(rows) > 1:
            axis = AXES.get(name)
            yield LevelCurve(
                axis=name,
                kind=axis.kind,
                unit=axis.unit,
                clean=_clean(run, {row.condition for row in rows.values()}),
                steps=tuple(
                    LevelResult(
                        level=level, size=axis.levels[level - 1], success=success(rows[level], run.report.sequences)
                    )
                    for level in sorted(rows)
                ),
            )


def _clean(run: LoadedRun, conditions: set[str]) -> Estimate:
    """The twins of some conditions, each once."""
    twins = {episode["twin"]: None for episode in run.planned if episode["condition"] in conditions and episode["twin"]}
    return counted([run.success(twin) for twin in twins])
