"""The difference of two rates on different episodes: Boschloo's exact test, Newcombe's interval."""

from dataclasses import dataclass

from vlagen_bench.statistics.intervals import newcombe


@dataclass(frozen=True, kw_only=True)
class Unpaired:
    """The first rate against the other, on independent episodes."""

    difference: float
    """first minus other"""
    low: float
    """95 % interval of the difference (Newcombe)"""
    high: float
    p: float
    """two-sided"""


def boschloo(successes: int, n: int, other_successes: int, other_n: int) -> float | None:
    """Exact two-sided p of the hypothesis that both rates are the same; None where one has no data.

    Boschloo, Statistica Neerlandica 24:1, 1970: Fisher's p as the statistic, its distribution taken at the worst common
    rate. Never less powerful than Fisher's test. Two-sided as scipy has it: twice the smaller one-sided p.

    Examples:
        >>> round(boschloo(7, 24, 12, 19), 3)
        0.029
    """
    if n == 0 or other_n == 0:
        return None
    if successes * other_n == other_successes * n:
        return 1.0  # nothing speaks against equality; scipy may divide by nothing here
    from scipy.stats import boschloo_exact  # only here, since it takes a while to load

    table = [[successes, other_successes], [n - successes, other_n - other_successes]]
    return min(1.0, float(boschloo_exact(table).pvalue))


def compare(successes: int, n: int, other_successes: int, other_n: int) -> Unpaired | None:
    """Difference, interval and exact p of two rates on different episodes; None where one has no data."""
    interval = newcombe(successes, n, other_successes, other_n)
    p = boschloo(successes, n, other_successes, other_n)
    if interval is None or p is None:
        return None
    return Unpaired(difference=successes / n - other_successes / other_n, low=interval[0], high=interval[1], p=p)
