"""The ranking of entries: ranges of ranks and groups of ties, since a plain list would invent an order."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from vlagen_bench.statistics.clusters import sign_flip
from vlagen_bench.statistics.multiplicity import holm
from vlagen_bench.statistics.ranking import scene_counts
from vlagen_bench.statistics.scene_means import tested

ALPHA = 0.05

EpisodeKey = tuple[str, Hashable]
"""condition, and scene: what episodes of several conditions have in common, or what makes one its own"""


@dataclass(frozen=True, kw_only=True)
class CountedEntry:
    """What an entry is ranked by."""

    successes: int
    """for the unpaired test: of independent episodes, or of scenes where episodes share these"""
    n: int
    plan: str | None = None
    """the hash of its plan; None: its episodes are not known"""
    episodes: Mapping[EpisodeKey, bool] = field(default_factory=dict)
    """of its plan, by condition and scene: whether it succeeded; what has no result is not in it"""

    @property
    def rate(self) -> float:
        known = self.episodes.values()
        return sum(known) / len(known) if known else self.successes / self.n


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
    paired: int = 0
    """pairs of entries that were compared episode by episode"""
    unpaired: int = 0
    """pairs that have no episodes in common, or whose episodes are not known"""
    shared: tuple[int, int] | None = None
    """the fewest episodes that a compared pair has in common, and the most that an entry of it has; None without one"""


def board(entries: Mapping[str, CountedEntry], alpha: float = ALPHA) -> Board:
    """The entries, best rate first.

    All pairs are compared, with Holm's adjustment, so that with 95 % probability not one entry is called better than another
    without being so. Entries of one plan are compared over the episodes that both have: p is the larger one of the
    exact test that exchanges them scene by scene and of their difference's interval over scenes (`scene_means.tested`). Others are compared as independent samples by Fisher's exact
    test, which counts scenes where episodes share these, and so is on the side of ties.

    Args:
        entries: over the same conditions with the same weights for all; oracles are not among them.
        alpha: the chance of one false order in the whole board.
    """
    names = sorted((name for name, entry in entries.items() if entry.n), key=lambda name: (-entries[name].rate, name))
    pairs = list(combinations(names, 2))
    common = {(a, b): _common(entries[a], entries[b]) for a, b in pairs}
    adjusted = holm({(a, b): _p(entries[a], entries[b], common[a, b]) for a, b in pairs})
    apart = {pair for pair, p in adjusted.items() if p is not None and p <= alpha}
    places = [
        RankedEntry(
            name=name,
            successes=entries[name].successes,
            n=entries[name].n,
            first=1 + sum((other, name) in apart for other in names),
            last=len(names) - sum((name, other) in apart for other in names),
        )
        for name in names
    ]
    compared = [(a, b) for a, b in pairs if common[a, b]]
    most = [max(len(entries[a].episodes), len(entries[b].episodes)) for a, b in compared]
    return Board(
        places=tuple(places),
        groups=tuple(_groups(names, apart)),
        paired=len(compared),
        unpaired=len(pairs) - len(compared),
        shared=(min(len(common[pair]) for pair in compared), max(most)) if compared else None,
    )


def _common(first: CountedEntry, other: CountedEntry) -> set[EpisodeKey]:
    """The episodes that both have a result of."""
    if first.plan is None or first.plan != other.plan:
        return set()
    return first.episodes.keys() & other.episodes.keys()


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


def _p(first: CountedEntry, other: CountedEntry, common: set[EpisodeKey]) -> float | None:
    if not common:
        return _fisher(first.successes, first.n, other.successes, other.n)
    episodes = sorted(common, key=str)
    scenes = scene_counts(
        [first.episodes[key] for key in episodes],
        [other.episodes[key] for key in episodes],
        [key[1] for key in episodes],
    )
    flipped = sign_flip([won - other_won for won, other_won, _ in scenes])
    return flipped if len(scenes) == len(episodes) else tested(scenes, flipped)[1]


def _fisher(successes: int, n: int, other_successes: int, other_n: int) -> float:
    from scipy.stats import fisher_exact  # only here, since it takes a while to load

    return float(fisher_exact([[successes, n - successes], [other_successes, other_n - other_successes]]).pvalue)
