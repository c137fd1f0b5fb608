"""The behaviour of the arm in several runs of one plan, paired episode by episode."""

import csv
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from vlagen_bench.report.behaviour import SHOWN, recorded, value_of
from vlagen_bench.report.load import LoadedRun
from vlagen_bench.report.progress import scene_of
from vlagen_bench.report.progress_comparison import OVERALL
from vlagen_bench.statistics.real_means import RealDifference, paired_difference
from vlagen_bench.tasks.behaviour import Measure

HEADS = ("condition", "label", "metric", "unit", "n", "mean", "mean_first", "difference", "low", "high", "p")


@dataclass(frozen=True, kw_only=True)
class BehaviourLine:
    """One metric of a run against the first, in one condition or overall."""

    condition: str
    label: str
    measure: Measure
    n: int
    """episodes that have it in both runs: of some metrics those in which both succeeded"""
    own: float | None
    """mean over these; None where there is none"""
    first: float | None
    gap: RealDifference | None

    @property
    def overall(self) -> bool:
        return self.condition == OVERALL


def behaviour_lines(
    runs: Mapping[str, LoadedRun],
    ranked: Sequence[str],
    common: Sequence[Mapping[str, Any]],
    conditions: Iterable[str],
) -> tuple[BehaviourLine, ...]:
    """By condition and overall, of those metrics that both runs recorded in every episode that is compared."""
    return tuple(
        line
        for name in conditions
        for label in ranked[1:]
        for line in _lines(
            name, label, runs[label], runs[ranked[0]], [one for one in common if name in (OVERALL, one["condition"])]
        )
    )


def write_csv(lines: Iterable[BehaviourLine], path: Path) -> None:
    """One row a condition, run and metric, then overall; empty where there is no data."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADS)
        for line in lines:
            gap, ends = line.gap, (line.gap and line.gap.interval) or (None, None)
            numbers = (line.own, line.first, gap and gap.value, *ends, gap and gap.p)
            writer.writerow((line.condition, line.label, line.measure.name, line.measure.unit, line.n, *numbers))


def _lines(
    name: str, label: str, run: LoadedRun, first: LoadedRun, episodes: Sequence[Mapping[str, Any]]
) -> Iterator[BehaviourLine]:
    both = [(scene_of(one), run.results[one["id"]], first.results[one["id"]]) for one in episodes]
    for measure in SHOWN:
        if not both or not all(recorded(measure, one) for _, *records in both for one in records):
            continue
        pairs = [
            (scene, own, other)
            for scene, mine, theirs in both
            if (own := value_of(measure, mine)) is not None and (other := value_of(measure, theirs)) is not None
        ]
        yield BehaviourLine(
            condition=name,
            label=label,
            measure=measure,
            n=len(pairs),
            own=fmean(own for _, own, _ in pairs) if pairs else None,
            first=fmean(other for *_, other in pairs) if pairs else None,
            gap=_gap(pairs),
        )


def _gap(pairs: Sequence[tuple[Hashable, float, float]]) -> RealDifference | None:
    scenes: dict[Hashable, list[float]] = {}
    for scene, own, other in pairs:
        sums = scenes.setdefault(scene, [0.0, 0.0])
        sums[0], sums[1] = sums[0] + own - other, sums[1] + 1
    return paired_difference(scenes.values())
