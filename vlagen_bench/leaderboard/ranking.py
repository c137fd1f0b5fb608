"""The ranking of entries: ranges of ranks and groups of ties, since a plain list would invent an order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from vlagen_bench.statistics.multiplicity import holm

ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class RankedEntry:
    """An entry on a leaderboard."""

    name: str
    successes: int
    n: int
    first: int
    """the best rank that cannot be excluded: one more than the entries that are better beyond doubt"""
    last: int
    """the worst rank: all entries, less the significantly worse ones"""


@dataclass(frozen=True, kw_only=True)
class Board:
    """Entries by rate, and which of them are tied."""

    places: tuple[RankedEntry, ...]
    groups: tuple[tuple[str, ...], ...]
    """neighbours of whom no two differ significantly; groups may overlap, since a tie with both neighbours does not tie
    these with each other"""


def board(counts: Mapping[str, tuple[int, int]], alpha: float = ALPHA) -> Board:
    """The entries, best rate first.

    All pairs are compared by Fisher's exact test, with Holm's adjustment, so that with 95 % probability not one entry is
    called better than another without being so. The test takes entries as independent samples, which for entries on
    the same episodes is on the side of ties.

    Args:
        counts: name -> successes and episodes, over the same conditions with the same weights for all; oracles are not
            among them.
        alpha: the chance of one false order in the whole board.
    """
    names = sorted((name for name in counts if counts[name][1]), key=lambda name: (-_rate(counts[name]), name))
    adjusted = holm({pair: _p(*counts[pair[0]], *counts[pair[1]]) for pair in combinations(names, 2)})
    apart = {pair for pair, p in adjusted.items() if p is not None and p <= alpha}
    places = [
        RankedEntry(
            name=name,
            successes=counts[name][0],
            n=counts[name][1],
            first=1 + sum((other, name) in apart for other in names),
            last=len(names) - sum((name, other) in apart for other in names),
        )
        for name in names
    ]
    return Board(places=tuple(places), groups=tuple(_groups(names, apart)))


def _groups(names: Sequence[str], apart: set[tuple[str, str]]) -> list[tuple[str, ...]]:
    """The longest runs without a pair that is apart, each not within another."""
    groups: list[tuple[str, ...]] = []
    reached = 0
    for start in range(len(names)):
        end = start + 1
        while end < len(names) and not any((names[place], names[end]) in apart for place in range(start, end)):
            end += 1
        if end > reached:
            groups.append(tuple(names[start:end]))
            reached = end
    return groups


def _rate(count: tuple[int, int]) -> float:
    return count[0] / count[1]


def _p(successes: int, n: int, other_successes: int, other_n: int) -> float:
    from scipy.stats import fisher_exact  # only here, since it takes a while to load

    return float(fisher_exact([[successes, n - successes], [other_successes, other_n - other_successes]]).pvalue)
