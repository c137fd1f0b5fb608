"""Paired outcomes of the same episodes: an exact test and a score interval, from discordant pairs."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb, sqrt
from statistics import NormalDist

ALPHA = 0.05
HALVINGS = 60
"""of a bracket of width 2: to the last bit of a float"""


def tango(only_first: int, only_other: int, n: int, confidence: float = 0.95) -> tuple[float, float] | None:
    """Score interval of the first rate minus the other, over `n` pairs; None where there is no pair.

    Tango, Statistics in Medicine 17:891, 1998: all differences d whose score statistic is within the normal quantile,
    with the rate of pairs that only the other won estimated under d. It holds where no pair disagrees, too.

    Args:
        only_first: pairs in which only the first succeeded.
        only_other: pairs in which only the other did.
        n: all pairs, concordant ones included.
        confidence: of the interval.

    Examples:
        >>> [round(x, 3) for x in tango(1, 7, 21)]  # Bentur et al. 2009, in Fagerland et al. 2014
        [-0.517, -0.026]
    """
    if n == 0:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    estimate = (only_first - only_other) / n

    def beyond(difference: float) -> bool:
        """Whether the data reject this difference."""
        b = (2 * n - only_first + only_other) * difference - only_first - only_other
        c = -only_other * difference * (1 - difference)
        other = (sqrt(max(b * b - 8 * n * c, 0.0)) - b) / (4 * n)
        variance = n * (2 * other + difference * (1 - difference))
        return (only_first - only_other - n * difference) ** 2 > z * z * variance

    def edge(outside: float) -> float:
        inside = estimate
        if not beyond(outside):
            return outside
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if beyond(middle) else (middle, outside)
        return inside

    return edge(-1.0), edge(1.0)


def agreeing_interval(only_first: int, only_other: int, n: int) -> tuple[float, float] | None:
    """The 95 % interval that tables show beside McNemar's exact p: Tango's, and 0 too where the exact test allows 0.

    So that 0 is in the interval if, and only if, p is 0.05 or more. Where Tango's leaves out 0 and p is above (1 pair
    against 7, of 21) the interval is widened to 0; the reverse does not happen, since the exact test rejects less.

    Examples:
        >>> [round(x, 3) for x in agreeing_interval(1, 7, 21)]
        [-0.517, 0.0]
    """
    interval = tango(only_first, only_other, n)
    if interval is None or mcnemar(only_first, only_other) < ALPHA:
        return interval
    return min(interval[0], 0.0), max(interval[1], 0.0)


def mcnemar(only_first: int, only_other: int) -> float:
    """Exact two-sided p of the hypothesis that both have the same rate; 1 where no pair disagrees.

    McNemar, Psychometrika 12:153, 1947, with the binomial distribution in place of chi-square: of the pairs that
    disagree, each is won by either with probability 1/2. Twice the smaller tail, at most 1.

    Examples:
        >>> round(mcnemar(1, 7), 4)
        0.0703
    """
    return min(1.0, 2 * min(mcnemar_greater(only_first, only_other), mcnemar_greater(only_other, only_first)))


def mcnemar_greater(only_first: int, only_other: int) -> float:
    """Exact one-sided p of the hypothesis that the first has no higher rate; 1 where no pair disagrees.

    Examples:
        >>> mcnemar_greater(3, 0)
        0.125
    """
    pairs = int(only_first + only_other)  # of numpy's, shifts overflow
    return sum(comb(pairs, won) for won in range(only_first, pairs + 1)) / (1 << pairs)


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Outcomes of the same episodes under two policies, or of episodes and their twins, counted."""

    both: int
    only_first: int
    only_other: int
    neither: int

    @classmethod
    def of(cls, outcomes: Iterable[tuple[bool, bool]]) -> "Pairs":
        """Counts (first succeeded, other succeeded).

        Examples:
            >>> Pairs.of([(True, False), (True, True)])
            Pairs(both=1, only_first=1, only_other=0, neither=0)
        """
        pairs = [(bool(first), bool(other)) for first, other in outcomes]
        return cls(
            both=pairs.count((True, True)),
            only_first=pairs.count((True, False)),
            only_other=pairs.count((False, True)),
            neither=pairs.count((False, False)),
        )

    @property
    def n(self) -> int:
        return self.both + self.only_first + self.only_other + self.neither

    @property
    def difference(self) -> float | None:
        """Rate of the first minus rate of the other; None where there is no pair."""
        return (self.only_first - self.only_other) / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the difference (Tango), which holds 0 if the exact test does."""
        return agreeing_interval(self.only_first, self.only_other, self.n)

    @property
    def p(self) -> float | None:
        """Exact two-sided p (McNemar); None where there is no pair."""
        return mcnemar(self.only_first, self.only_other) if self.n else None
