"""The behaviour of the arm as one table: a row for each metric, a column for each kind of conditions."""

from collections.abc import Sequence

from vlagen_bench.report.behaviour import BehaviourGroup
from vlagen_bench.report.behaviour_terminal import cells

Cell = tuple[str, str, str]
"""episodes, mean and interval, as texts"""


def behaviour_rows(groups: Sequence[BehaviourGroup]) -> list[tuple[str, list[tuple[BehaviourGroup, Cell]]]]:
    """Label of a metric -> each group with what it has of it, a dash where it has nothing."""
    by_group = [(group, {one.measure: one for one in group.means}) for group in groups]
    measures = dict.fromkeys(one.measure for group in groups for one in group.means)
    return [(measure.label, [(group, cells(means.get(measure))) for group, means in by_group]) for measure in measures]
