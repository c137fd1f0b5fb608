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
