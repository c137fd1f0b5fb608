"""Interactions of axes: the drop of several together against the sum of their drops, on the same draws."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from vlagen_bench.plan.conditions import JOIN


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """Conditions together against each by itself, over the indices at which all of them have an outcome."""

    condition: str
    parts: tuple[str, ...]
    n: int
    joint_drop: float | None
    """clean twins minus perturbed, together"""
    summed_drops: float | None
    """the same of each part, added up"""
    low: float | None
    """95 % interval of the difference (t, over indices); None where fewer than two, or all alike"""
    high: float | None

    @property
    def excess(self) -> float | None:
        """More than 0: together they hurt more than one by one. On the scale of rates, which ends at 0 and 1."""
        return None if self.joint_drop is None or self.summed_drops is None else self.joint_drop - self.summed_drops


def interactions(
    planned: Iterable[Mapping[str, Any]], results: Mapping[str, Mapping[str, Any]]
) -> tuple[Interaction, ...]:
    """The interactions: one per condition `a+b` whose parts are in the plan, too.

    Args:
        planned: the episodes of the plan, as dicts.
        results: id -> record of `episodes.jsonl`.
    """
    drops: dict[str, dict[int, int]] = {}
    for episode in planned:
        mine = drops.setdefault(episode["condition"], {})
        drop = _drop(episode, results)
        if drop is not None:
            mine[episode["index"]] = drop
    joint = [name for name in drops if JOIN in name and not name.endswith(":clean")]
    return tuple(
        _interaction(name, tuple(name.split(JOIN)), drops) for name in joint if set(name.split(JOIN)) <= set(drops)
    )


def _drop(episode: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]]) -> int | None:
    """1 where only the twin succeeded, -1 where only the perturbed episode did, else 0; None without both."""
    both = (results.get(name) for name in (episode["twin"], episode["id"]))
    outcomes = [record["outcome"] for record in both if record is not None and record["outcome"] != "error"]
    if len(outcomes) < 2:
        return None
    twin, perturbed = (outcome == "success" for outcome in outcomes)
    return int(twin) - int(perturbed)


def _interaction(name: str, parts: tuple[str, ...], drops: Mapping[str, Mapping[int, int]]) -> Interaction:
    indices = [i for i in drops[name] if all(i in drops[part] for part in parts)]
    joint = [drops[name][i] for i in indices]
    summed = [sum(drops[part][i] for part in parts) for i in indices]
    low, high = _t_interval([a - b for a, b in zip(joint, summed, strict=True)])
    return Interaction(
        condition=name,
        parts=parts,
        n=len(indices),
        joint_drop=fmean(joint) if indices else None,
        summed_drops=fmean(summed) if indices else None,
        low=low,
        high=high,
    )


def _t_interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    if len(set(values)) < 2:
        return None, None
    from scipy.stats import t

    half = float(t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    return fmean(values) - half, fmean(values) + half
