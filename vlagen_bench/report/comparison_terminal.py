"""A comparison in the terminal: rates side by side, differences with intervals, the set of the best."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from vlagen_bench.report.comparison import Comparison, Gap, Line
from vlagen_bench.utils.text import NO_DATA, percent, points

SHOWN = 20
"""differing episodes in the terminal"""


def tables(found: Comparison) -> Iterator[Table]:
    """All tables that there is something to say in."""
    if len(found.runs) > 2 or len(found.ranked) < 2:
        yield _rates(found)
    for label in found.ranked[1:]:
        yield _against_first(found, label)
    if found.standings:
        yield _standings(found)
    if found.differing:
        yield _differing(found)


def named(found: Comparison, label: str) -> str:
    """`A (oracle)`, or only `A`."""
    return f"{label} (oracle)" if found.runs[label].oracle else label


def probability(p: float | None) -> str:
    """`0.031`, `<0.001`, or a dash."""
    return NO_DATA if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def interval(gap: Gap) -> str:
    """`-3 – +12`, in points, or a dash."""
    return NO_DATA if gap.low is None else f"{points(gap.low)} – {points(gap.high)}"


def _new(title: str, *numbers: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left", header_style="bold")
    table.add_column("condition", no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _rates(found: Comparison) -> Table:
    table = _new("Success rates", "n", *(named(found, label) for label in found.runs))
    for line in found.lines:
        table.add_row(line.condition, str(line.n), *(percent(line.rate(label)) for label in found.runs))
    table.add_section()
    overall = found.overall
    table.add_row(overall.condition, str(overall.n), *(percent(overall.rate(label)) for label in found.runs))
    return table


def _against_first(found: Comparison, label: str) -> Table:
    first = found.ranked[0]
    heads = ("n", first, label, f"{label} - {first}", "95 % interval", f"only {label}", f"only {first}", "p", "Holm")
    table = _new(f"{label} against {first}, on the same episodes", *heads)
    for line in found.lines:
        table.add_row(*_cells(line, first, label))
    table.add_section()
    table.add_row(*_cells(found.overall, first, label))
    table.caption = (
        "Differences in points. In a condition: Tango's interval, McNemar's exact p, and p after Holm\n"
        "over all conditions and runs here. Overall: whole scenes are resampled, and have their signs\n"
        "flipped; a question of its own."
    )
    return table


def _cells(line: Line, first: str, label: str) -> tuple[str, ...]:
    gap = line.gaps[label]
    rates = (percent(line.rate(first)), percent(line.rate(label)))
    counts = (str(gap.pairs.only_first), str(gap.pairs.only_other)) if gap.pairs.n else (NO_DATA, NO_DATA)
    doubt = (probability(gap.p), probability(gap.adjusted))
    return (line.condition, str(line.n), *rates, points(gap.pairs.difference), interval(gap), *counts, *doubt)


def _standings(found: Comparison) -> Table:
    table = Table(title="Who cannot be told from the best", title_justify="left", caption_justify="left")
    for name in ("run", "success", "p", "among the best"):
        table.add_column(name, justify="left" if name == "run" else "right", no_wrap=True)
    for one in found.standings:
        where = f"{one.name}: {escape(str(found.runs[one.name].path))}"
        table.add_row(where, percent(one.rate), probability(one.p), "yes" if one.among_best else "no")
    table.caption = (
        "A run that truly is the best is among them with a probability of 95 % or more.\n"
        "p: of the hypothesis that no other run is better, adjusted for how many others there are."
    )
    return table


def _differing(found: Comparison) -> Table:
    table = _new("Episodes where they differ", "id", *(named(found, label) for label in found.runs))
    table.add_column("instruction")
    for episode in found.differing[:SHOWN]:
        outcomes = (outcome(found, label, episode["id"]) for label in found.runs)
        text = escape(episode["values"]["instruction"]["text"])
        table.add_row(f"{episode['condition']} {episode['index']}", episode["id"], *outcomes, text)
    if len(found.differing) > SHOWN:
        table.caption = f"{len(found.differing) - SHOWN} more: --out DIR writes them all, with their films."
    return table


def outcome(found: Comparison, label: str, episode_id: str) -> str:
    """`success`, `failure`, `error`, or a dash where the episode was not run."""
    return found.runs[label].results.get(episode_id, {}).get("outcome", NO_DATA)
