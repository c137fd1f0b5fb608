"""How is a run shown in a terminal? One row per condition: n, rate, interval, drop, errors; and as CSV."""

import csv
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from vlagen_bench.stats import Row

NO_DATA = "–"


def percent(value: float | None) -> str:
    """`73 %`, or a dash where there is no data."""
    return NO_DATA if value is None else f"{100 * value:.0f} %"


def results_table(title: str, rows: Sequence[Row]) -> Table:
    """The rows, grouped by kind of axis."""
    table = Table(title=title, title_justify="left", caption_justify="left", header_style="bold")
    table.add_column("kind", no_wrap=True)
    table.add_column("condition", no_wrap=True)
    for name in ("n", "success", "95 % interval", "drop vs twin", "pairs", "errors"):
        table.add_column(name, justify="right", no_wrap=True)
    group = None
    for row in rows:
        first = row.group != group
        if first and group is not None:
            table.add_section()
        group = row.group
        table.add_row(group if first else "", *_cells(row))
    table.caption = "Interval: Wilson. Drop: clean twins minus perturbed, same draws, in points."
    return table


def _cells(row: Row) -> tuple[str, ...]:
    low_high = row.interval
    interval = NO_DATA if low_high is None else f"{100 * low_high[0]:.0f} – {100 * low_high[1]:.0f} %"
    drop = NO_DATA if row.drop is None else f"{100 * row.drop:+.0f}"
    n = str(row.n) if row.n == row.planned else f"{row.n} / {row.planned}"
    errors = f"[red]{row.errors}[/red]" if row.errors else "0"
    return row.condition, n, percent(row.rate), interval, drop, str(row.pairs), errors


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """The same numbers, unrounded; empty where there is no data."""
    names = (
        "group", "condition", "planned", "n", "successes", "success_rate", "wilson_low", "wilson_high",
        "success_once", "pairs", "lost", "gained", "paired_drop", "errors",
    )  # fmt: skip
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row in rows:
            low, high = row.interval or (None, None)
            writer.writerow([
                row.group, row.condition, row.planned, row.n, row.successes, row.rate, low, high,
                row.success_once, row.pairs, row.lost, row.gained, row.drop, row.errors,
            ])  # fmt: skip
