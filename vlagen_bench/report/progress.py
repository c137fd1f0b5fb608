"""Progress of episodes: means by condition or kind with intervals over scenes, how many came to each stage, and differences."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean
from typing import Any

from vlagen_bench.report.averages import NOMINAL
from vlagen_bench.statistics.intervals import score_interval
from vlagen_bench.statistics.randomization import sign_flip_real
from vlagen_bench.statistics.scene_means import rate_interval, tested

METRIC = "progress"
ALL_SHIFTED = "all shifted"
ROUNDING = 1e-3
"""of a stored progress, which has four decimals"""

NORMAL = NormalDist().inv_cdf(0.975)

Record = Mapping[str, Any]
Cell = tuple[Hashable, float]
"""scene, and the progress of one of its episodes, or a difference of two"""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The mean progress of some episodes, with its 95 % interval; None where nothing can be said of that."""

    name: str
    """a condition, a kind of conditions, or `all shifted`"""
    mean: float
    low: float | None
    high: float | None
    n: int
    """episodes"""
    scenes: int
    values: tuple[float, ...]

    def came_to(self, stage: int, stages: int) -> float:
        """The share of the episodes that came to this stage, from 1, of so many before success, or further."""
        least = stage / (stages + 1) - ROUNDING
        return sum(value >= least for value in self.values) / self.n


@dataclass(frozen=True, kw_only=True)
class ProgressDifference:
    """Progress of a run minus that of another, over the same episodes."""

    value: float
    low: float | None
    """95 % interval over scenes, which holds 0 if p is 0.05 or more"""
    high: float | None
    p: float | None
    """of no difference: the larger one of the interval's and of the test that flips the signs of whole scenes"""


def of_conditions(
    planned: Iterable[Record], results: Mapping[str, Record], name: str, conditions: Iterable[str]
) -> Progress | None:
    """The mean over the episodes of some conditions, each episode counting the same.

    Errors have no progress. None without an episode, and where one of a run of an earlier release does not say it.
    """
    wanted = set(conditions)
    cells: list[Cell] = []
    for episode in planned:
        record = results.get(episode["id"])
        if episode["condition"] not in wanted or record is None or record["outcome"] == "error":
            continue
        value = progress_of(record)
        if value is None:
            return None
        cells.append((scene_of(episode), value))
    if not cells:
        return None
    scenes: dict[Hashable, list[float]] = {}
    for scene, value in cells:
        sums = scenes.setdefault(scene, [0.0, 0.0])
        sums[0], sums[1] = sums[0] + value, sums[1] + 1
    low, high = _interval(scenes, cells)
    return Progress(
        name=name, mean=fmean(value for _, value in cells), low=low, high=high, n=len(cells), scenes=len(scenes),
        values=tuple(value for _, value in cells),
    )  # fmt: skip


def _interval(scenes: Mapping[Hashable, Sequence[float]], cells: Sequence[Cell]) -> tuple[float | None, float | None]:
    """95 % interval over scenes; where each has one episode, no wider than that of a success rate with the same mean.

    No variance of numbers from 0 to 1 is larger than that of successes with their mean, so that Wilson's interval holds for them
    too, and needs no estimate of a variance: of a policy that always succeeds it is that of its rate.
    """
    low, high = rate_interval(scenes.values(), graded=True) or (None, None)
    if low is None or high is None or len(scenes) < len(cells):
        return low, high
    bound = score_interval(fmean(value for _, value in cells), len(cells), NORMAL)
    return max(low, bound[0]), min(high, bound[1])


def by_kind(
    planned: Sequence[Record], results: Mapping[str, Record], groups: Mapping[str, str]
) -> tuple[Progress, ...]:
    """One for each kind of conditions, and one for all that are shifted."""
    kinds: dict[str, list[str]] = {}
    for condition, kind in groups.items():
        kinds.setdefault(kind, []).append(condition)
    if len([kind for kind in kinds if kind != NOMINAL]) > 1:
        kinds[ALL_SHIFTED] = [condition for condition, kind in groups.items() if kind != NOMINAL]
    found = (of_conditions(planned, results, kind, conditions) for kind, conditions in kinds.items())
    return tuple(one for one in found if one is not None)


def by_condition(
    planned: Sequence[Record], results: Mapping[str, Record], conditions: Iterable[str]
) -> tuple[Progress, ...]:
    """One for each condition that has an episode with an outcome."""
    mine: dict[str, list[Record]] = {}
    for episode in planned:
        mine.setdefault(episode["condition"], []).append(episode)
    found = (of_conditions(mine.get(name, []), results, name, (name,)) for name in conditions)
    return tuple(one for one in found if one is not None)


def progress_of(record: Record) -> float | None:
    """The progress of an episode; None for one that ended as an error, or does not say."""
    value = record.get("metrics", {}).get(METRIC)
    return None if value is None or record["outcome"] == "error" else float(value)


def scene_of(episode: Record) -> Hashable:
    """What episodes share that have the same base draws."""
    return episode.get("seed"), episode.get("index", episode["id"])


def difference(
    pairs: Sequence[tuple[Hashable, float, float]],
) -> ProgressDifference | None:
    """The difference over pairs of (scene, progress of the run, progress of the other); None without one."""
    if not pairs:
        return None
    scenes: dict[Hashable, list[float]] = {}
    for scene, own, other in pairs:
        sums = scenes.setdefault(scene, [0.0, 0.0, 0.0])
        sums[0], sums[1], sums[2] = sums[0] + own, sums[1] + other, sums[2] + 1
    flipped = sign_flip_real([own - other for own, other, _ in scenes.values()])
    interval, p = tested(scenes.values(), flipped, graded=True)
    low, high = interval or (None, None)
    return ProgressDifference(value=fmean(own - other for _, own, other in pairs), low=low, high=high, p=p)
