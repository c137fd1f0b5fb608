"""The number of episodes that a question needs: for a width, a paired or an unpaired difference."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vlagen_bench.errors import ConfigError
from vlagen_bench.statistics.intervals import wilson

MOST_PAIRED, MOST_UNPAIRED = 20_000, 600
"""episodes; beyond, the answer is None: more than that"""
NUISANCE = np.linspace(0.01, 0.5, 50)
"""common rates at which the size of Boschloo's test is taken; above 0.5 it is the same again, by symmetry"""
HOPELESS = 0.25
"""tables with a larger one-sided p of Fisher are never significant"""


@dataclass(frozen=True, kw_only=True)
class Need:
    """The answer: as many episodes, and what they give."""

    n: int | None
    """episodes, of each policy; None: more than the calculation goes"""
    reached: float | None
    """the power, or the expected width, with so many"""


def for_width(width: float, rate: float = 0.5, confidence: float = 0.95) -> Need:
    """Episodes until the Wilson interval is expected to be at most `width` wide (high minus low).

    The expectation is exact, over the binomial number of successes. A rate of 0.5 is the worst.

    Examples:
        >>> for_width(0.2).n
        92
    """
    _check("width", width, 0, 1)
    _check("rate", rate, 0, 1, ends=True)
    from scipy.stats import binom

    def expected(n: int) -> float:
        chances = binom.pmf(np.arange(n + 1), n, rate)
        likely = np.flatnonzero(chances > 1e-12)
        widths = (wilson(int(k), n, confidence) for k in likely)
        return float(sum(chances[k] * (high - low) for k, (low, high) in zip(likely, widths, strict=True)))

    n = _smallest(lambda n: expected(n) <= width, MOST_PAIRED)
    return Need(n=n, reached=None if n is None else expected(n))


def for_paired(difference: float, discordance: float, power: float = 0.8, alpha: float = 0.05) -> Need:
    """Pairs until McNemar's exact test finds a difference with the probability `power`.

    The power is exact and unconditional: the pairs that disagree are binomial, and so are those of them that one side
    wins (Duffy, Biometrics 40:1005, 1984, with the exact test).

    Args:
        difference: of the two rates, or the paired drop.
        discordance: share of pairs that disagree. At least the difference: as much if every pair that disagrees goes
            the same way, more if some go either way, as between two policies of about the same rate.
        power: wanted.
        alpha: of the two-sided test; divided by the size of a family, the worst case under Holm.

    Examples:
        >>> for_paired(0.2, 0.3).n
        61
    """
    _check("difference", difference, 0, 1)
    _check("power", power, 0, 1)
    _check("alpha", alpha, 0, 1)
    if not difference <= discordance <= 1:
        raise ConfigError(f"The discordance is between the difference, {difference}, and 1, not {discordance}.")
    n = _smallest(lambda n: paired_power(n, difference, discordance, alpha) >= power, MOST_PAIRED)
    return Need(n=n, reached=None if n is None else paired_power(n, difference, discordance, alpha))


def paired_power(n: int, difference: float, discordance: float, alpha: float = 0.05) -> float:
    """The probability that McNemar's exact two-sided test finds the difference in `n` pairs."""
    from scipy.stats import binom

    disagree = np.arange(n + 1)
    chances = binom.pmf(disagree, n, discordance)
    disagree, chances = disagree[chances > 1e-12], chances[chances > 1e-12]
    share = (1 + difference / discordance) / 2
    needed = binom.isf(alpha / 2, disagree, 0.5)  # wins beyond this are significant
    power = binom.sf(needed, disagree, share) + binom.sf(needed, disagree, 1 - share)
    return float(np.sum(chances * power))


def for_unpaired(rate: float, other_rate: float, power: float = 0.8, alpha: float = 0.05) -> Need:
    """Episodes of each of two policies, on different episodes, until Boschloo's test finds the difference.

    Examples:
        >>> for_unpaired(0.9, 0.5).n
        20
    """
    _check("rate", rate, 0, 1, ends=True)
    _check("rate", other_rate, 0, 1, ends=True)
    _check("power", power, 0, 1)
    _check("alpha", alpha, 0, 1)
    if rate == other_rate:
        raise ConfigError(f"Both rates are {rate}: no number of episodes finds a difference that is not there.")
    n = _smallest(lambda n: unpaired_power(n, rate, other_rate, alpha) >= power, MOST_UNPAIRED)
    return Need(n=n, reached=None if n is None else unpaired_power(n, rate, other_rate, alpha))


def unpaired_power(n: int, rate: float, other_rate: float, alpha: float = 0.05) -> float:
    """The probability that Boschloo's exact two-sided test finds the difference in `n` episodes of each."""
    from scipy.stats import binom

    rejected = _boschloo_region(n, alpha / 2)
    counts = np.arange(n + 1)
    first, other = binom.pmf(counts, n, rate), binom.pmf(counts, n, other_rate)
    return float(first @ rejected @ other + other @ rejected @ first)


def _boschloo_region(n: int, alpha: float) -> np.ndarray:
    """Where the one-sided test rejects: bool (first's successes, other's)."""
    from scipy.stats import binom

    fisher = np.round(_fisher(n), 12)
    first, other = np.nonzero(fisher <= HOPELESS)
    fisher = fisher[first, other]
    order = np.argsort(fisher, kind="stable")
    chances = binom.pmf(np.arange(n + 1), n, NUISANCE[:, None])
    size = np.cumsum(chances[:, first[order]] * chances[:, other[order]], axis=1).max(axis=0)
    last_of_ties = np.searchsorted(fisher[order], fisher, side="right") - 1
    region = np.zeros((n + 1, n + 1), dtype=bool)
    region[first, other] = size[last_of_ties] <= alpha if len(order) else False
    return region


def _fisher(n: int) -> np.ndarray:
    """Fisher's one-sided p of every table: float (first's successes, other's)."""
    from scipy.special import gammaln

    def log_choose(total: int, some: np.ndarray) -> np.ndarray:
        logarithm: np.ndarray = gammaln(total + 1) - gammaln(some + 1) - gammaln(total - some + 1)
        return logarithm

    counts = np.arange(n + 1)
    log_first = log_choose(n, counts)
    tail: np.ndarray = np.exp(log_first[:, None] + log_first - log_choose(2 * n, counts[:, None] + counts))
    for first in reversed(range(n)):  # a table, and those of the same margins in which the first did better
        tail[first, 1:] += tail[first + 1, :-1]
    return tail


def _smallest(enough: Callable[[int], bool], most: int) -> int | None:
    """The n at which `enough` begins: it holds at n, and not at n - 1. Powers of exact tests rise in small teeth."""
    above = 1
    while not enough(above):
        if above == most:
            return None
        above = min(2 * above, most)
    below = above // 2
    while above - below > 1:
        middle = (above + below) // 2
        below, above = (below, middle) if enough(middle) else (middle, above)
    return above


def _check(what: str, value: float, low: float, high: float, *, ends: bool = False) -> None:
    if not (low <= value <= high if ends else low < value < high):
        raise ConfigError(f"The {what} is between {low} and {high}, not {value}.")
