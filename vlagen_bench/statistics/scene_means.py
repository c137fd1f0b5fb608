"""Intervals of means over episodes that share scenes: score intervals over an effective number of independent episodes.

The scene is the independent unit. If all outcomes of a scene were alike, its episodes would count as one; if they did not
depend on each other, each would count by itself. How much they count is estimated from how far scenes differ, by Rao and
Scott (Biometrics 48:577, 1992), and Wilson's or Tango's interval is taken over so many episodes. Simulation chose this
from a bootstrap of scenes, Student's t, Gaffke's bound, and others: `vlagen bench statistics`, docs/statistics.md.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from vlagen_bench.statistics import intervals, paired

ALPHA = 0.05
PRIOR = 0.25
"""episodes' worth of variance by which the estimate leans towards scenes whose outcomes are all alike; so the interval does
not shrink to a point where no scene differs, as it would with 0"""
DRAWS = 4000
"""random halves of the scenes"""

Interval = tuple[float, float]


def rate_interval(scenes: Iterable[tuple[float, float]]) -> Interval | None:
    """95 % interval of a success rate over episodes that share scenes; None without an episode.

    Args:
        scenes: (successes, episodes) of each scene; of weighted episodes the sums of weights.

    Examples:
        >>> [round(x, 3) for x in rate_interval([(9, 9)] * 64)]  # no failure seen, in 64 scenes
        [0.941, 1.0]
    """
    data = _filled(scenes, 2)
    if len(data) < 2:
        return (0.0, 1.0) if len(data) else None
    successes, weights = data.T
    rate = successes.sum() / weights.sum()
    n = _effective(successes - rate * weights, rate * (1 - rate), weights)
    return intervals.score_interval(float(rate), n, _quantile(weights))


def difference_interval(scenes: Iterable[tuple[float, float, float]]) -> Interval | None:
    """95 % interval of a mean difference over pairs of episodes that share scenes; None without a pair.

    Args:
        scenes: (pairs that only the first won, pairs that only the other won, pairs) of each scene.

    Examples:
        >>> [round(x, 2) for x in difference_interval([(0, 0, 9)] * 64)]  # no pair differs, in 64 scenes
        [-0.06, 0.06]
    """
    data = _filled(scenes, 3)
    if len(data) < 2:
        return (-1.0, 1.0) if len(data) else None
    first, other, weights = data.T
    only_first, only_other = (float(won.sum() / weights.sum()) for won in (first, other))
    difference = only_first - only_other
    n = _effective(first - other - difference * weights, only_first + only_other - difference**2, weights)
    return paired.score_interval(only_first, only_other, n, _quantile(weights))


def agreeing(interval: Interval | None, p: float | None, differences: Sequence[float]) -> Interval | None:
    """The interval of a difference that is shown beside an exact p: 0 is in it if, and only if, p is 0.05 or more.

    Where the test does not reject 0, the interval reaches 0. Where it does and the interval holds 0, the end beyond 0 is the
    one that a test of the same kind gives: the means of random halves of the scenes, of which a true difference has 95 %
    within their percentiles (Hartigan, J. American Statistical Association 64:1303, 1969).

    Args:
        interval: of `difference_interval`.
        p: exact, of the hypothesis that there is no difference.
        differences: of each scene.
    """
    if interval is None or p is None:
        return interval
    low, high = interval
    if p >= ALPHA:
        return min(low, 0.0), max(high, 0.0)
    if not low <= 0 <= high:
        return interval
    values = np.asarray(differences, dtype=float)
    sign = 1.0 if values.sum() > 0 else -1.0
    near = sign * _least(sign * values)
    return (near, max(high, near)) if sign > 0 else (min(low, near), near)


def _least(differences: np.ndarray) -> float:
    """The least mean difference, above 0, that the means of random halves of the scenes do not exclude."""
    chosen = np.random.default_rng(0).random((DRAWS, len(differences))) < 0.5
    chosen = chosen[chosen.any(axis=1)]
    means = (chosen @ differences) / chosen.sum(axis=1)
    end = float(np.quantile(means, ALPHA / 2))
    return end if end > 0 else float(min(means[means > 0], default=differences.mean()))


def _filled(scenes: Iterable[Sequence[float]], width: int) -> np.ndarray:
    """The scenes that have an episode."""
    data = np.array([tuple(scene) for scene in scenes], dtype=float).reshape(-1, width)
    return data[data[:, -1] > 0]


def _effective(deviations: np.ndarray, variance: float, weights: np.ndarray) -> float:
    """How many independent episodes know the mean as well as these scenes do: at least as many as there are scenes.

    Args:
        deviations: of each scene's total from what the mean says.
        variance: of a single episode.
        weights: episodes of each scene.
    """
    num_scenes, squares = len(weights), float((weights**2).sum())
    prior = PRIOR * squares / num_scenes
    seen = float((deviations**2).sum()) * num_scenes / (num_scenes - 1) + prior
    alike = variance * squares + prior
    return float(weights.sum() ** 2 / squares * max(alike / seen, 1.0))


def _quantile(weights: np.ndarray) -> float:
    """Student's, since the variance between scenes is estimated."""
    from scipy.special import stdtrit  # only here, since it takes a while to load

    num_scenes = float(weights.sum() ** 2 / (weights**2).sum())
    return float(stdtrit(max(num_scenes - 1, 1.0), 1 - ALPHA / 2))
