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
    values: Mapping[str, float | None], groups: Mapping[str, str], published: Mapping[str, float] = MappingProxyType({})
) -> dict[str, Average]:
    """Name -> average: of every group but the nominal one, in order, then of all shifted settings and of the groups.

    Args:
        values: condition -> rate (or drop); None or absent where there is no data.
        groups: condition -> group, in the order of the table.
        published: averages that are known without their members.
    """
    members: dict[str, list[str]] = {}
    for name, group in groups.items():
        members.setdefault(group, []).append(name)
    nominal = _average(NOMINAL, members.pop(NOMINAL, []), values)
    averages_by_name = {
        group: Average(name=group, value=published[group], members=tuple(names), known=len(names))
        if group in published
        else _average(group, names, values)
        for group, names in members.items()
    }
    settings = _pooled(SETTINGS, averages_by_name.values())
    whole = [average.name for average in averages_by_name.values() if average.complete]
    known = [average.value for average in averages_by_name.values() if average.value is not None]
    means = Average(name=GROUPS, value=_mean(known), members=tuple(averages_by_name), known=len(whole))
    everything = _pooled(ALL, [nominal, *averages_by_name.values()])
    for average in (settings, means, everything):
        stated = published.get(average.name)
        if stated is not None:
            average = replace(average, value=stated, known=len(average.members))
        averages_by_name[average.name] = average
    return averages_by_name


def _average(name: str, members: Sequence[str], values: Mapping[str, float | None]) -> Average:
    known = [value for member in members if (value := values.get(member)) is not None]
    return Average(name=name, value=_mean(known), members=tuple(members), known=len(known))


def _pooled(name: str, parts: Iterable[Average]) -> Average:
    """The mean over all members of several averages."""
    parts = list(parts)
    known = sum(part.known for part in parts)
    total = sum(part.known * part.value for part in parts if part.value is not None)
    members = tuple(member for part in parts for member in part.members)
    return Average(name=name, value=total / known if known else None, members=members, known=known)


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
