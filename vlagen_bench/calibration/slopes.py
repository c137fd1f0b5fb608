"""What an axis does to a learned policy, level by level: the fall over its levels, tested, and levels that are too easy or too hard."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np

from vlagen_bench.calibration.curves import CalibrationCurve, Drop
from vlagen_bench.statistics.multiplicity import holm
from vlagen_bench.statistics.paired import mcnemar
from vlagen_bench.statistics.power import paired_power
from vlagen_bench.statistics.real_means import paired_difference

ALPHA, POWER = 0.05, 0.8
EASY, HARD = 0.9, 0.1
"""shares of what the clean twins do: a level that leaves so much, or more, is too easy; so little, or less, too hard"""
GAINED = 0.05
"""share of pairs that a perturbation is supposed to win by chance, for the power of a level"""

Verdict = Literal["hurts", "may hurt", "no slope seen", "may help", "helps"]


@dataclass(frozen=True, kw_only=True)
class Slope:
    """What is known of a policy on an axis in a task."""

    axis: str
    kind: str
    task: str
    policy: str
    version: str
    levels: tuple[tuple[str, Drop], ...]
    """levels in order, or settings"""
    sized: bool
    """whether they are levels of one size, so that there is a slope"""
    fall: float
    """of the success rate: over levels by least squares, from the clean twins to the last level; of settings the mean drop"""
    interval: tuple[float, float] | None
    """95 %; None: no episode tells anything, since all end alike"""
    p: float
    """of no fall and no rise"""
    adjusted: float = 1.0
    """p by Holm's method over all axes of this policy and task"""

    @property
    def episodes(self) -> int:
        """Played at each level."""
        return self.levels[0][1].pairs

    @property
    def twin_rate(self) -> float:
        """Success of the clean twins."""
        return sum(drop.twin_successes for _, drop in self.levels) / sum(drop.pairs for _, drop in self.levels)

    @property
    def mean_drop(self) -> float:
        """The mean over all levels: of an axis whose first level takes everything it says more than the fall."""
        return sum(drop.drop for _, drop in self.levels) / len(self.levels)

    @property
    def verdict(self) -> Verdict:
        """What the numbers allow to say."""
        if self.p >= ALPHA:
            return "no slope seen"
        if self.fall > 0:
            return "hurts" if self.adjusted < ALPHA else "may hurt"
        return "helps" if self.adjusted < ALPHA else "may help"

    @property
    def too_easy(self) -> tuple[str, ...]:
        """Levels at which nearly everything is kept, by the estimate."""
        return tuple(which for which, drop in self.levels if drop.twin_successes and _kept(drop) >= EASY)

    @property
    def too_hard(self) -> tuple[str, ...]:
        """Levels at which nearly nothing is kept, by the estimate."""
        return tuple(which for which, drop in self.levels if drop.twin_successes and _kept(drop) <= HARD)

    @property
    def advice(self) -> str:
        """What the levels' sizes should become, if anything."""
        if not self.sized or not any(drop.twin_successes for _, drop in self.levels):
            return ""
        first, last = self.levels[0][0], self.levels[-1][0]
        if last in self.too_easy and self.verdict == "no slope seen":
            return "larger sizes, if they stay solvable"
        if first in self.too_hard:
            return "smaller sizes from the first level on"
        if len(self.too_hard) > 1:
            return "smaller last sizes"
        return ""


def _kept(drop: Drop) -> float:
    return drop.successes / drop.twin_successes


def slopes(curve_list: Iterable[CalibrationCurve], policy: str) -> tuple[Slope, ...]:
    """Every axis that is wholly recorded for a policy, with p adjusted in each task; the largest mean drop first."""
    every = [slope for curve in curve_list if (slope := slope_of(curve, policy)) is not None]
    adjusted: dict[tuple[str, str], float | None] = {}
    for task in {slope.task for slope in every}:
        adjusted |= holm({(task, slope.axis): slope.p for slope in every if slope.task == task})
    known = [replace(slope, adjusted=adjusted[slope.task, slope.axis] or 0.0) for slope in every]
    return tuple(sorted(known, key=lambda slope: (slope.task, not slope.sized, -slope.mean_drop, slope.axis)))


def slope_of(curve: CalibrationCurve, policy: str) -> Slope | None:
    """What is known on one axis; None where a level, or the outcomes of its episodes, are not recorded."""
    named = {point.which: point.drops.get(policy) for point in curve.points if point.which != "0"}
    levels = tuple((which, drop) for which, drop in named.items() if drop is not None and drop.outcomes)
    if not levels or len(levels) < len(named) or len({(drop.pairs, drop.version) for _, drop in levels}) > 1:
        return None
    sized = all(which.isdigit() for which in named)
    fall, interval, p = _fall([drop for _, drop in levels], sized)
    return Slope(
        axis=curve.axis, kind=curve.kind, task=curve.task, policy=policy, version=levels[0][1].version, levels=levels,
        sized=sized, fall=fall, interval=interval, p=p,
    )  # fmt: skip


def _fall(drops: Sequence[Drop], sized: bool) -> tuple[float, tuple[float, float] | None, float]:
    """The fall, its interval and its p. An episode at all levels is one scene: its draws and its clean twin are the same."""
    own = np.array([[int(mark) for mark in drop.outcomes] for drop in drops], dtype=float)
    twins = np.array([[int(mark) for mark in drop.twin_outcomes] for drop in drops], dtype=float)
    if sized:
        at = np.arange(len(drops) + 1) - len(drops) / 2
        falls = -(at @ np.vstack([twins[:1], own])) * len(drops) / float(at @ at)
    else:
        falls = (twins - own).mean(axis=0)
    found = paired_difference([(float(fall), 1.0) for fall in falls])
    assert found is not None, "a level has episodes"
    p = found.p
    if len(drops) == 1:  # exact, as everywhere else where a pair has two outcomes
        p = mcnemar(int((falls > 0).sum()), int((falls < 0).sum()))
    interval = found.interval
    if interval is not None and not sized:  # a mean of differences of outcomes is between -1 and 1
        interval = max(interval[0], -1.0), min(interval[1], 1.0)
    return found.value, interval, p


def least_drop(episodes: int) -> float | None:
    """The smallest drop at one level that is found with the power `POWER`, before any adjustment; None: no drop is."""
    candidates = (share / 100 for share in range(1, 101 - round(200 * GAINED)))
    wanted = (drop for drop in candidates if paired_power(episodes, drop, drop + 2 * GAINED, ALPHA) >= POWER)
    return next(wanted, None)


def least_fall(episodes: int, levels: int) -> float:
    """The smallest fall over all levels that is found so at worst: half succeed, and levels of an episode are unrelated."""
    at = np.arange(levels + 1) - levels / 2
    quantiles = NormalDist().inv_cdf(1 - ALPHA / 2) + NormalDist().inv_cdf(POWER)
    return float(quantiles * levels * sqrt(0.25 / (episodes * float(at @ at))))
