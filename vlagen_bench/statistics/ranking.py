"""The set of policies that may be the best: multiple comparisons with the best, by paired tests."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from vlagen_bench.statistics.clusters import sign_flip_greater
from vlagen_bench.statistics.scene_means import difference_p_greater


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One policy among the others."""

    name: str
    rate: float | None
    """None where there is no episode"""
    p: float
    """adjusted p of the hypothesis that no other policy is better than this one"""
    among_best: bool
    """whether it may be the best: p is above 1 - confidence"""


def standings(
    outcomes: Mapping[str, Sequence[bool]], clusters: Sequence[Hashable], confidence: float = 0.95
) -> tuple[Standing, ...]:
    """Every policy, best rate first, with whether it is in the set of the best.

    Guarantee: a policy that truly is best, alone or with others, is in the set with probability `confidence` or more. Policy
    i leaves it if some j beats it in a one-sided test at (1 - confidence) / (k - 1); for the truly best i all those
    k - 1 hypotheses hold, so the union bound is enough, and nothing is assumed of how policies or tests depend on each
    other. This is the constrained selection of Edwards and Hsu (J. American Statistical Association 78:965, 1983), with
    the Bonferroni step of Holm for its quantile. The test is exact for single episodes as clusters (McNemar's).
    For larger ones p is the larger one of two: of sign flips of whole scenes, exact for interchangeable policies, and of the
    interval over scenes, which holds approximately for equally good policies that fail in unlike ways.

    Args:
        outcomes: name -> success in each episode, the same episodes in the same order for all.
        clusters: of each episode, the scene it shares with others, such as its index.
        confidence: of the set.

    Examples:
        >>> [one.name for one in standings({"a": [True] * 8, "b": [False] * 8, "c": [True] * 8}, range(8)) if one.among_best]
        ['a', 'c']
    """
    others = max(len(outcomes) - 1, 1)
    ranked = []
    for name, mine in outcomes.items():
        beaten = [_greater(theirs, mine, clusters) for other, theirs in outcomes.items() if other != name]
        p = min(1.0, others * min(beaten, default=1.0))
        rate = sum(mine) / len(mine) if len(mine) else None
        ranked.append(Standing(name=name, rate=rate, p=p, among_best=p > 1 - confidence))
    return tuple(sorted(ranked, key=lambda standing: (-(standing.rate or 0.0), standing.name)))


def scene_counts(
    first: Sequence[bool], other: Sequence[bool], clusters: Sequence[Hashable]
) -> list[tuple[int, int, int]]:
    """Per cluster: episodes that the first won, that the other won, and all."""
    counts: dict[Hashable, list[int]] = {}
    for a, b, cluster in zip(first, other, clusters, strict=True):
        mine = counts.setdefault(cluster, [0, 0, 0])
        mine[0], mine[1], mine[2] = mine[0] + int(a), mine[1] + int(b), mine[2] + 1
    return [(won, other_won, n) for won, other_won, n in counts.values()]


def _greater(first: Sequence[bool], other: Sequence[bool], clusters: Sequence[Hashable]) -> float:
    scenes = scene_counts(first, other, clusters)
    flipped = sign_flip_greater([won - other_won for won, other_won, _ in scenes])
    return flipped if len(scenes) == len(clusters) else max(flipped, difference_p_greater(scenes))
