"""The simulation of what reports and comparisons print: coverage of intervals and false alarms, in worlds of known truth.

Every figure comes from the functions that print it. `vlagen check-statistics` makes the tables of docs/statistics.md.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vlagen_bench.report import estimates
from vlagen_bench.report.averages import NOMINAL
from vlagen_bench.report.comparison import ComparisonRow, RunDifference, adjusted, gap
from vlagen_bench.report.html.data import AxisResult, among_all, worst
from vlagen_bench.report.progress import difference
from vlagen_bench.report.rows import Row, TwinPair
from vlagen_bench.statistics.ranking import standings
from vlagen_bench.statistics.worlds import World, alike, play

CONDITION_RATE = "rate of a condition"
MEAN_RATE = "mean rate over conditions"
CONDITION_DROP = "drop of a condition"
MEAN_DROP = "mean drop over conditions"
CONDITION_DIFFERENCE = "difference of two policies in a condition"
OVERALL_DIFFERENCE = "difference of two policies overall"
PROGRESS_DIFFERENCE = "difference of progress"
CONTRADICTION = "interval and p contradict each other"
DROP_P = "drop of a condition, p below 0.05"
AXIS_P = "drop of an axis, p below 0.05"
CONDITION_P = "difference in a condition, p below 0.05"
OVERALL_P = "difference overall, p below 0.05"
PROGRESS_P = "difference of progress, p below 0.05"
HURTS = "an axis is said to hurt, and does not"
AXIS_DIFFERS = "an axis is said to differ, and does not"
NOT_BEST = "a best policy is said not to be among the best"
WRONG_LEVELS = "of the axes said to differ, share with a wrong level"
COVERED = (
    CONDITION_RATE, MEAN_RATE, CONDITION_DROP, MEAN_DROP, CONDITION_DIFFERENCE, OVERALL_DIFFERENCE, PROGRESS_DIFFERENCE,
)  # fmt: skip
FALSE = (CONTRADICTION, DROP_P, AXIS_P, CONDITION_P, OVERALL_P, PROGRESS_P, HURTS, AXIS_DIFFERS, WRONG_LEVELS, NOT_BEST)

ALPHA = 0.05
AXIS = "axis"
SHARED_EASE = 0.7
"""of two policies: scenes that are easy for one are mostly easy for the other"""
STAGES = 6
"""of an episode's progress"""


@dataclass(kw_only=True)
class Tally:
    """How often what is printed holds, over simulated runs."""

    hits: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    trials: Counter[str] = field(default_factory=Counter)
    widths: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def count(self, figure: str, hit: float) -> None:
        """Counts one trial; `hit` is true, or a share."""
        self.hits[figure] += hit
        self.trials[figure] += 1

    def cover(self, figure: str, interval: tuple[float, float] | None, truth: float) -> None:
        """Counts whether an interval holds the true value; one that is not there holds nothing."""
        low, high = interval or (1.0, 0.0)
        self.count(figure, low - 1e-9 <= truth <= high + 1e-9)
        self.widths[figure] += max(high - low, 0.0)

    def share(self, figure: str) -> float:
        """Of the trials, those that hit."""
        return self.hits[figure] / self.trials[figure]


def simulate(world: World, runs: int, seed: int) -> Tally:
    """Coverage and false alarms of a run's report, and of a comparison of two runs, in one world.

    All conditions are taken as one axis. False alarms are counted only where there is no drop and no difference.
    """
    rng, tally = np.random.default_rng(seed), Tally()
    twins, perturbed = world.outcomes(runs, rng)
    for run in range(runs):
        _count_run(tally, world, rows_of(twins[run], perturbed[run]))
    for first, other in _policies(world, runs, rng):
        _count_difference(tally, world, first, other)
    return tally


def rows_of(twins: np.ndarray, perturbed: np.ndarray) -> tuple[Row, ...]:
    """The rows of a report of such outcomes: nominal, which the twins are, then `c0`, `c1` ...

    Args:
        twins: bool (scenes,).
        perturbed: bool (scenes, conditions).
    """
    columns = {NOMINAL: twins.tolist()} | {f"c{number}": own for number, own in enumerate(perturbed.T.tolist())}
    return tuple(_row(name, own, columns[NOMINAL]) for name, own in columns.items())


def _row(name: str, own: Sequence[bool], twins: Sequence[bool]) -> Row:
    """As `report.rows` counts one, of a condition that was run to its end."""
    pairs = [] if name == NOMINAL else list(zip(twins, own, strict=True))
    return Row(
        condition=name,
        group=NOMINAL if name == NOMINAL else AXIS,
        planned=len(own),
        n=len(own),
        successes=sum(own),
        errors=0,
        pairs=len(pairs),
        lost=pairs.count((True, False)),
        gained=pairs.count((False, True)),
        success_once=sum(own),
        grasped=None,
        held=None,
        outcomes=tuple(enumerate(own)),
        twin_pairs=tuple(
            TwinPair(scene=scene, twin=str(scene), twin_success=twin, success=won)
            for scene, (twin, won) in enumerate(pairs)
        ),
    )


def _count_run(tally: Tally, world: World, found: Sequence[Row]) -> None:
    nominal, *shifted = found
    tally.cover(CONDITION_RATE, nominal.interval, world.rate)
    tally.cover(MEAN_RATE, estimates.mean_success(shifted).interval, sum(world.rates) / world.conditions)
    tally.cover(CONDITION_DROP, shifted[0].drop_interval, world.rate - world.rates[0])
    drop, p = estimates.mean_drop(shifted), estimates.drop_p(shifted)
    tally.cover(MEAN_DROP, drop.interval, world.drop)
    tally.count(CONTRADICTION, _contradict(drop.interval, p))
    if not world.drop:
        tally.count(DROP_P, _rejects(shifted[0].drop_p))
        tally.count(AXIS_P, _rejects(p))


def _policies(world: World, runs: int, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Outcomes of two policies in all conditions of the same scenes, bool (scenes, conditions), run by run."""
    ease = rng.standard_normal((runs, world.scenes))
    others = alike(ease, SHARED_EASE, rng)
    first = np.stack(list(play((world.rate,) * world.conditions, world.correlation, ease, rng)), axis=-1)
    correlation = world.correlation if world.other_correlation is None else world.other_correlation
    other = np.stack(list(play(world.rates, correlation, others, rng)), axis=-1)
    return zip(first, other, strict=True)


def _count_difference(tally: Tally, world: World, first: np.ndarray, other: np.ndarray) -> None:
    scenes = np.repeat(np.arange(world.scenes), world.conditions).tolist()
    overall = gap(first.ravel().tolist(), other.ravel().tolist(), scenes)
    single = gap(first[:, 0].tolist(), other[:, 0].tolist(), range(world.scenes))
    tally.cover(CONDITION_DIFFERENCE, _ends(single), world.rate - world.rates[0])
    tally.cover(OVERALL_DIFFERENCE, _ends(overall), world.drop)
    tally.count(CONTRADICTION, _contradict(_ends(single), single.p))
    tally.count(CONTRADICTION, _contradict(_ends(overall), overall.p))
    if not world.drop:
        tally.count(CONDITION_P, _rejects(single.p))
        tally.count(OVERALL_P, _rejects(overall.p))


def simulate_unlike(world: World, runs: int, seed: int) -> Tally:
    """Errors about two policies of one rate that fail in unlike ways, in either order; in their successes alone."""
    rng, tally = np.random.default_rng(seed), Tally()
    for first, other in _policies(world, runs, rng):
        _count_difference(tally, world, first, other)
        for best, equal in ((first, other), (other, first)):
            _count_best(tally, world, best, equal)
    return tally


def simulate_levels(world: World, runs: int, seed: int) -> Tally:
    """Coverage and false alarms of a run's report alone."""
    tally = Tally()
    for twins, perturbed in zip(*world.outcomes(runs, np.random.default_rng(seed)), strict=True):
        _count_run(tally, world, rows_of(twins, perturbed))
    return tally


def simulate_progress(world: World, runs: int, seed: int) -> Tally:
    """Coverage and false alarms of graded scores: those of several tries in a scene, which all have the world's rate."""
    rng, tally = np.random.default_rng(seed), Tally()
    tries = replace(world, conditions=world.conditions * STAGES)
    for first, other in _policies(tries, runs, rng):
        graded = [one.reshape(world.scenes, world.conditions, STAGES).mean(axis=2) for one in (first, other)]
        pairs = [
            (scene, float(a), float(b))
            for scene in range(world.scenes)
            for a, b in zip(graded[0][scene], graded[1][scene], strict=True)
        ]
        compared = difference(pairs)
        assert compared is not None and compared.low is not None and compared.high is not None
        ends = compared.low, compared.high
        tally.cover(PROGRESS_DIFFERENCE, ends, 0.0)
        tally.count(PROGRESS_P, _rejects(compared.p))
        tally.count(CONTRADICTION, _contradict(ends, compared.p))
    return tally


def simulate_axes(world: World, levels: int, runs: int, seed: int) -> Tally:
    """Errors of what names axes, of so many levels each: "what hurts most", axes and levels of a comparison, the best.

    An axis whose levels have no drop is named wrongly; so is a level without one.
    """
    rng, tally = np.random.default_rng(seed), Tally()
    axes = [range(start, start + levels) for start in range(0, world.conditions, levels)]
    idle = [not any(world.drops[level] for level in axis) if world.drops else True for axis in axes]
    twins, perturbed = world.outcomes(runs, rng)
    for run in range(runs):
        named = {line.name for line in worst(_lines(rows_of(twins[run], perturbed[run])[1:], axes))}
        tally.count(HURTS, any(str(a) in named for a, idles in enumerate(idle) if idles))
    for first, other in _policies(world, runs, rng):
        _count_axes(tally, world, axes, idle, first, other)
    return tally


def _lines(shifted: Sequence[Row], axes: Sequence[range]) -> tuple[AxisResult, ...]:
    lines = []
    for number, axis in enumerate(axes):
        own = [shifted[level] for level in axis]
        drop, p = estimates.mean_drop(own), estimates.drop_p(own)
        line = AxisResult(
            name=str(number), kind=AXIS, rows=tuple(own), success=drop, drop=drop, drop_p=p, troubles=Counter()
        )
        lines.append(line)
    return among_all(lines)


def _count_axes(
    tally: Tally, world: World, axes: Sequence[range], idle: Sequence[bool], first: np.ndarray, other: np.ndarray
) -> None:
    by_name = {str(number): [f"{number}-{level}" for level in axis] for number, axis in enumerate(axes)}
    whole = [_line(str(number), first[:, axis], other[:, axis]) for number, axis in enumerate(axes)]
    single = [
        _line(f"{number}-{level}", first[:, level : level + 1], other[:, level : level + 1])
        for number, axis in enumerate(axes)
        for level in axis
    ]
    told_axes, _, told_levels = (
        {line.condition for line in lines if _rejects(line.gaps["B"].adjusted)}
        for lines in adjusted(whole, whole, single, {axis: [axis] for axis in by_name}, by_name)
    )
    wrong = [
        any(f"{number}-{level}" in told_levels and not (world.drops and world.drops[level]) for level in axis)
        for number, axis in enumerate(axes)
    ]
    tally.count(AXIS_DIFFERS, any(str(a) in told_axes for a, one in enumerate(idle) if one))
    tally.count(WRONG_LEVELS, sum(wrong) / max(len(told_axes), 1))
    if not world.drop:
        _count_best(tally, world, first, other)


def _count_best(tally: Tally, world: World, first: np.ndarray, other: np.ndarray) -> None:
    scenes = np.repeat(np.arange(world.scenes), world.conditions).tolist()
    outcomes = {"A": first.ravel().tolist(), "B": other.ravel().tolist()}
    best = [standing for standing in standings(outcomes, scenes) if standing.name == "A"]
    tally.count(NOT_BEST, not best[0].among_best)


def _line(name: str, first: np.ndarray, other: np.ndarray) -> ComparisonRow:
    num_scenes, num_levels = first.shape
    scenes = np.repeat(np.arange(num_scenes), num_levels).tolist()
    compared = gap(other.ravel().tolist(), first.ravel().tolist(), scenes)
    return ComparisonRow(condition=name, n=first.size, successes={}, gaps={"B": compared})


def _ends(compared: RunDifference) -> tuple[float, float] | None:
    return None if compared.low is None or compared.high is None else (compared.low, compared.high)


def _rejects(p: float | None) -> bool:
    return p is not None and p < ALPHA


def _contradict(interval: tuple[float, float] | None, p: float | None) -> bool:
    """Whether an interval holds a 0 that p rejects, or leaves out one that it does not."""
    if interval is None or p is None:
        return interval is not None or p is not None
    return (interval[0] <= 0 <= interval[1]) == _rejects(p)
