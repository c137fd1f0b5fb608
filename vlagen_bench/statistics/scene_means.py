"""Intervals of means over episodes that share scenes: score intervals over an effective number of independent episodes.

The scene is the independent unit. If all outcomes of a scene were alike, its episodes would count as one; if they did not
depend on each other, each would count by itself. How much they count is estimated from how far scenes differ (Rao and
Scott, Biometrics 48:577, 1992), and Wilson's interval is taken over so many episodes. Two such intervals, and the
correlation of their scenes, give that of a difference. docs/statistics.md has the simulated coverage.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from vlagen_bench.statistics.intervals import score_interval

ALPHA = 0.05
PRIOR = 0.25
"""sum of squares by which the estimate leans towards scenes whose outcomes are all alike. Without it, the interval would be far
too narrow where few scenes have a failure; chosen by simulation, as a compromise of coverage and width. It is divided by one
more than the scenes of both successes and failures, since these show how alike the outcomes of a scene are"""
UNRELATED = 1.0
"""the same for the correlation of two means, towards 0, by the side that has fewer such scenes"""
LARGEST = 1000.0
"""quantile; an interval that leaves out 0 even there has the p of that"""
HALVINGS = 60
ROUNDING = 1e-9
"""of sums of weights"""

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class _Rate:
    """What the interval of a rate is made of, at any level."""

    rate: float
    n: float | None
    """effective number of independent episodes; None: a single scene says nothing of others"""

    def interval(self, quantile: float) -> Interval:
        return (0.0, 1.0) if self.n is None else score_interval(self.rate, self.n, quantile)


def _rate(data: np.ndarray, graded: bool) -> _Rate:
    successes, weights = data.T
    rate = float(successes.sum() / weights.sum())
    if len(data) < 2:
        return _Rate(rate=rate, n=None)
    prior = PRIOR * float((weights**2).mean()) / (1 + _mixed(successes, weights, graded))
    return _Rate(rate=rate, n=_effective(successes - rate * weights, rate * (1 - rate), weights, prior))


def rate_interval(scenes: Iterable[Sequence[float] | np.ndarray], *, graded: bool = False) -> Interval | None:
    """95 % interval of a success rate over episodes that share scenes; None without an episode.

    Args:
        scenes: (successes, episodes) of each scene; of weighted episodes the sums of weights.
        graded: whether they are sums of scores between 0 and 1, not of successes.

    Examples:
        >>> [round(x, 3) for x in rate_interval([(9, 9)] * 64)]  # no failure seen, in 64 scenes
        [0.941, 1.0]
    """
    data = filled(scenes, 2)
    return _rate(data, graded).interval(_quantile(data[:, 1])) if len(data) else None


@dataclass(frozen=True, kw_only=True)
class _Difference:
    """What the interval of a difference is made of, at any level."""

    first: _Rate
    other: _Rate
    correlation: float
    freedom: float

    @classmethod
    def of(cls, data: np.ndarray, graded: bool) -> "_Difference":
        first, other = (_rate(data[:, (which, 2)], graded) for which in (0, 1))
        pairs = data[:, 2]
        prior = (
            UNRELATED * float((pairs**2).mean()) / (1 + min(_mixed(data[:, which], pairs, graded) for which in (0, 1)))
        )
        together = _correlation(data[:, 0] - first.rate * pairs, data[:, 1] - other.rate * pairs, prior)
        return cls(first=first, other=other, correlation=together, freedom=_freedom(pairs))

    def interval(self, quantile: float) -> Interval:
        (low, high), (other_low, other_high) = self.first.interval(quantile), self.other.interval(quantile)
        rate, other = self.first.rate, self.other.rate
        below = _joined(rate - low, other_high - other, self.correlation)
        above = _joined(high - rate, other - other_low, self.correlation)
        return max(-1.0, rate - other - below), min(1.0, rate - other + above)

    def holds_0(self, quantile: float) -> bool:
        low, high = self.interval(quantile)
        return low <= 0 <= high


def difference_interval(scenes: Iterable[Sequence[float]], *, graded: bool = False) -> Interval | None:
    """95 % interval of a mean difference over pairs of episodes that share scenes; None without a pair.

    From the intervals of both rates and their correlation over scenes, as Newcombe does for single pairs (Statistics in
    Medicine 17:2635, 1998, method 10).

    Args:
        scenes: (successes of the first, successes of the other, pairs) of each scene; of weighted pairs the sums of weights.
        graded: as of `rate_interval`.

    Examples:
        >>> [round(x, 2) for x in difference_interval([(9, 9, 9)] * 64)]  # no pair differs, in 64 scenes
        [-0.06, 0.06]
    """
    data = filled(scenes, 3)
    return _Difference.of(data, graded).interval(_quantile(data[:, 2])) if len(data) else None


def difference_p(scenes: Iterable[Sequence[float]], *, graded: bool = False) -> float | None:
    """Two-sided p of no difference: 1 less the confidence at which the end of `difference_interval` is at 0.

    It holds for equal rates, however alike the outcomes of a scene are on either side. None without a pair.

    Args:
        scenes: as of `difference_interval`.
        graded: as of `rate_interval`.

    Examples:
        >>> round(difference_p([(9, 5, 9)] * 8), 4)
        0.0401
    """
    from scipy.special import stdtr  # only here, since it takes a while to load

    data = filled(scenes, 3)
    if not len(data):
        return None
    difference = _Difference.of(data, graded)
    usual = _quantile(data[:, 2])
    inside, outside = (usual, 0.0) if difference.holds_0(usual) else (LARGEST, usual)
    for _ in range(
        HALVINGS
    ):  # from the usual quantile on, so that p is below 0.05 just where that interval leaves out 0
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if difference.holds_0(middle) else (inside, middle)
    return min(1.0, 2 * float(stdtr(difference.freedom, -(outside if inside == usual else inside))))


def difference_p_greater(scenes: Iterable[Sequence[float]]) -> float:
    """The one-sided p of `difference_p`: that the first is no better; 1 without a pair."""
    data = filled(scenes, 3)
    half = (difference_p(data) or 0.0) / 2 if len(data) else 0.0
    return half if len(data) and data[:, 0].sum() > data[:, 1].sum() else 1.0 - half


def tested(
    scenes: Iterable[Sequence[float]], randomized: float | None, *, graded: bool = False
) -> tuple[Interval | None, float | None]:
    """The interval and the p of a difference that are shown side by side: 0 is in it if, and only if, p is 0.05 or more.

    p is the larger one of a randomization test's and of `difference_p`: the first is exact where both sides fail alike in
    scenes, and rejects equal rates too often where they do not; the other holds for equal rates. Where only the first
    allows 0, the interval is widened to it. It is never narrowed.

    Args:
        scenes: as of `difference_interval`.
        randomized: p of the randomization test of the same scenes; None where there is no pair.
        graded: as of `rate_interval`.
    """
    data = filled(scenes, 3)
    interval, p = difference_interval(data, graded=graded), difference_p(data, graded=graded)
    if interval is None or p is None or randomized is None:
        return interval, p
    p = max(p, randomized)
    return ((min(interval[0], 0.0), max(interval[1], 0.0)) if p >= ALPHA else interval), p


def _joined(first: float, other: float, correlation: float) -> float:
    """Half of the interval of a difference, from those of its two sides."""
    return sqrt(max(first**2 + other**2 - 2 * correlation * first * other, 0.0))


def _correlation(first: np.ndarray, other: np.ndarray, prior: float) -> float:
    """Of two deviations over scenes, leaning towards 0."""
    return float(first @ other / np.sqrt((first @ first + prior) * (other @ other + prior)))


def _mixed(successes: np.ndarray, weights: np.ndarray, graded: bool) -> int:
    """Scenes with both successes and failures; of scores none, since a single one may be between."""
    if graded:
        return 0
    return int(np.sum((successes > 0) & (successes < weights - ROUNDING * weights)))


def filled(scenes: Iterable[Sequence[float] | np.ndarray], width: int) -> np.ndarray:
    """The scenes that have an episode."""
    data = np.array([tuple(scene) for scene in scenes], dtype=float).reshape(-1, width)
    return data[data[:, -1] > 0]


def _effective(deviations: np.ndarray, variance: float, weights: np.ndarray, prior: float) -> float:
    """How many independent episodes know the mean as well as these scenes do: at least as many as there are scenes.

    Args:
        deviations: of each scene's total from what the mean says.
        variance: of a single episode.
        weights: episodes of each scene.
        prior: sum of squares that stands for all that few scenes do not show.
    """
    num_scenes, squares = len(weights), float((weights**2).sum())
    seen = float((deviations**2).sum()) * num_scenes / (num_scenes - 1) + prior
    alike = variance * squares + prior
    return float(weights.sum() ** 2 / squares * max(alike / seen, 1.0))


def _freedom(weights: np.ndarray) -> float:
    """Degrees of freedom of the variance between scenes, which is estimated."""
    return max(float(weights.sum() ** 2 / (weights**2).sum()) - 1, 1.0)


def _quantile(weights: np.ndarray) -> float:
    """Student's, of a 95 % interval."""
    from scipy.special import stdtrit  # only here, since it takes a while to load

    return float(stdtrit(_freedom(weights), 1 - ALPHA / 2))
