"""Published results beside the run: one block per protocol, differences within the run's own protocol."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vlagen_bench.report.averages import NOMINAL, OVERALL, Average
from vlagen_bench.report.entries import EntrySource
from vlagen_bench.report.html.words import plain, points
from vlagen_bench.report.protocol_names import name_of
from vlagen_bench.report.report import ComparedEntry, PublishedDifference, RunReport
from vlagen_bench.report.terminal import whole_label
from vlagen_bench.utils.text import NO_DATA, percent


@dataclass(frozen=True, kw_only=True)
class PublishedCell:
    """What an entry has in a row."""

    rate: str
    gap: str | None
    """run minus entry with its interval; None where they are not compared"""


@dataclass(frozen=True, kw_only=True)
class PublishedRow:
    """A condition, or a mean."""

    name: str
    mean: bool
    own: str
    cells: tuple[PublishedCell, ...]


@dataclass(frozen=True, kw_only=True)
class PublishedBlock:
    """Entries of one protocol."""

    name: str
    """of the protocol"""
    compared: bool
    differences: tuple[str, ...]
    entries: tuple[ComparedEntry, ...]
    lines: tuple[PublishedRow, ...]
    sources: tuple[EntrySource, ...]
    notes: tuple[str, ...]


def blocks(report: RunReport) -> Iterator[PublishedBlock]:
    """Those of the run's own protocol first."""
    members: dict[tuple[str, ...], list[ComparedEntry]] = {}
    for beside in sorted(report.published, key=lambda beside: bool(beside.differences)):
        members.setdefault(beside.differences, []).append(beside)
    for differences, entries in members.items():
        compared = not differences and not report.oracle
        notes = dict.fromkeys(note for beside in entries for note in beside.entry.protocol.notes)
        yield PublishedBlock(
            name=name_of(entries[0].entry.protocol),
            compared=compared,
            differences=differences,
            entries=tuple(entries),
            lines=tuple(_lines(report, entries, compared)),
            sources=tuple(dict.fromkeys(beside.entry.source for beside in entries)),
            notes=tuple(notes),
        )


def _lines(report: RunReport, entries: Sequence[ComparedEntry], compared: bool) -> Iterator[PublishedRow]:
    own = {row.condition: row for row in report.rows}
    for group in dict.fromkeys(report.groups.values()):
        members = [name for name in report.groups if report.groups[name] == group]
        for name in members:
            cells = [beside.entry.conditions.get(name) for beside in entries]
            if any(cells):
                rates = [_of(cell.value, cell.n) if cell else NO_DATA for cell in cells]
                mine = _of(own[name].rate, own[name].n) if name in own else NO_DATA
                yield _line(plain(name), False, mine, rates, entries, name if compared else None)
        if group != NOMINAL and len(members) > 1:
            yield _mean(f"{plain(group)}: mean of {len(members)}", report, entries, group, compared)
    for name in OVERALL:
        yield _mean(whole_label(report.averages[name]), report, entries, name, compared)


def _mean(label: str, report: RunReport, entries: Sequence[ComparedEntry], name: str, compared: bool) -> PublishedRow:
    rates = [_whole(beside.averages[name]) for beside in entries]
    return _line(label, True, _whole(report.averages[name]), rates, entries, name if compared else None)


def _line(
    label: str, mean: bool, own: str, rates: Sequence[str], entries: Sequence[ComparedEntry], compared: str | None
) -> PublishedRow:
    gaps = [None if compared is None else _gap(beside.gaps.get(compared)) for beside in entries]
    cells = (PublishedCell(rate=rate, gap=gap) for rate, gap in zip(rates, gaps, strict=True))
    return PublishedRow(name=label, mean=mean, own=own, cells=tuple(cells))


def _of(rate: float | None, n: int | None) -> str:
    return percent(rate) if rate is None or n is None else f"{percent(rate)} of {n}"


def _whole(average: Average) -> str:
    """Only where every member is known: a mean of some beside a mean of all misleads."""
    return percent(average.value) if average.complete else NO_DATA


def _gap(gap: PublishedDifference | None) -> str:
    return NO_DATA if gap is None else f"{points(gap.value)} ({points(gap.low)} to {points(gap.high)})"
