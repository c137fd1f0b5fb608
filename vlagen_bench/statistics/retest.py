"""The test-retest agreement of a run: how often outcomes agree across repeats, and how far rates move."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import variance

from vlagen_bench.statistics.intervals import clopper_pearson, wilson


@dataclass(frozen=True, kw_only=True)
class Retest:
    """Episodes that were run several times, each with the same values."""

    n: int
    """episodes with two outcomes or more"""
    agreeing: int
    """of these, those whose outcomes are all the same"""
    noise_sd: float | None
    """standard deviation of the rate over all n, of one run, that is left when the episodes are fixed; None without any"""

    @property
    def agreement(self) -> float | None:
        """Share of episodes whose outcomes agree; None without any."""
        return self.agreeing / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval of the agreement."""
        return wilson(self.agreeing, self.n) if self.n else None

    @property
    def floor(self) -> float | None:
        """The noise floor: a difference of the rates of two runs below it may be nothing but noise; None without any."""
        return None if self.noise_sd is None else 2 * sqrt(2) * self.noise_sd

    @property
    def floor_limit(self) -> float | None:
        """The upper bound of the noise floor, with 95 % confidence: full agreement does not prove that it is 0.

        Repeats of an episode disagree with a chance of 2 p(1 - p) or more, p being its own chance, so the mean of p(1 - p)
        is at most half the limit of Clopper and Pearson on the share that disagrees.
        """
        if not self.n:
            return None
        return min(1.0, 2 * sqrt(clopper_pearson(self.n - self.agreeing, self.n, 0.9)[1] / self.n))


def retest(repeats: Iterable[Sequence[bool]]) -> Retest:
    """Counts agreement, and estimates the noise floor.

    The rate of a run over n fixed episodes has the variance sum p(1 - p) / n^2, p being an episode's own chance; the
    sample variance of an episode's outcomes estimates its p(1 - p) without bias, from two repeats on.

    Args:
        repeats: outcomes of each episode; those with fewer than two are left out.

    Examples:
        >>> found = retest([[True, True], [True, False], [False, False], [True]])
        >>> found.n, found.agreeing, round(found.noise_sd, 3)
        (3, 2, 0.236)
    """
    repeated = [[int(one) for one in outcomes] for outcomes in repeats if len(outcomes) >= 2]
    noise = sqrt(sum(variance(outcomes) for outcomes in repeated)) / len(repeated) if repeated else None
    agreeing = sum(len(set(outcomes)) == 1 for outcomes in repeated)
    return Retest(n=len(repeated), agreeing=agreeing, noise_sd=noise)
