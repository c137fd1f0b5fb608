"""A comparison in the terminal: rates side by side, differences with intervals, the set of the best."""

from collections.abc import Iterator

from rich.markup import escape

from vlagen_bench.report.comparison import Comparison, ComparisonRow, RunDifference
from vlagen_bench.utils.tables import NumberTable
from vlagen_bench.utils.text import NO_DATA, percent, points, points_range

SHOWN = 20
"""differing episodes in the terminal"""


def tables(comparison: Comparison) -> Iterator[NumberTable]:
    """All tables that there is something to say in."""
    if len(comparison.runs) > 2 or len(comparison.ranked) < 2:
        yield _rates(comparison)
    for label in comparison.ranked[1:]:
        if comparison.axes:
            yield _axes_against_first(comparison, label)
        yield _against_first(comparison, label)
    if comparison.standings:
        yield _standings(comparison)
    if comparison.differing:
        yield _differing(comparison)


def named(comparison: Comparison, label: str) -> str:
    """`A (oracle)`, or only `A`."""
    return f"{label} (oracle)" if comparison.runs[label].oracle else label


def probability(p: float | None) -> str:
    """`0.031`, `<0.001`, or a dash."""
    return NO_DATA if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def interval(gap: RunDifference) -> str:
    """`-3 – +12`, in points, or a dash."""
    return points_range(None if gap.low is None or gap.high is None else (gap.low, gap.high))


def _new(title: str, *numbers: str) -> NumberTable:
    return NumberTable(title).text("condition").numbers(*numbers)


def _rates(comparison: Comparison) -> NumberTable:
    table = _new("Success rates", "n", *(named(comparison, label) for label in comparison.runs))
    for line in comparison.lines:
        table.add_row(line.condition, str(line.n), *(percent(line.rate(label)) for label in comparison.runs))
    table.add_section()
    overall = comparison.overall
    table.add_row(overall.condition, str(overall.n), *(percent(overall.rate(label)) for label in comparison.runs))
    return table


def _against_first(comparison: Comparison, label: str) -> NumberTable:
    first = comparison.ranked[0]
    table = _new(f"{label} against {first}, on the same episodes", *_heads(first, label))
    for line in comparison.lines:
        table.add_row(*_cells(line, first, label))
    table.add_section()
    table.add_row(*_cells(comparison.overall, first, label))
    table.caption = (
        "Differences in points. In a condition: Tango's interval, McNemar's exact p. Overall: an interval over\n"
        "scenes, whose signs are flipped for p; a question of its own. 0 is in an interval if p is 0.05 or more.\n"
        "Holm: p of a condition after that of its axis, both among all axes and runs here."
    )
    return table


def _axes_against_first(comparison: Comparison, label: str) -> NumberTable:
    first = comparison.ranked[0]
    table = _new(f"{label} against {first}, by axis", *_heads(first, label))
    table.columns[0].header = "axis"
    for axis in comparison.axes:
        table.add_row(*_cells(axis, first, label))
    table.caption = (
        "All conditions of an axis: intervals over scenes, whose signs are flipped for p. Holm: over all axes and runs."
    )
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
        where = f"{standing.name}: {escape(str(comparison.runs[standing.name].path))}"
        table.add_row(where, percent(standing.rate), probability(standing.p), "yes" if standing.among_best else "no")
    table.caption = (
        "A run that truly is the best is among them with a probability of 95 % or more.\n"
        "p: of the hypothesis that no other run is better, adjusted for how many others there are."
    )
    return table


def _differing(comparison: Comparison) -> NumberTable:
    table = _new("Episodes where they differ", "id", *(named(comparison, label) for label in comparison.runs))
    table.add_column("instruction")
    for episode in comparison.differing[:SHOWN]:
        outcomes = (outcome(comparison, label, episode["id"]) for label in comparison.runs)
        text = escape(episode["values"]["instruction"]["text"])
        table.add_row(f"{episode['condition']} {episode['index']}", episode["id"], *outcomes, text)
    if len(comparison.differing) > SHOWN:
        table.caption = f"{len(comparison.differing) - SHOWN} more: --out DIR writes them all, with their films."
    return table


def outcome(comparison: Comparison, label: str, episode_id: str) -> str:
    """`success`, `failure`, `error`, or a dash where the episode was not run."""
    return comparison.runs[label].results.get(episode_id, {}).get("outcome", NO_DATA)
