"""Intervals of means of real values, such as seconds or newtons, over episodes that share scenes.

The scene is the independent unit. The mean is a ratio of sums over scenes, its variance that of the scenes' residuals
(Cochran, Sampling Techniques, 3rd edition, 1977, section 6.3), its interval Student's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from vlagen_bench.statistics.randomization import sign_flip_real
from vlagen_bench.statistics.scene_means import Interval, filled

ALPHA = 0.05
ROUNDING = 1e-9
"""residuals below this, as a share of the sum of sizes, are of scenes that agree"""


@dataclass(frozen=True, kw_only=True)
class RealDifference:
    """The mean of paired differences."""

    value: float
    interval: Interval | None
    """95 %; None for a single scene, and where all scenes agree; 0 is in it if, and only if, p is 0.05 or more"""
    p: float
    """of no difference: the larger one of the interval's and of the test that flips the signs of whole scenes"""


def mean_interval(scenes: Iterable[Sequence[float]], *, least: float | None = None) -> Interval | None:
    """95 % interval of a mean; None for less than two scenes, and where all agree, which says nothing of their spread.

    Args:
        scenes: (sum of values, episodes) of each scene.
        least: no value can be below it, so the interval is cut there.

    Examples:
        >>> [round(x, 2) for x in mean_interval([(2.0, 1), (4.0, 1), (3.0, 1)])]
        [0.52, 5.48]
        >>> mean_interval([(2.0, 1), (4.0, 2)]) is None
        True
    """
    data = filled(scenes, 2)
    spread = _spread(data)
    if spread is None:
        return None
    from scipy.special import stdtrit  # only here, since it takes a while to load

    mean, error, freedom = spread
    half = error * float(stdtrit(freedom, 1 - ALPHA / 2))
    return (mean - half if least is None else max(least, mean - half), mean + half)


def paired_difference(scenes: Iterable[Sequence[float]]) -> RealDifference | None:
    """The mean difference over pairs of episodes that share scenes; None without a pair.

    Args:
        scenes: (sum of differences, pairs) of each scene.
    """
    from scipy.special import stdtr  # only here, since it takes a while to load

    data = filled(scenes, 2)
    flipped = sign_flip_real([total for total, _ in data])
    if flipped is None:
        return None
    value, spread = float(data[:, 0].sum() / data[:, 1].sum()), _spread(data)
    if spread is None:
        return RealDifference(value=value, interval=None, p=flipped)
    _, error, freedom = spread
    p = max(flipped, 2 * float(stdtr(freedom, -abs(value) / error)))
    interval = mean_interval(data)
    assert interval is not None, "there is a spread"
    if p >= ALPHA:
        interval = min(interval[0], 0.0), max(interval[1], 0.0)
    return RealDifference(value=value, interval=interval, p=p)


def _spread(data: np.ndarray) -> tuple[float, float, float] | None:
    """Mean, standard error and degrees of freedom; None where nothing is known of the error."""
    num_scenes = len(data)
    if num_scenes < 2:
        return None
    totals, counts = data.T
    mean = float(totals.sum() / counts.sum())
    residuals = totals - mean * counts
    if np.abs(residuals).max() <= ROUNDING * max(float(np.abs(totals).sum()), ROUNDING):
        return None
    variance = num_scenes / (num_scenes - 1) * float((residuals**2).sum()) / float(counts.sum()) ** 2
    freedom = max(float(counts.sum() ** 2 / (counts**2).sum()) - 1, 1.0)
    return mean, sqrt(variance), freedom
