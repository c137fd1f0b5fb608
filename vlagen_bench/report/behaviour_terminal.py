"""The behaviour of the arm in the terminal: of a run, nominal beside shifted; of several runs, side by side."""

from collections.abc import Sequence

from vlagen_bench.report.averages import NOMINAL
from vlagen_bench.report.behaviour import BehaviourGroup, BehaviourMean, shown
from vlagen_bench.report.behaviour_comparison import BehaviourLine
from vlagen_bench.report.comparison import Comparison
from vlagen_bench.report.comparison_answer import probability
from vlagen_bench.tasks.behaviour import Measure
from vlagen_bench.utils.tables import NumberTable
from vlagen_bench.utils.text import NO_DATA


def behaviour_table(groups: Sequence[BehaviourGroup]) -> NumberTable | None:
    """One row a metric, for the nominal condition and for all shifted ones; None where no run says how the arm behaved."""
    nominal = [group for group in groups if group.name == NOMINAL]
    sides = [*nominal, *[group for group in groups if group.name != NOMINAL][-1:]]
    if not sides:
        return None
    table = NumberTable("Behaviour of the arm").text("metric")
    for side in sides:
        table.numbers("n", side.name, "95 %")
    by_side = [{one.measure: one for one in side.means} for side in sides]
    measures = dict.fromkeys(one.measure for side in sides for one in side.means)
    for measure in measures:
        table.add_row(measure.label, *(cell for means in by_side for cell in cells(means.get(measure))))
    table.caption = (
        "Means over episodes, of the first two over those that succeeded. 95 %: over scenes; none where all scenes agree. "
        "Definitions: docs/reference/runs.md."
    )
    return table


def cells(one: BehaviourMean | None) -> tuple[str, str, str]:
    """n, mean and interval."""
    if one is None:
        return NO_DATA, NO_DATA, NO_DATA
    return str(one.n), one.text(one.mean) or NO_DATA, interval(one)


def interval(one: BehaviourMean) -> str:
    """`0.52 – 0.71`, or a dash."""
    if one.low is None or one.high is None:
        return NO_DATA
    return f"{one.text(one.low).removesuffix(' %')} – {one.text(one.high)}"


def comparison_tables(comparison: Comparison) -> list[NumberTable]:
    """One for each run that is compared with the first, over all conditions."""
    return [_against_first(comparison, label) for label in comparison.ranked[1:] if comparison.behaviour]


def _against_first(comparison: Comparison, label: str) -> NumberTable:
    first = comparison.ranked[0]
    table = NumberTable(f"Behaviour: {label} against {first}, on the same episodes").text("metric")
    table.numbers("n", first, label, f"{label} - {first}", "95 % interval", "p")
    for line in comparison.behaviour:
        if line.overall and line.label == label:
            table.add_row(*comparison_cells(line))
    table.caption = (
        "Time and path: over the episodes in which both succeeded, which says nothing of the others. Intervals are over scenes, "
        "whose signs are flipped for p; each p is for itself alone."
    )
    return table


def comparison_cells(line: BehaviourLine) -> tuple[str, ...]:
    """Metric, n, both means, the difference, its interval and p."""
    measure, gap = line.measure, line.gap
    if gap is None or line.own is None or line.first is None:
        return (measure.label, str(line.n), *[NO_DATA] * 5)
    low, high = gap.interval or (None, None)
    span = (
        NO_DATA
        if low is None or high is None
        else f"{_signed(measure, low).removesuffix(' %')} – {_signed(measure, high)}"
    )
    means = [shown(measure, one, max(line.first, line.own)) for one in (line.first, line.own)]
    return (measure.label, str(line.n), *means, _signed(measure, gap.value), span, probability(gap.p))


def _signed(measure: Measure, value: float) -> str:
    return f"{'-' if value < 0 else '+'}{shown(measure, abs(value))}"
