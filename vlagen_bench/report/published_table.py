"""Published rows beside a run's in the terminal: conditions as rows, entries as columns."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from vlagen_bench.report.averages import NOMINAL, OVERALL, Average
from vlagen_bench.report.report import ComparedEntry, PublishedDifference, RunReport
from vlagen_bench.report.terminal import whole_label
from vlagen_bench.utils.tables import NumberTable
from vlagen_bench.utils.text import NO_DATA, percent, points, points_range

RANKED_PER_TABLE, SHOWN_PER_TABLE = 2, 6
"""entries that fit into 110 columns, with differences and without"""


@dataclass(frozen=True, kw_only=True)
class ProtocolTable:
    """Entries of one protocol."""

    sentence: str
    tables: tuple[NumberTable, ...]
    sources: tuple[str, ...]
    """what the entries are and where they come from, a line each"""


def blocks(report: RunReport) -> Iterator[ProtocolTable]:
    """The entries of the run's own protocol, with differences; then those of each other protocol, without."""
    members: dict[tuple[str, ...], list[ComparedEntry]] = {}
    for beside in sorted(report.published, key=lambda beside: bool(beside.differences)):
        members.setdefault(beside.differences, []).append(beside)
    for differences, besides in members.items():
        ranked = not differences and not report.oracle
        tables = _tables(report, besides, ranked=ranked)
        yield ProtocolTable(
            sentence=_sentence(report, differences), tables=tuple(tables), sources=tuple(_sources(besides))
        )


def _sentence(report: RunReport, differences: Sequence[str]) -> str:
    if differences:
        return f"Published under another protocol, so nothing is ranked or subtracted: {'; '.join(differences)}."
    if report.oracle:
        return "Published under the same protocol; the run is an oracle's, so nothing is ranked or subtracted."
    return (
        "Published under the same protocol. Difference: the run minus the entry, in points, with the 95 % interval of "
        "two independent samples (Newcombe); one interval in twenty misses by chance."
    )


def _tables(report: RunReport, besides: Sequence[ComparedEntry], *, ranked: bool) -> Iterator[NumberTable]:
    """As many tables as the width needs, of even size."""
    most = RANKED_PER_TABLE if ranked else SHOWN_PER_TABLE
    size = ceil(len(besides) / ceil(len(besides) / most))
    for start in range(0, len(besides), size):
        yield _table(report, besides[start : start + size], gaps=ranked)


def _sources(besides: Sequence[ComparedEntry]) -> Iterator[str]:
    for beside in besides:
        yield f"{beside.entry.name}: {beside.entry.model} ({beside.entry.kind})"
    for source in dict.fromkeys(beside.entry.source for beside in besides):
        yield f"source: {source.citation}; {source.table}. Read: {source.read}"
    for note in dict.fromkeys(note for beside in besides for note in beside.entry.protocol.notes):
        of = [beside.entry.name for beside in besides if note in beside.entry.protocol.notes]
        yield f"note{'' if len(of) == len(besides) else ' on ' + ', '.join(of)}: {note}"


def _table(report: RunReport, besides: Sequence[ComparedEntry], *, gaps: bool) -> NumberTable:
    """Only the conditions that one of the entries has."""
    table = NumberTable().text("condition").numbers("this run")
    for beside in besides:
        table.numbers(_heading(beside.entry.name), *["difference"] * gaps)
    runs = {row.condition: row for row in report.rows}
    for group in dict.fromkeys(report.groups.values()):
        members = [name for name in report.groups if report.groups[name] == group]
        for name in members:
            cells = [beside.entry.conditions.get(name) for beside in besides]
            if any(cells):
                row = runs.get(name)
                texts = [NO_DATA if cell is None else _cell(cell.value, cell.n) for cell in cells]
                table.add_row(
                    name,
                    _cell(row.rate if row else None, row.n if row else None),
                    *_with_gaps(texts, besides, name, gaps),
                )
        if group != NOMINAL and len(members) > 1:
            _add_average(table, report, besides, group, gaps)
        table.add_section()
    for name in OVERALL:
        _add_average(table, report, besides, name, gaps)
    return table


def _add_average(
    table: NumberTable, report: RunReport, besides: Sequence[ComparedEntry], name: str, gaps: bool
) -> None:
    cells = [_whole(beside.averages[name]) for beside in besides]
    own = report.averages[name]
    label = whole_label(own) if name in OVERALL else f"{name}: mean of {len(own.members)}"
    table.add_row(label, _whole(own), *_with_gaps(cells, besides, name, gaps), style="italic")


def _with_gaps(cells: Sequence[str], besides: Sequence[ComparedEntry], name: str, gaps: bool) -> list[str]:
    if not gaps:
        return list(cells)
    return [text for cell, beside in zip(cells, besides, strict=True) for text in (cell, _gap(beside.gaps.get(name)))]


def _heading(name: str) -> str:
    """The name, broken after hyphens."""
    return textwrap.fill(name.replace("-", "- "), 10).replace("- ", "-")


def _cell(rate: float | None, n: int | None) -> str:
    return percent(rate) if rate is None or n is None else f"{percent(rate)} of {n}"


def _whole(average: Average) -> str:
    """An average only where every member is known, since a mean of some beside a mean of all misleads."""
    return percent(average.value) if average.complete else NO_DATA


def _gap(gap: PublishedDifference | None) -> str:
    return NO_DATA if gap is None else f"{points(gap.value)} ({points_range((gap.low, gap.high), ', ')})"
