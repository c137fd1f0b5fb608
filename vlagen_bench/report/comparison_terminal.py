"""The tables of a comparison in the terminal: the set of the best, rates side by side, differences with intervals."""

from collections.abc import Iterator, Sequence

from vlagen_bench.report.comparison import Comparison, ComparisonRow
from vlagen_bench.report.comparison_answer import clear, interval, probability
from vlagen_bench.utils.tables import NumberTable
from vlagen_bench.utils.text import NO_DATA, amount, percent, points

SHOWN = 10
"""differing episodes in the terminal"""
FEW, NEAREST = 24, 12
"""conditions that are all shown, and how many are shown of more, beside those that tell runs apart"""


def tables(comparison: Comparison, *, every: bool = False) -> Iterator[NumberTable]:
    """All tables that there is something to say in; of many axes and conditions those that matter, or `every` one."""
    lines = comparison.lines if every else chosen(comparison, comparison.lines)
    if comparison.standings:
        yield _standings(comparison)
    if len(comparison.runs) > 2 or len(comparison.ranked) < 2:
        yield _rates(comparison, lines)
    for label in comparison.ranked[1:]:
        if comparison.groups:
            yield _groups_against_first(comparison, label)
        if comparison.axes:
            yield _axes_against_first(
                comparison, label, comparison.axes if every else chosen(comparison, comparison.axes)
            )
        yield _against_first(comparison, label, lines)
    if comparison.differing:
        yield _differing(comparison, len(comparison.differing) if every else SHOWN)


def _rest(rows: Sequence[ComparisonRow], shown: Sequence[ComparisonRow], what: str) -> str:
    left = len(rows) - len(shown)
    return f"{left} other {what}, which tell nothing apart: --rows all." if left else ""


def named(comparison: Comparison, label: str) -> str:
    """`A (oracle)`, or only `A`."""
    return f"{label} (oracle)" if comparison.runs[label].oracle else label


def chosen(comparison: Comparison, rows: Sequence[ComparisonRow]) -> tuple[ComparisonRow, ...]:
    """All rows where these are few; else those that tell runs apart, and those that come nearest to it."""
    if len(rows) <= FEW:
        return tuple(rows)
    told = {row.condition for label in comparison.ranked[1:] for row in clear(rows, label)}
    told |= {row.condition for row in sorted(rows, key=_lowest)[:NEAREST]}
    return tuple(row for row in rows if row.condition in told)


def _lowest(line: ComparisonRow) -> tuple[float, float]:
    """The lowest p of a condition, and the largest difference, to sort by."""
    ps = [gap.p for gap in line.gaps.values() if gap.p is not None]
    sizes = [abs(gap.pairs.difference or 0.0) for gap in line.gaps.values()]
    return min(ps, default=1.0), -max(sizes, default=0.0)


def _new(title: str, *numbers: str) -> NumberTable:
    return NumberTable(title).text("condition").numbers(*numbers)


def _rates(comparison: Comparison, lines: Sequence[ComparisonRow]) -> NumberTable:
    table = _new(
        f"Success rates, {amount(comparison.scenes, comparison.overall.n)}",
        "n",
        *(named(comparison, label) for label in comparison.runs),
    )
    for line in lines:
        table.add_row(line.condition, str(line.n), *(percent(line.rate(label)) for label in comparison.runs))
    table.add_section()
    overall = comparison.overall
    table.add_row(overall.condition, str(overall.n), *(percent(overall.rate(label)) for label in comparison.runs))
    table.caption = _rest(comparison.lines, lines, "conditions")
    return table


def _against_first(comparison: Comparison, label: str, lines: Sequence[ComparisonRow]) -> NumberTable:
    first = comparison.ranked[0]
    some = amount(comparison.scenes, comparison.overall.n)
    table = _new(f"{label} against {first}, on the same {some}", *_heads(first, label))
    for line in lines:
        table.add_row(*_cells(line, first, label))
    table.add_section()
    table.add_row(*_cells(comparison.overall, first, label))
    table.caption = (
        "Differences in points. In a condition: Tango's interval, McNemar's exact p. Overall: an interval over "
        "scenes, whose signs are flipped for p; a question of its own, with Holm over the runs. 0 is in an interval if p is "
        "0.05 or more. "
        "Holm: p of a condition after that of its axis, both among all axes and runs here.\n"
        f"{_rest(comparison.lines, lines, 'conditions')}"
    ).strip()
    return table


def _groups_against_first(comparison: Comparison, label: str) -> NumberTable:
    first = comparison.ranked[0]
    table = _new(f"{label} against {first}, by group of axes", *_heads(first, label))
    table.columns[0].header = "group"
    for group in comparison.groups:
        table.add_row(*_cells(group, first, label))
    table.caption = (
        "Each scene has one condition of a group: McNemar's exact p. Holm: over all groups and runs; a group is found by its own "
        "p or by one of its axes, each at half the level."
    )
    return table


def _axes_against_first(comparison: Comparison, label: str, axes: Sequence[ComparisonRow]) -> NumberTable:
    first = comparison.ranked[0]
    table = _new(f"{label} against {first}, by axis", *_heads(first, label))
    table.columns[0].header = "axis"
    for axis in axes:
        table.add_row(*_cells(axis, first, label))
    how = (
        "One condition of an axis a scene: Tango's interval, McNemar's exact p. Holm: after the group of the axis."
        if comparison.groups
        else "All conditions of an axis: intervals over scenes, whose signs are flipped for p. Holm: over all axes and runs."
    )
    table.caption = (f"{how}\n{_rest(comparison.axes, axes, 'axes of several conditions')}").strip()
    return table


def _heads(first: str, label: str) -> tuple[str, ...]:
    return "n", first, label, f"{label} - {first}", "95 % interval", f"only {label}", f"only {first}", "p", "Holm"


def _cells(line: ComparisonRow, first: str, label: str) -> tuple[str, ...]:
    gap = line.gaps[label]
    rates = (percent(line.rate(first)), percent(line.rate(label)))
    counts = (str(gap.pairs.only_first), str(gap.pairs.only_other)) if gap.pairs.n else (NO_DATA, NO_DATA)
    doubt = (probability(gap.p), probability(gap.adjusted))
    return (line.condition, str(line.n), *rates, points(gap.pairs.difference), interval(gap), *counts, *doubt)


def _standings(comparison: Comparison) -> NumberTable:
    table = NumberTable("Policies that cannot be distinguished from the best").text("run")
    table.numbers("success", "p", "among the best")
    for standing in comparison.standings:
        where = f"{standing.name}: {comparison.runs[standing.name].path}"
        table.add_row(where, percent(standing.rate), probability(standing.p), "yes" if standing.among_best else "no")
    table.caption = (
        "A run that truly is the best is among them with a probability of 95 % or more.\n"
        "p: of the hypothesis that no other run is better, adjusted for how many others there are."
    )
    return table


def _differing(comparison: Comparison, shown: int) -> NumberTable:
    table = NumberTable("Episodes where they differ").text("condition").text("id", whole=True)
    table.numbers(*(named(comparison, label) for label in comparison.runs)).text("instruction")
    for episode in comparison.differing[:shown]:
        outcomes = (outcome(comparison, label, episode["id"]) for label in comparison.runs)
        text = episode["values"]["instruction"]["text"]
        table.add_row(f"{episode['condition']} {episode['index']}", episode["id"], *outcomes, text)
    if len(comparison.differing) > shown:
        table.caption = f"{len(comparison.differing) - shown} more: --out DIR writes them all, with their films."
    return table


def outcome(comparison: Comparison, label: str, episode_id: str) -> str:
    """`success`, `failure`, `error`, or a dash where the episode was not run."""
    return comparison.runs[label].results.get(episode_id, {}).get("outcome", NO_DATA)
