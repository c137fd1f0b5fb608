"""Intervals of a success rate, and of a weighted sum of independent rates."""

from collections.abc import Iterable
from math import sqrt
from statistics import NormalDist


def wilson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a rate, the one that tables show; (0, 1) where there is no data.

    Wilson, J. American Statistical Association 22:209, 1927. Its coverage is near `confidence` on average over rates,
    and may fall a little below it for some.

    Examples:
        >>> [round(x, 4) for x in wilson(0, 20)]
        [0.0, 0.1611]
    """
    if n == 0:
        return 0.0, 1.0
    return score_interval(successes / n, n, NormalDist().inv_cdf(0.5 + confidence / 2))


def score_interval(rate: float, n: float, quantile: float) -> tuple[float, float]:
    """Wilson's interval of a rate over `n` episodes, which need not be a whole number, out to this normal quantile."""
    square = quantile * quantile / n
    centre = (rate + square / 2) / (1 + square)
    half = sqrt(square) / (1 + square) * sqrt(rate * (1 - rate) + square / 4)
    return max(0.0, centre - half), min(1.0, centre + half)


def clopper_pearson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of a rate, for guarantees; (0, 1) where there is no data.

    Clopper and Pearson, Biometrika 26:404, 1934. It covers any rate with at least `confidence`, and is wider for that.

    Examples:
        >>> [round(x, 4) for x in clopper_pearson(20, 20)]
        [0.8316, 1.0]
    """
    from scipy.special import betaincinv  # only here, since it takes a while to load

    tail, failures = (1 - confidence) / 2, n - successes
    low = float(betaincinv(successes, failures + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, failures, 1 - tail)) if failures else 1.0
    return low, high


def weighted_sum_interval(
    terms: Iterable[tuple[float, int, int]], confidence: float = 0.95
) -> tuple[float, float] | None:
    """Interval of a weighted sum of independent rates, from the Wilson interval of each; None without any, or if one has no data.

    The method is Newcombe's (Statistics in Medicine 17:873, 1998, method 10), in the general form of Zou, Huang and
    Zhang (Computational Statistics and Data Analysis 53:1080, 2009).

    Args:
        terms: (weight, successes, n) of each rate.
        confidence: of the interval.
    """
    terms = list(terms)
    if not terms or any(n == 0 for _, _, n in terms):
        return None
    total = below = above = 0.0
    for weight, successes, n in terms:
        rate = successes / n
        low, high = wilson(successes, n, confidence)
        down, up = (rate - low, high - rate) if weight > 0 else (high - rate, rate - low)
        total += weight * rate
        below += (weight * down) ** 2
        above += (weight * up) ** 2
    return total - sqrt(below), total + sqrt(above)


def newcombe(successes: int, n: int, other_successes: int, other_n: int) -> tuple[float, float] | None:
    """95 % interval of the first rate minus the other, of two independent samples; None where one has no data.

    Examples:
        >>> [round(x, 4) for x in newcombe(56, 70, 48, 80)]
        [0.0524, 0.3339]
    """
    return weighted_sum_interval([(1.0, successes, n), (-1.0, other_successes, other_n)])
