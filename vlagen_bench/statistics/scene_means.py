"""Intervals of means over episodes that share scenes: score intervals over an effective number of independent episodes.

The scene is the independent unit. If all outcomes of a scene were alike, its episodes would count as one; if they did not
depend on each other, each would count by itself. How much they count is estimated from how far scenes differ (Rao and
Scott, Biometrics 48:577, 1992), and Wilson's interval is taken over so many episodes. Two such intervals, and the
correlation of their scenes, give that of a difference. docs/statistics.md has the simulated coverage.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from vlagen_bench.statistics.intervals import score_interval

ALPHA = 0.05
PRIOR = 0.25
"""sum of squares by which the estimate leans towards scenes whose outcomes are all alike. Without it, the interval would be far
too narrow where few scenes have a failure; chosen by simulation, as a compromise of coverage and width"""
UNRELATED = 1.0
"""the same for the correlation of two means, towards 0"""
FEW = 6
"""scenes; the means of halves of fewer have no 2.5 % tail"""
DRAWS = 4000
"""random halves of the scenes"""

Interval = tuple[float, float]


def rate_interval(scenes: Iterable[Sequence[float] | np.ndarray]) -> Interval | None:
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
    return score_interval(float(rate), n, _quantile(weights))


def difference_interval(scenes: Iterable[Sequence[float]]) -> Interval | None:
    """95 % interval of a mean difference over pairs of episodes that share scenes; None without a pair.

    From the intervals of both rates and their correlation over scenes, as Newcombe does for single pairs (Statistics in
    Medicine 17:2635, 1998, method 10).

    Args:
        scenes: (successes of the first, successes of the other, pairs) of each scene; of weighted pairs the sums of weights.

    Examples:
        >>> [round(x, 2) for x in difference_interval([(9, 9, 9)] * 64)]  # no pair differs, in 64 scenes
        [-0.06, 0.06]
    """
    data = _filled(scenes, 3)
    if not len(data):
        return None
    rates = data[:, :2].sum(axis=0) / data[:, 2].sum()
    ends = [rate_interval(data[:, (which, 2)]) for which in (0, 1)]
    (low, high), (other_low, other_high) = (end or (0.0, 1.0) for end in ends)
    together = _correlation(data[:, 0] - rates[0] * data[:, 2], data[:, 1] - rates[1] * data[:, 2], data[:, 2])
    below = _joined(rates[0] - low, other_high - rates[1], together)
    above = _joined(high - rates[0], rates[1] - other_low, together)
    difference = float(rates[0] - rates[1])
    return max(-1.0, difference - below), min(1.0, difference + above)


def _joined(first: float, other: float, correlation: float) -> float:
    """Half of the interval of a difference, from those of its two sides."""
    return float(np.sqrt(max(first**2 + other**2 - 2 * correlation * first * other, 0.0)))


def _correlation(first: np.ndarray, other: np.ndarray, weights: np.ndarray) -> float:
    """Of two deviations over scenes, leaning towards 0."""
    prior = UNRELATED * float((weights**2).mean())
    return float(first @ other / np.sqrt((first @ first + prior) * (other @ other + prior)))


def agreeing(interval: Interval | None, p: float | None, scenes: Iterable[Sequence[float]]) -> Interval | None:
    """The interval of a difference that is shown beside an exact p: 0 is in it if, and only if, p is 0.05 or more.

    Where the test does not reject 0, the interval reaches 0. Where it does and the interval holds 0, the end beyond 0 is the
    one that a test of the same kind gives: the means of random halves of the scenes, between whose percentiles a true
    difference is (Hartigan, J. American Statistical Association 64:1303, 1969).

    Args:
        interval: of `difference_interval`.
        p: exact, of the hypothesis that there is no difference.
        scenes: as of `difference_interval`.
    """
    if interval is None or p is None:
        return interval
    low, high = interval
    if p >= ALPHA:
        return min(low, 0.0), max(high, 0.0)
    if not low <= 0 <= high:
        return interval
    first, other, pairs = _filled(scenes, 3).T
    sign = 1.0 if first.sum() > other.sum() else -1.0
    near = sign * _least(sign * (first - other), pairs)
    return (near, max(high, near)) if sign > 0 else (min(low, near), near)


def _least(differences: np.ndarray, pairs: np.ndarray) -> float:
    """The least mean difference, above 0, that the means of random halves of the scenes do not exclude.

    Fewer than `FEW` scenes exclude none but 0, which stands at one pair from it.
    """
    if len(differences) < FEW:
        return float(min(1.0, differences.sum()) / pairs.sum())
    halves = np.random.default_rng(0).random((DRAWS, len(differences))) < 0.5
    halves = halves[halves.any(axis=1)]
    means = halves @ differences / (halves @ pairs)
    end = float(np.quantile(means, ALPHA / 2))
    return end if end > 0 else float(means[means > 0].min(initial=differences.sum() / pairs.sum()))


def _filled(scenes: Iterable[Sequence[float] | np.ndarray], width: int) -> np.ndarray:
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
