"""How sure are we? Rates, intervals and paired drops, from results alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any


def wilson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a rate; (0, 1) where there is no data.

    >>> [round(x, 4) for x in wilson(0, 20)]
    [0.0, 0.1611]
    """
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate = successes / n
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def weighted_sum_interval(
    terms: Iterable[tuple[float, int, int]], confidence: float = 0.95
) -> tuple[float, float] | None:
    """Interval of a weighted sum of independent rates, from the Wilson interval of each; None where one has no data.

    The method is Newcombe's (Statistics in Medicine 17:873, 1998, method 10), in the general form of Zou, Huang and
    Zhang (Computational Statistics and Data Analysis 53:1080, 2009).

    Args:
        terms: (weight, successes, n) of each rate.
        confidence: of the interval.
    """
    total = below = above = 0.0
    for weight, successes, n in terms:
        if n == 0:
            return None
        rate = successes / n
        low, high = wilson(successes, n, confidence)
        down, up = (rate - low, high - rate) if weight > 0 else (high - rate, rate - low)
        total += weight * rate
        below += (weight * down) ** 2
        above += (weight * up) ** 2
    return total - sqrt(below), total + sqrt(above)


def newcombe(successes: int, n: int, other_successes: int, other_n: int) -> tuple[float, float] | None:
    """95 % interval of the first rate minus the other, of two independent samples; None where one has no data.

    >>> [round(x, 4) for x in newcombe(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    return weighted_sum_interval([(1.0, successes, n), (-1.0, other_successes, other_n)])


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is known of one condition. Rates are None, not 0, where there is no data."""

    condition: str
    group: str
    planned: int
    n: int
    """episodes with an outcome of the policy's: success or failure"""
    successes: int
    errors: int
    pairs: int
    """episodes whose twin has an outcome too"""
    lost: int
    """pairs where only the clean twin succeeded"""
    gained: int
    """pairs where only the perturbed episode succeeded"""
    success_once: int

    @property
    def rate(self) -> float | None:
        return self.successes / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval."""
        return wilson(self.successes, self.n) if self.n else None

    @property
    def drop(self) -> float | None:
        """Success rate of the clean twins minus that of the perturbed episodes, over the pairs."""
        return (self.lost - self.gained) / self.pairs if self.pairs else None


def rows(
    planned: Iterable[Mapping[str, Any]], results: Mapping[str, Mapping[str, Any]], groups: Mapping[str, str]
) -> tuple[Row, ...]:
    """One row per condition of the plan, in its order.

    Args:
        planned: the episodes of the plan, as dicts.
        results: id -> record of `episodes.jsonl`.
        groups: condition -> row group.
    """
    by_condition: dict[str, list[Mapping[str, Any]]] = {}
    for episode in planned:
        by_condition.setdefault(episode["condition"], []).append(episode)
    return tuple(_row(name, groups[name], by_condition.get(name, []), results) for name in groups)


def _row(name: str, group: str, episodes: Sequence[Mapping], results: Mapping[str, Mapping]) -> Row:
    done = [results[episode["id"]] for episode in episodes if episode["id"] in results]
    scored = [record for record in done if record["outcome"] != "error"]
    pairs = [
        (record["outcome"] == "success", results[record["twin"]]["outcome"] == "success")
        for record in scored
        if record["twin"] in results and results[record["twin"]]["outcome"] != "error"
    ]
    return Row(
        condition=name,
        group=group,
        planned=len(episodes),
        n=len(scored),
        successes=sum(record["outcome"] == "success" for record in scored),
        errors=len(done) - len(scored),
        pairs=len(pairs),
        lost=sum(twin and not perturbed for perturbed, twin in pairs),
        gained=sum(perturbed and not twin for perturbed, twin in pairs),
        success_once=sum(bool(record["success_once"]) for record in scored),
    )
