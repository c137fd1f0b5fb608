"""The progress of several runs of one plan, paired episode by episode."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from vlagen_bench.report.load import LoadedRun
from vlagen_bench.report.progress import ProgressDifference, difference, progress_of, scene_of

OVERALL = "overall"


@dataclass(frozen=True, kw_only=True)
class ProgressLine:
    """One condition, or all of them, over the episodes that have an outcome in every run."""

    condition: str
    n: int
    scenes: int
    means: Mapping[str, float]
    """label -> mean progress over the episodes"""
    gaps: Mapping[str, ProgressDifference]
    """label -> against the first; of runs that are ranked"""


def progress_lines(
    runs: Mapping[str, LoadedRun],
    ranked: Sequence[str],
    common: Sequence[Mapping[str, Any]],
    conditions: Sequence[str],
) -> tuple[ProgressLine, ...]:
    """One for each condition that has an episode, and one for all; none where a run does not say how far it came."""
    values: dict[str, dict[str, float]] = {label: {} for label in runs}
    for label, run in runs.items():
        for episode in common:
            value = progress_of(run.results[episode["id"]])
            if value is None:
                return ()
            values[label][episode["id"]] = value
    lines = (
        _line(values, ranked, name, [one for one in common if name in (OVERALL, one["condition"])])
        for name in conditions
    )
    return tuple(line for line in lines if line is not None)


def _line(
    values: Mapping[str, Mapping[str, float]], ranked: Sequence[str], name: str, episodes: Sequence[Mapping[str, Any]]
) -> ProgressLine | None:
    if not episodes:
        return None
    gaps = {}
    for label in ranked[1:]:
        own, first = values[label], values[ranked[0]]
        gap = difference([(scene_of(one), own[one["id"]], first[one["id"]]) for one in episodes])
        assert gap is not None, "there are episodes"
        gaps[label] = gap
    return ProgressLine(
        condition=name,
        n=len(episodes),
        scenes=len({scene_of(one) for one in episodes}),
        means={label: fmean(mine[one["id"]] for one in episodes) for label, mine in values.items()},
        gaps=gaps,
    )
