"""`vlagen report`: prints the results of a run, beside published ones if wanted."""

from pathlib import Path
from typing import Annotated

import tyro
from tyro.conf import Positional

from vlagen_bench.cli.common import OK, console
from vlagen_bench.cli.inclusion import Include, include


def report(
    run: Annotated[Positional[Path], tyro.conf.arg(metavar="RUN")], html: Path | None = None, outside: Include = ()
) -> int:
    """Shows a run: its table, what went wrong, and published rows beside it; ranks nothing across protocols.

    All of it, with charts and pictures of failures, is also written as one page that opens in any browser, offline.

    Args:
        run: a run folder, complete or not.
        html: where to write the page; default: RUN/report.html.
        outside: places with what of the run is your own.
    """
    from rich.markup import escape

    from vlagen_bench.harness.early_stopping import STOPPED
    from vlagen_bench.report import load, repeats
    from vlagen_bench.report.html import write_report
    from vlagen_bench.report.progress_terminal import progress_table
    from vlagen_bench.report.published_table import blocks
    from vlagen_bench.report.report import progress_of
    from vlagen_bench.report.terminal import (
        failure_mode_table,
        interaction_table,
        levels_table,
        once_table,
        results_table,
    )
    from vlagen_bench.runs.commands import measure
    from vlagen_bench.runs.outside import changes

    include(outside)
    out, read = console(), load.read(run)
    run_report = read.report

    def say(text: str) -> None:
        out.print(text, markup=False, soft_wrap=True)

    for sentence in (*read.remarks, *changes(read.header)):
        say(f"warning: {sentence}")
    if not run_report.complete:
        say(
            f"Incomplete: of {run_report.planned} episodes, {run_report.missing} have no result and {run_report.errors} ended as errors. "
            f"Everything below is over the others, and provisional."
        )
    if run_report.stopped is not None:
        say(
            f"Stopped by --until {run_report.stopped}: {run_report.missing} of {run_report.planned} episodes were not needed. {STOPPED}"
        )
    if run_report.verdict is not None:
        say(run_report.verdict)
    if run_report.oracle:
        say("This policy sees the simulator's state: it is an oracle, shown and never ranked.")
    oracle = " (oracle)" if run_report.oracle else ""
    out.print(
        results_table(f"{run_report.suite}: {escape(run_report.policy)}{oracle}", run_report.rows, run_report.sequences)
    )
    if run_report.oversized is not None:
        say(f"warning: {run_report.oversized}")
    more = (
        levels_table(run_report.rows),
        interaction_table(run_report.interactions),
        progress_table(progress_of(run_report), run_report.stages, first="condition, or kind"),
    )
    for table in (*more, once_table(run_report.rows), failure_mode_table(run_report.troubles)):
        if table is not None:
            out.print(table)
    again = repeats.of_run(run)
    if again.measured:
        out.print(repeats.table(again))
        say(repeats.floor(again))
    else:
        say(f"Noise floor: not measured. To measure it: {measure(read.header, again.first)}")
    for path in again.others:
        say(f"{path} is not a repeat of it: it is of another plan or policy, or damaged.")
    for block in blocks(run_report):
        say(f"\n{block.sentence}")
        for table in block.tables:
            out.print(table)
        for line in block.sources:
            say(line)
    if not run_report.published:
        say(f"Nothing is published here for the suite {run_report.suite}.")
    say(f"\nThe page of this run: {write_report(run, html)}")
    return OK
