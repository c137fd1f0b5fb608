"""The averages of a results table: plain means over the conditions of a group, all shifts, or all groups."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from types import MappingProxyType

NOMINAL = "nominal"
SETTINGS = "ood_settings"
"""mean over all shifted settings; Liu et al. state it"""
GROUPS = "ood_groups"
"""mean of the means of the groups; others quote it for Liu et al."""
ALL = "all_settings"
"""mean over all settings, the nominal one among them; RLinf states it"""
OVERALL = (SETTINGS, GROUPS, ALL)


@dataclass(frozen=True, kw_only=True)
class Average:
    """A macro mean: every member counts the same, however many episodes it has."""

    name: str
    """a group, or `ood_settings`, `ood_groups`, `all_settings`"""
    value: float | None
    """over the members with data; None if no member has any"""
    members: tuple[str, ...]
    """the conditions, or for `ood_groups` the groups, that it is over"""
    known: int
    """how many of them have data; of groups: have data for each condition"""

    @property
    def complete(self) -> bool:
        return self.known == len(self.members)


def averages(
    values: Mapping[str, float | None],
    groups: Mapping[str, str],
    published: Mapping[str, float] = MappingProxyType({}),
    weights: Mapping[str, int] | None = None,
) -> dict[str, Average]:
    """Name -> average: of every group but the nominal one, in order, then of all shifted settings and of the groups.

    Args:
        values: condition -> rate (or drop); None or absent where there is no data.
        groups: condition -> group, in the order of the table.
        published: averages that are known without their members.
        weights: condition -> what it counts, of conditions that take turns, which have unlike numbers of episodes.
    """
    members: dict[str, list[str]] = {}
    for name, group in groups.items():
        members.setdefault(group, []).append(name)
    nominal = _average(NOMINAL, members.pop(NOMINAL, []), values, weights)
    averages_by_name = {
        group: Average(name=group, value=published[group], members=tuple(names), known=len(names))
        if group in published
        else _average(group, names, values, weights)
        for group, names in members.items()
    }
    settings = _pooled(SETTINGS, averages_by_name.values(), values, weights)
    whole = [average.name for average in averages_by_name.values() if average.complete]
    known = [average.value for average in averages_by_name.values() if average.value is not None]
    means = Average(name=GROUPS, value=_mean(known), members=tuple(averages_by_name), known=len(whole))
    everything = _pooled(ALL, [nominal, *averages_by_name.values()], values, weights)
    for average in (settings, means, everything):
        stated = published.get(average.name)
        if stated is not None:
            average = replace(average, value=stated, known=len(average.members))
        averages_by_name[average.name] = average
    return averages_by_name


def _average(
    name: str, members: Sequence[str], values: Mapping[str, float | None], weights: Mapping[str, int] | None
) -> Average:
    known = {member: value for member in members if (value := values.get(member)) is not None}
    each = [1 if weights is None else weights[member] for member in known]
    value = (
        sum(weight * value for weight, value in zip(each, known.values(), strict=True)) / sum(each) if known else None
    )
    return Average(name=name, value=value, members=tuple(members), known=len(known))


def _pooled(
    name: str, parts: Iterable[Average], values: Mapping[str, float | None], weights: Mapping[str, int] | None
) -> Average:
    """The mean over all members of several averages."""
    parts = list(parts)
    members = tuple(member for part in parts for member in part.members)
    if weights is not None:
        return _average(name, members, values, weights)
    known = sum(part.known for part in parts)
    total = sum(part.known * part.value for part in parts if part.value is not None)
    return Average(name=name, value=total / known if known else None, members=members, known=known)


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
