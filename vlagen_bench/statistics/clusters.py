"""Inference over episodes that share their scene: scenes are resampled, or have their signs flipped.

A cluster is one index of a plan: its episodes, one a condition, have the same base draws (object, receptacle, places), so
they are not independent of each other. Different indices are.
"""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist

import numpy as np


def resampled(num_clusters: int, draws: int, seed: int) -> np.ndarray:
    """How often each cluster is in each bootstrap sample: float (draws, num_clusters), rows sum to `num_clusters`."""
    chances = np.full(num_clusters, 1 / num_clusters)
    return np.random.default_rng(seed).multinomial(num_clusters, chances, size=draws).astype(float)


def percentiles(values: np.ndarray, num_clusters: int, confidence: float) -> np.ndarray:
    """The ends of the expanded percentile interval of bootstrapped `values` (draws, ...): array (2, ...).

    Hesterberg, The American Statistician 69:371, 2015: percentiles so far out that a mean of few clusters gets about the
    interval that Student's t would give it, which plain percentiles are too narrow for.
    """
    from scipy.special import stdtrit  # only here, since it takes a while to load

    quantile = stdtrit(num_clusters - 1, 0.5 + confidence / 2)
    tail = NormalDist().cdf(-sqrt(num_clusters / (num_clusters - 1)) * quantile)
    ends: np.ndarray = np.quantile(values, (tail, 1 - tail), axis=0)
    return ends


def sign_flip(sums: Sequence[int]) -> float | None:
    """Exact two-sided p of the hypothesis that two policies are interchangeable in every cluster; None without one.

    Under it, exchanging the policies' outcomes in a cluster changes nothing, so all signs of its sum are equally likely
    (Fisher's randomization test, The Design of Experiments, 1935). With one episode a cluster it is McNemar's exact test.

    Args:
        sums: per cluster, episodes that only the first won, minus those that only the other won.

    Examples:
        >>> sign_flip([1, 1, 1, 0]), sign_flip([3, 3, 3]), sign_flip([0, 0])
        (0.25, 0.25, 1.0)
    """
    if not len(sums):
        return None
    return min(1.0, 2 * min(sign_flip_greater(sums), sign_flip_greater([-total for total in sums])))


def sign_flip_greater(sums: Sequence[int]) -> float:
    """The one-sided p of `sign_flip`: that the first is no better.

    Examples:
        >>> sign_flip_greater([2, 1, -1])
        0.375
    """
    chances = np.ones(1)  # of each value of the sum, from the least on; exact up to rounding in floats
    for size in (abs(total) for total in sums if total):
        flipped = np.zeros(len(chances) + 2 * size)
        flipped[: len(chances)] += chances / 2
        flipped[2 * size :] += chances / 2
        chances = flipped
    least = -sum(map(abs, sums))
    return float(min(1.0, chances[sum(sums) - least :].sum()))
