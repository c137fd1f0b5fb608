"""The comparison of several policies: runs of one plan, paired episode by episode."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from vlagen_bench.errors import RunError
from vlagen_bench.report import load
from vlagen_bench.report.load import LoadedRun
from vlagen_bench.report.progress_comparison import OVERALL, ProgressLine, progress_lines
from vlagen_bench.statistics.clusters import ratio_interval, sign_flip
from vlagen_bench.statistics.multiplicity import holm
from vlagen_bench.statistics.paired import Pairs
from vlagen_bench.statistics.ranking import Standing, cluster_sums, standings

NAMED = ("suite", "seed", "episodes_per_condition", "conditions")
"""header keys that say why two plans differ"""


@dataclass(frozen=True, kw_only=True)
class RunDifference:
    """A run against the first one that is no oracle, in one condition or overall; None where there is no pair."""

    pairs: Pairs
    """outcomes of the run, and of the first"""
    low: float | None
    """95 % interval of the run's rate minus the first's: Tango in a condition, cluster bootstrap overall"""
    high: float | None
    p: float | None
    """exact: McNemar in a condition, sign flips of whole scenes overall"""
    adjusted: float | None
    """p after Holm, over all conditions and runs of the comparison; overall is a question of its own, and is not in it"""


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """One condition, or all of them, over the episodes that have an outcome in every run."""

    condition: str
    n: int
    successes: Mapping[str, int]
    """label -> how many"""
    gaps: Mapping[str, RunDifference]
    """label -> against the first; of runs that are ranked"""

    def rate(self, label: str) -> float | None:
        """Success rate of a run; None where there is no episode."""
        return self.successes[label] / self.n if self.n else None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Runs of one plan, side by side."""

    runs: Mapping[str, LoadedRun]
    """label (A, B ...) -> run, as they were named"""
    lines: tuple[ComparisonRow, ...]
    """one a condition"""
    overall: ComparisonRow
    standings: tuple[Standing, ...]
    """of the runs that are ranked, best first; empty for fewer than three"""
    left_out: int
    """episodes without an outcome in some run"""
    progress: tuple[ProgressLine, ...]
    """one a condition, then overall; empty where a run does not say how far its episodes came"""
    differing: tuple[Mapping[str, Any], ...]
    """planned episodes, those of twins too, whose outcomes differ between ranked runs; between all, if fewer than two are ranked"""

    @property
    def ranked(self) -> tuple[str, ...]:
        """Labels of runs that are no oracle's; the first is what others are compared with."""
        return tuple(label for label, run in self.runs.items() if not run.oracle)


def compare(paths: Sequence[Path]) -> Comparison:
    """Reads and compares run folders.

    Raises:
        RunError: there are fewer than two, one is named twice, is damaged, or has another plan.
        ConfigError: their task is not of this release.
    """
    if len(paths) < 2:
        raise RunError(f"A comparison needs two run folders or more, not {len(paths)}.")
    if len({path.resolve() for path in paths}) < len(paths):
        raise RunError("A run folder is named twice: name each once.")
    runs = dict(zip(_labels(), map(load.read, paths), strict=False))
    first = runs["A"]
    for run in runs.values():
        if run.header["plan_hash"] != first.header["plan_hash"]:
            raise RunError(_why(first, run))
    ranked = [label for label, run in runs.items() if not run.oracle]
    shown = [runs[label] for label in ranked] if len(ranked) > 1 else list(runs.values())
    declared = [episode for episode in first.planned if episode["condition"] in first.header["conditions"]]
    common = [record for record in declared if all(run.success(record["id"]) is not None for run in runs.values())]
    lines = [
        _line(runs, ranked, name, [episode for episode in common if episode["condition"] == name])
        for name in first.header["conditions"]
    ]
    return Comparison(
        runs=runs,
        lines=tuple(_adjusted(lines)),
        overall=_line(runs, ranked, OVERALL, common),
        standings=_standings(runs, ranked, common),
        left_out=len(declared) - len(common),
        progress=progress_lines(runs, ranked, common, (*first.header["conditions"], OVERALL)),
        differing=tuple(episode for episode in first.planned if _differs(shown, episode["id"])),
    )


def _labels() -> Iterator[str]:
    """A, B ... Z, A1 ..."""
    for again in count():
        yield from (f"{letter}{again or ''}" for letter in ascii_uppercase)


def _differs(runs: Sequence[LoadedRun], episode_id: str) -> bool:
    return {True, False} <= {run.success(episode_id) for run in runs}


def _line(
    runs: Mapping[str, LoadedRun], ranked: Sequence[str], name: str, episodes: Sequence[Mapping[str, Any]]
) -> ComparisonRow:
    outcomes = {label: [_won(run, episode) for episode in episodes] for label, run in runs.items()}
    clusters = [_scene(episode) for episode in episodes]
    return ComparisonRow(
        condition=name,
        n=len(episodes),
        successes={label: sum(mine) for label, mine in outcomes.items()},
        gaps={
            label: (_gap_overall if name == OVERALL else _gap)(outcomes[label], outcomes[ranked[0]], clusters)
            for label in ranked[1:]
        },
    )


def _won(run: LoadedRun, episode: Mapping[str, Any]) -> bool:
    """Whether the run succeeds in an episode that has an outcome in every run."""
    won = run.success(episode["id"])
    assert won is not None, "only common episodes are compared"
    return won


def _scene(episode: Mapping[str, Any]) -> tuple[int, int]:
    """What episodes share that have the same base draws."""
    return episode["seed"], episode["index"]


def _gap(own: Sequence[bool], first: Sequence[bool], _: Sequence[Hashable]) -> RunDifference:
    pairs = Pairs.of(zip(own, first, strict=True))
    low, high = pairs.interval or (None, None)
    return RunDifference(pairs=pairs, low=low, high=high, p=pairs.p, adjusted=None)


def _gap_overall(own: Sequence[bool], first: Sequence[bool], clusters: Sequence[Hashable]) -> RunDifference:
    sums = cluster_sums(own, first, clusters)
    sizes = Counter(clusters)
    low, high = ratio_interval((total, sizes[cluster]) for cluster, total in sums.items()) or (None, None)
    p = sign_flip(list(sums.values()))
    return RunDifference(pairs=Pairs.of(zip(own, first, strict=True)), low=low, high=high, p=p, adjusted=None)


def _adjusted(lines: Sequence[ComparisonRow]) -> Iterator[ComparisonRow]:
    """The lines with p adjusted over all of them and all runs."""
    family = holm({(line.condition, label): gap.p for line in lines for label, gap in line.gaps.items()})
    for line in lines:
        gaps = {label: replace(gap, adjusted=family[line.condition, label]) for label, gap in line.gaps.items()}
        yield replace(line, gaps=gaps)


def _standings(
    runs: Mapping[str, LoadedRun], ranked: Sequence[str], common: Sequence[Mapping[str, Any]]
) -> tuple[Standing, ...]:
    if len(ranked) < 3 or not common:
        return ()
    outcomes = {label: [_won(runs[label], episode) for episode in common] for label in ranked}
    return standings(outcomes, [_scene(episode) for episode in common])


def _why(first: LoadedRun, other: LoadedRun) -> str:
    """The sentence for two plans that differ."""
    ways = []
    for key in NAMED:
        mine: Any = first.header.get(key)
        theirs: Any = other.header.get(key)
        if mine == theirs:
            continue
        if key == "suite":
            mine, theirs = (f"{one['name']} version {one['version']} of {one['task']}" for one in (mine, theirs))
        if key == "conditions":
            only = [", ".join(sorted(set(a) - set(b))[:5]) or "nothing" for a, b in ((mine, theirs), (theirs, mine))]
            ways.append(f"conditions that only one has: {only[0]} against {only[1]}")
            continue
        ways.append(f"{key.replace('_', ' ')} {mine} against {theirs}")
    shared = len({one["id"] for one in first.planned} & {one["id"] for one in other.planned})
    ways.append(f"{shared} episodes of {len(first.planned)} and {len(other.planned)} are the same")
    return (
        f"{first.path} and {other.path} have different plans, so their episodes are no pairs: {'; '.join(ways)}. "
        f"Run both with the same --suite, --conditions, --episodes and --seed."
    )
