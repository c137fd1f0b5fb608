"""The table of the groups of axes in the terminal: their drops, and those of the axes in the groups that are found."""

from collections.abc import Sequence

from vlagen_bench.report.comparison_answer import probability
from vlagen_bench.report.groups import GroupResult, TestedDrop
from vlagen_bench.utils.tables import NumberTable
from vlagen_bench.utils.text import percent, percent_range, points, points_range


def groups_table(groups: Sequence[GroupResult]) -> NumberTable | None:
    """One row a group, with its axes below it where it is found; None where conditions do not take turns."""
    if not groups:
        return None
    table = NumberTable("Groups of axes, tested first; axes of the groups that are found").text("group", "axis")
    table.numbers("n", "success", "95 %", "drop", "95 %", "p", "Holm")
    for group in sorted(groups, key=lambda one: -(one.whole.drop.value or 0.0)):
        found = group.whole.found
        table.add_row(group.name, "", *_cells(group.whole), style="bold" if found else "")
        for axis in sorted(group.axes, key=lambda one: -(one.drop.value or 0.0)) if found else ():
            table.add_row("", axis.name, *_cells(axis), style="bold" if axis.told else "")
    table.caption = (
        "Over all levels of a group or axis, each pair counting the same, one pair a scene: Tango's interval, McNemar's exact p. "
        "Holm: over the groups, each found by its own p or by one of its axes, at half the level; an axis after its group. Bold: below 0.05."
    )
    return table


def _cells(one: TestedDrop) -> tuple[str, ...]:
    return (
        str(one.success.n),
        percent(one.success.value),
        percent_range(one.success.interval),
        points(one.drop.value),
        points_range(one.drop.interval),
        probability(one.p),
        probability(one.adjusted),
    )
