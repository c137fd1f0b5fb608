"""Adjustment of p values over a declared family of tests: Holm's, and step by step for groups, their axes and levels."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)
Axis = TypeVar("Axis", bound=Hashable)
Group = TypeVar("Group", bound=Hashable)
ALPHA = 0.05


def holm(family: Mapping[Name, float | None]) -> dict[Name, float | None]:
    """p-values so adjusted that reporting all below 0.05 errs anywhere in the family with at most 5 %.

    Holm, Scandinavian Journal of Statistics 6:65, 1979; valid whatever the dependence. A test without data stays None,
    and still counts as a member: the family is what was declared, not what happened to be measured.

    Examples:
        >>> holm({"table": 0.01, "camera": 0.04, "lighting": 0.03, "push": None})
        {'table': 0.04, 'camera': 0.09, 'lighting': 0.09, 'push': None}
    """
    adjusted: dict[Name, float | None] = dict.fromkeys(family)
    known = sorted((p, place, name) for place, (name, p) in enumerate(family.items()) if p is not None)
    largest = 0.0
    for rank, (p, _, name) in enumerate(known):
        largest = max(largest, min(1.0, (len(family) - rank) * p))
        adjusted[name] = largest
    return adjusted


def holm_in_levels(
    axes: Mapping[Axis, float | None], levels: Mapping[Axis, Mapping[Name, float | None]]
) -> tuple[dict[Axis, float | None], dict[Axis, dict[Name, float | None]]]:
    """p-values of axes, and of the levels of each axis, adjusted in two steps: axes first, then levels of those found.

    Axes are adjusted by Holm. Of m axes let R be below 0.05. Only their levels can be below 0.05: each axis has Holm over its
    own levels, at 0.05 R / m (Benjamini and Bogomolov, J. Royal Statistical Society B 76:297, 2014).

    Guarantee: reporting all axes below 0.05 errs in any axis with at most 5 %, whatever the dependence. Of the axes
    reported, the share with a wrong level among those reported is expected to be at most 5 %; proven for independent axes, and
    simulated for axes that share their scenes. An axis of one level is that level.

    Args:
        axes: p of the hypothesis that no level of the axis does anything; None without data, which still counts.
        levels: p of the levels of each axis.

    Examples:
        >>> holm_in_levels({"camera": 0.001, "mass": 0.4}, {"camera": {1: 0.5, 5: 0.002}, "mass": {1: 0.001, 5: 0.9}})
        ({'camera': 0.002, 'mass': 0.4}, {'camera': {1: 1.0, 5: 0.008}, 'mass': {1: 0.4, 5: 1.0}})
    """
    found, _, within = holm_in_groups(axes, {axis: {axis: p} for axis, p in axes.items()}, levels)
    return found, within


def holm_in_groups(
    groups: Mapping[Group, float | None],
    axes: Mapping[Group, Mapping[Axis, float | None]],
    levels: Mapping[Axis, Mapping[Name, float | None]],
) -> tuple[dict[Group, float | None], dict[Axis, float | None], dict[Axis, dict[Name, float | None]]]:
    """p-values of groups, of the axes of each, and of the levels of each axis, adjusted in three steps, from the top.

    A group is found by its own test, which sees what its axes have in common, or by one of its axes: its p is twice the smaller
    one of its own and of Bonferroni's over its axes. Groups are adjusted by Holm. Only axes of groups below 0.05 can be below 0.05, and only levels of such axes. Each family is
    adjusted by Holm within itself, at 0.05 times the share of the families beside it that are found: axes at 0.05 R / m, if R
    of m groups are found; levels at that times R' / m', if R' of the m' axes of their group are (Benjamini and
    Bogomolov, J. Royal Statistical Society B 76:297, 2014; for trees Bogomolov et al., Biometrika 108:575, 2021).

    Guarantee: reporting all groups below 0.05 errs in any group with at most 5 %, whatever the dependence. Of the groups
    reported, the share with a wrong axis among those reported is expected to be at most 5 %; proven for independent groups,
    and simulated for groups that share their scenes. A group of one axis is that axis, an axis of one level is that level.

    Args:
        groups: p of the hypothesis that no axis of the group does anything, over all its axes; None without data, which still
            counts.
        axes: p of the axes of each group.
        levels: p of the levels of each axis.

    Examples:
        >>> holm_in_groups(
        ...     {"light": 0.001, "timing": 0.4},
        ...     {"light": {"lighting": 0.004, "exposure": 0.3}, "timing": {"delay": 0.03, "jitter": 0.9}},
        ...     {"lighting": {1: 0.5, 5: 0.001}, "exposure": {1: 0.2}, "delay": {1: 0.03}, "jitter": {1: 0.9}},
        ... )[1]
        {'lighting': 0.016, 'exposure': 0.6, 'delay': 0.12, 'jitter': 1.0}
    """
    found = holm({group: _either(p, axes[group]) for group, p in groups.items()})
    factor = _factor(found)
    of_axes: dict[Axis, float | None] = {}
    of_levels: dict[Axis, dict[Name, float | None]] = {}
    for group, members in axes.items():
        mine = _within(found[group], members, factor)
        below = factor * _factor(mine)
        of_axes |= mine
        of_levels |= {axis: _within(p, levels[axis], below) for axis, p in mine.items()}
    return found, of_axes, of_levels


def _either(own: float | None, axes: Mapping[Axis, float | None]) -> float | None:
    """P of a group, by its own test or by one of its axes."""
    known = [p for p in axes.values() if p is not None]
    if own is None or not known or len(axes) == 1:
        return own
    return min(1.0, 2 * min(own, len(axes) * min(known)))


def _factor(adjusted: Mapping[Name, float | None]) -> float:
    """How many members there are for each that is found, of a family that is adjusted."""
    return len(adjusted) / max(sum(p is not None and p < ALPHA for p in adjusted.values()), 1)


def _within(above: float | None, family: Mapping[Name, float | None], factor: float) -> dict[Name, float | None]:
    """The members of a group or axis: never below itself."""
    if above is None or len(family) == 1:
        return {name: None if p is None else above for name, p in family.items()}
    return {name: None if p is None else max(above, min(1.0, factor * p)) for name, p in holm(family).items()}
