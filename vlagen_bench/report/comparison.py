"""The comparison of several policies: runs of one plan, paired episode by episode."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from vlagen_bench.errors import RunError
from vlagen_bench.plan.conditions import by_axis
from vlagen_bench.report import load
from vlagen_bench.report.behaviour_comparison import BehaviourLine, behaviour_lines
from vlagen_bench.report.load import LoadedRun
from vlagen_bench.report.progress_comparison import OVERALL, ProgressLine, progress_lines
from vlagen_bench.statistics.clusters import sign_flip
from vlagen_bench.statistics.multiplicity import holm, holm_in_groups
from vlagen_bench.statistics.paired import Pairs
from vlagen_bench.statistics.ranking import Standing, scene_counts, standings
from vlagen_bench.statistics.scene_means import tested

NAMED = ("suite", "seed", "episodes_per_condition", "conditions")
"""header keys that say why two plans differ"""


@dataclass(frozen=True, kw_only=True)
class RunDifference:
    """A run against the first one that is no oracle, in one condition or overall; None where there is no pair."""

    pairs: Pairs
    """outcomes of the run, and of the first"""
    low: float | None
    """95 % interval of the run's rate minus the first's: Tango in a condition, over scenes for several; holds 0 if p >= 0.05"""
    high: float | None
    p: float | None
    """McNemar's, exact, in a condition; for several the larger one of the interval's and of sign flips of whole scenes"""
    adjusted: float | None
    """p of an axis after Holm over all axes and runs of the comparison; of a condition, after its axis; where conditions take
    turns, Holm is over groups and runs, and p of an axis comes after its group (see `statistics.multiplicity.holm_in_groups`);
    overall, which is a question of its own, after Holm over the runs"""


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """One condition, one axis, or all of them, over the episodes that have an outcome in every run."""

    condition: str
    """or the axis"""
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
    axes: tuple[ComparisonRow, ...]
    """one an axis of which several conditions were run, over all of these"""
    groups: tuple[ComparisonRow, ...]
    """one a group of axes, and one a condition in none, of a suite whose conditions take turns; else empty"""
    overall: ComparisonRow
    scenes: int
    """that have an episode with an outcome in every run"""
    standings: tuple[Standing, ...]
    """of the runs that are ranked, best first; empty for fewer than three"""
    left_out: int
    """episodes without an outcome in some run"""
    progress: tuple[ProgressLine, ...]
    """one a condition, then overall; empty where a run does not say how far its episodes came"""
    behaviour: tuple[BehaviourLine, ...]
    """of the arm, of each ranked run against the first: by condition, then overall; empty where a run does not say it"""
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
    by_name = by_axis(first.header["conditions"])
    axes = [
        _line(runs, ranked, axis, [episode for episode in common if episode["condition"] in members])
        for axis, members in by_name.items()
    ]
    by_group = _by_group(tuple(by_name), first.header.get("groups", {}))
    of_group = {name: {one for axis in members for one in by_name[axis]} for name, members in by_group.items()}
    groups = [
        _line(runs, ranked, group, [episode for episode in common if episode["condition"] in members])
        for group, members in of_group.items()
    ]
    adjusted_groups, adjusted_axes, adjusted_lines = adjusted(groups, axes, lines, by_group, by_name)
    overall = _line(runs, ranked, OVERALL, common)
    over_runs = holm({(OVERALL, label): gap.p for label, gap in overall.gaps.items()})
    return Comparison(
        runs=runs,
        lines=tuple(adjusted_lines),
        axes=tuple(axis for axis in adjusted_axes if len(by_name[axis.condition]) > 1),
        groups=tuple(adjusted_groups) if first.header.get("groups") else (),
        overall=_with(overall, over_runs),
        scenes=len({_scene(episode) for episode in common}),
        standings=_standings(runs, ranked, common),
        left_out=len(declared) - len(common),
        progress=progress_lines(runs, ranked, common, (*first.header["conditions"], OVERALL)),
        behaviour=behaviour_lines(runs, ranked, common, (*first.header["conditions"], OVERALL)),
        differing=tuple(episode for episode in first.planned if _differs(shown, episode["id"])),
    )


def _by_group(axes: Sequence[str], groups: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Group -> axes; whatever is in no group is one by itself."""
    group_of = {axis: group for group, members in groups.items() for axis in members}
    by_group: dict[str, list[str]] = {}
    for axis in axes:
        by_group.setdefault(group_of.get(axis, axis), []).append(axis)
    return by_group


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
        gaps={label: gap(outcomes[label], outcomes[ranked[0]], clusters) for label in ranked[1:]},
    )


def _won(run: LoadedRun, episode: Mapping[str, Any]) -> bool:
    """Whether the run succeeds in an episode that has an outcome in every run."""
    won = run.success(episode["id"])
    assert won is not None, "only common episodes are compared"
    return won


def _scene(episode: Mapping[str, Any]) -> tuple[int, int]:
    """What episodes share that have the same base draws."""
    return episode["seed"], episode["index"]


def gap(own: Sequence[bool], first: Sequence[bool], clusters: Sequence[Hashable]) -> RunDifference:
    """Over one episode a scene: pairs. Over several: scenes, which are what is independent."""
    pairs = Pairs.of(zip(own, first, strict=True))
    if len(set(clusters)) == len(clusters):
        low, high = pairs.interval or (None, None)
        return RunDifference(pairs=pairs, low=low, high=high, p=pairs.p, adjusted=None)
    scenes = scene_counts(own, first, clusters)
    interval, p = tested(scenes, sign_flip([won - other for won, other, _ in scenes]))
    low, high = interval or (None, None)
    return RunDifference(pairs=pairs, low=low, high=high, p=p, adjusted=None)


def adjusted(
    groups: Sequence[ComparisonRow],
    axes: Sequence[ComparisonRow],
    lines: Sequence[ComparisonRow],
    by_group: Mapping[str, Sequence[str]],
    by_name: Mapping[str, Sequence[str]],
) -> tuple[list[ComparisonRow], list[ComparisonRow], list[ComparisonRow]]:
    """All with p adjusted over all groups and runs: groups first, then axes, then conditions.

    `by_group` is group -> axes, `by_name` axis -> conditions.
    """
    rows = [{row.condition: row.gaps for row in some} for some in (groups, axes, lines)]
    labels = list(dict.fromkeys(label for row in groups for label in row.gaps))
    found = holm_in_groups(
        {(group, label): gaps[label].p for group, gaps in rows[0].items() for label in labels},
        {
            (group, label): {(axis, label): rows[1][axis][label].p for axis in members}
            for group, members in by_group.items()
            for label in labels
        },
        {
            (axis, label): {(name, label): rows[2][name][label].p for name in members}
            for axis, members in by_name.items()
            for label in labels
        },
    )
    of_lines = {key: p for members in found[2].values() for key, p in members.items()}
    return (
        [_with(row, found[0]) for row in groups],
        [_with(row, found[1]) for row in axes],
        [_with(row, of_lines) for row in lines],
    )


def _with(line: ComparisonRow, ps: Mapping[tuple[str, str], float | None]) -> ComparisonRow:
    gaps = {label: replace(gap, adjusted=ps[line.condition, label]) for label, gap in line.gaps.items()}
    return replace(line, gaps=gaps)


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
