"""The power of a suite as it is: the smallest drop of a group, axis or condition, and the smallest difference of two policies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

from vlagen_bench.diagnostics.suite_designs import (
    ALPHA,
    CORRELATIONS,
    POWER,
    RATE,
    largest_difference,
    smallest,
    told_apart,
)
from vlagen_bench.plan import rotation
from vlagen_bench.plan.conditions import by_axis
from vlagen_bench.statistics.power import paired_power
from vlagen_bench.types import Suite

RUNS = 60


@dataclass(frozen=True, kw_only=True)
class Told:
    """What can be told, in how many pairs or scenes, and from which size on."""

    question: str
    n: str
    """pairs, or scenes"""
    points: tuple[int | None, ...]
    """the smallest that is found with `POWER`, at each of `CORRELATIONS`; None: not even `suite_designs.LARGEST`"""


def told(suite: Suite, nominal: str, runs: int = RUNS) -> Iterator[Told]:
    """The questions that a report or comparison of the suite asks, from the top.

    Drops are means over the episodes of a group or axis, in single pairs, by exact calculation of McNemar's power; the difference
    of two policies is simulated, as `vlagen compare` tests it. Holm is taken at its worst: nothing else is found.

    Args:
        suite: whose questions they are.
        nominal: its condition without perturbation.
        runs: simulated for each number.
    """
    indices = rotation.indices_of(suite)
    shifted = {axis: names for axis, names in by_axis(suite.conditions).items() if axis != nominal}
    if suite.groups:
        groups = len(suite.groups)
        yield _drop(f"a group of axes, one of {groups}", [suite.episodes], ALPHA / groups / 2)
        for size in sorted({len(members) for members in suite.groups.values() if len(members) > 1}):
            axes = [axis for members in suite.groups.values() if len(members) == size for axis in members]
            pairs = [sum(len(indices[name]) for name in shifted[axis]) for axis in axes]
            yield _drop(f"an axis in a group of {size}", pairs, ALPHA / groups / 2 / size)
    else:
        single = [len(indices[names[0]]) for names in shifted.values() if len(names) == 1]
        if single:
            yield _drop(f"an axis of one condition, one of {len(shifted)} axes", single, ALPHA / len(shifted))
    scenes, conditions = suite.episodes, round(rotation.played(suite) / suite.episodes)
    yield Told(
        question="two policies, over all conditions",
        n=f"{scenes} scenes",
        points=tuple(_policies(scenes, conditions, correlation, runs) for correlation in CORRELATIONS),
    )


def _drop(question: str, pairs: Sequence[int], alpha: float) -> Told:
    counts = dict.fromkeys((min(pairs), max(pairs)))
    return Told(
        question=question,
        n=f"{' to '.join(map(str, counts))} pairs",
        points=tuple(smallest_drop(min(pairs), alpha, correlation) for correlation in CORRELATIONS),
    )


def smallest_drop(pairs: int, alpha: float, correlation: float) -> int | None:
    """The smallest drop, in points, that McNemar's exact test finds in so many pairs; None: none does."""
    return smallest(lambda drop: paired_power(pairs, min(drop, RATE), discordance(min(drop, RATE), correlation), alpha))


def discordance(drop: float, correlation: float) -> float:
    """The share of pairs that disagree, where the twins' rate is `RATE` and outcomes of a scene correlate."""
    other = RATE - drop
    both = RATE * other + correlation * sqrt(RATE * (1 - RATE) * other * (1 - other))
    return max(RATE + other - 2 * both, drop)


def _policies(scenes: int, conditions: int, correlation: float, runs: int) -> int | None:
    return smallest(
        lambda difference: told_apart(scenes, conditions, min(difference, largest_difference()), correlation, runs)
    )


ASSUMED = (
    f"With a power of {POWER:.0%}, where clean twins succeed in {RATE:.0%} and two outcomes of a policy in one scene correlate "
    f"by {CORRELATIONS[0]:g} (a policy with chance in it) or {CORRELATIONS[1]:g} (one that does the same again)."
)
