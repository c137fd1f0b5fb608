"""The set of policies that may be the best: multiple comparisons with the best, by exact paired tests."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from vlagen_bench.statistics.clusters import sign_flip_greater


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
    i leaves it if some j beats it in a one-sided exact test at (1 - confidence) / (k - 1); for the truly best i all those
    k - 1 hypotheses hold, so the union bound is enough, and nothing is assumed of how policies or tests depend on each
    other. This is the constrained selection of Edwards and Hsu (J. American Statistical Association 78:965, 1983), with
    the Bonferroni step of Holm for its quantile. The test is exact for single episodes as clusters (McNemar's);
    for larger ones it is exact if equally good policies are interchangeable in each scene, and approximate otherwise.

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


def cluster_sums(first: Sequence[bool], other: Sequence[bool], clusters: Sequence[Hashable]) -> dict[Hashable, int]:
    """Per cluster: episodes that only the first won, minus those that only the other won."""
    sums: dict[Hashable, int] = {}
    for a, b, cluster in zip(first, other, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0) + int(a) - int(b)
    return sums


def _greater(first: Sequence[bool], other: Sequence[bool], clusters: Sequence[Hashable]) -> float:
    return sign_flip_greater(list(cluster_sums(first, other, clusters).values()))
