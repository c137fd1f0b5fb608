"""`vlagen report`: prints the results of a run, beside published ones if wanted."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro
from tyro.conf import Positional

from vlagen_bench.cli import common
from vlagen_bench.cli.common import OK, console
from vlagen_bench.cli.inclusion import Include, include

if TYPE_CHECKING:
    from vlagen_bench.report.report import RunReport


FEW, MOST = 24, 12
"""conditions that every table shows; of more, as many as have most to say"""


def report(
    run: Annotated[Positional[Path], tyro.conf.arg(metavar="RUN")],
    html: Path | None = None,
    rows: Literal["some", "all"] = "some",
    outside: Include = (),
) -> int:
    """Shows a run: its table, what went wrong, and published rows beside it; ranks nothing across protocols.

    All of it, with charts and pictures of failures, is also written as one page that opens in any browser, offline.

    Args:
        run: a run folder, complete or not.
        html: where to write the page; default: RUN/report.html.
        rows: of many conditions, show in how they fail only those that fail most, or all.
        outside: places with what of the run is your own.
    """
    from vlagen_bench.harness.early_stopping import STOPPED
    from vlagen_bench.report import load, repeats
    from vlagen_bench.report.behaviour_terminal import behaviour_table
    from vlagen_bench.report.groups_terminal import groups_table
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
    from vlagen_bench.runs.commands import measure, resume
    from vlagen_bench.runs.outside import changes

    include(outside)
    out, read = console(), load.read(run)
    run_report = read.report
    say = partial(common.say, to=out)
    for sentence in run_report.first_lines:
        say(sentence)
    for sentence in (*read.remarks, *changes(read.header)):
        say(f"warning: {sentence}")
    if not run_report.complete:
        say(
            f"Incomplete: of {run_report.planned} episodes, {run_report.missing} have no result and {run_report.errors} ended as errors. "
            f"Everything below is over the others, and provisional. "
            f"To go on: {resume(read.header, run, '' if run_report.missing else 'retry_errors')}"
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
    title = f"{run_report.suite}: {run_report.policy}{oracle}, {run_report.amount}"
    out.print(results_table(title, run_report.rows, run_report.sequences))
    if run_report.oversized is not None:
        say(f"warning: {run_report.oversized}")
    shown = _shown(run_report, every=rows == "all")
    conditions = {row.condition for row in run_report.rows}
    far = [one for one in progress_of(run_report) if one.name in shown or one.name not in conditions]
    more = (
        groups_table(run_report.tested_groups),
        levels_table(run_report.rows),
        interaction_table(run_report.interactions),
        progress_table(far, run_report.stages, first="condition, or kind"),
        behaviour_table(run_report.behaviour),
        once_table([row for row in run_report.rows if row.condition in shown]),
        failure_mode_table({name: counts for name, counts in run_report.troubles.items() if name in shown}),
    )
    for table in more:
        if table is not None:
            out.print(table)
    if len(shown) < len(conditions):
        say(f"The last tables have the {len(shown)} conditions with most failures; {len(conditions)} with --rows all.")
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


def _shown(run_report: "RunReport", *, every: bool) -> set[str]:
    """Conditions whose failures are looked at in detail."""
    by_failures = sorted(run_report.rows, key=lambda row: row.successes - row.n)
    few = every or len(by_failures) <= FEW
    return {row.condition for row in (by_failures if few else by_failures[:MOST])}
