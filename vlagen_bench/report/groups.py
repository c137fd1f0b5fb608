"""The results of the groups of a suite whose conditions take turns: groups are tested first, their axes where a group is found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vlagen_bench.plan.conditions import by_axis
from vlagen_bench.report.estimates import Estimate, drop_p, mean_drop, mean_success
from vlagen_bench.report.rows import Row
from vlagen_bench.statistics.multiplicity import ALPHA, holm_in_groups


@dataclass(frozen=True, kw_only=True)
class TestedDrop:
    """What is known of a group, or of an axis, over all its conditions."""

    name: str
    rows: tuple[Row, ...]
    success: Estimate
    drop: Estimate
    p: float | None
    """for itself alone"""
    adjusted: float | None
    """of a group after Holm over the groups; of an axis after its group (`statistics.multiplicity.holm_in_groups`)"""

    @property
    def found(self) -> bool:
        """Whether something in it makes a difference, among all: of a group, all its axes together or one of them."""
        return self.adjusted is not None and self.adjusted < ALPHA

    @property
    def told(self) -> bool:
        """Whether it is found, and its own drop differs from 0: that of a group that one axis found need not."""
        return self.found and self.drop.decided


@dataclass(frozen=True, kw_only=True)
class GroupResult:
    """What is known of a group, and of its axes."""

    whole: TestedDrop
    axes: tuple[TestedDrop, ...]

    @property
    def name(self) -> str:
        return self.whole.name


def group_results(rows: Sequence[Row], groups: Mapping[str, Sequence[str]]) -> tuple[GroupResult, ...]:
    """One result a group, in their order; none where conditions do not take turns.

    Args:
        rows: of a run, one a condition.
        groups: of its suite: group -> axes.
    """
    members = {group: _axes([row for row in rows if row.group == group]) for group in groups}
    found, of_axes, _ = holm_in_groups(
        {group: drop_p(_all(mine)) for group, mine in members.items()},
        {group: {axis: drop_p(own) for axis, own in mine.items()} for group, mine in members.items()},
        {axis: {axis: None} for mine in members.values() for axis in mine},
    )
    return tuple(
        GroupResult(
            whole=_tested(group, _all(mine), found[group]),
            axes=tuple(_tested(axis, own, of_axes[axis]) for axis, own in mine.items()),
        )
        for group, mine in members.items()
    )


def _axes(rows: Sequence[Row]) -> dict[str, list[Row]]:
    by_name = {row.condition: row for row in rows}
    return {axis: [by_name[name] for name in names] for axis, names in by_axis(tuple(by_name)).items()}


def _all(axes: Mapping[str, Sequence[Row]]) -> list[Row]:
    return [row for rows in axes.values() for row in rows]


def _tested(name: str, rows: Sequence[Row], adjusted: float | None) -> TestedDrop:
    return TestedDrop(
        name=name,
        rows=tuple(rows),
        success=mean_success(rows),
        drop=mean_drop(rows),
        p=drop_p(rows),
        adjusted=adjusted,
    )
