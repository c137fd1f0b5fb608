"""`vlagen compare`: policies on the same episodes. Parses, prints, and writes the page."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import tyro
from tyro.conf import Positional

from vlagen_bench.cli import common
from vlagen_bench.cli.common import OK, console
from vlagen_bench.cli.inclusion import Include, include
from vlagen_bench.errors import ConfigError


def compare(
    runs: Annotated[Positional[tuple[Path, ...]], tyro.conf.arg(metavar="RUN RUN ...")],
    out: Path | None = None,
    films: int = 0,
    rows: Literal["some", "all"] = "some",
    outside: Include = (),
) -> int:
    """Compares runs of one plan, paired episode by episode; the first is what the others are compared with.

    Args:
        runs: run folders, two or more, complete or not.
        out: write two CSV files, a plot, and a page of the differing episodes with their films, into this folder.
        films: of so many differing episodes, make the films that are missing, from the recorded actions, into RUN/videos; needs
            --out and a renderer.
        rows: of many conditions, show those that tell the runs apart or come nearest to it, or all.
        outside: places with what of the runs is your own.
    """
    if films < 0 or (films and out is None):
        raise ConfigError(
            f"--films {films}: it is a number of episodes, whose films are shown on the page that --out DIR writes. Give both."
        )
    from vlagen_bench.harness.early_stopping import STOPPED
    from vlagen_bench.report import comparison
    from vlagen_bench.report.behaviour_terminal import comparison_tables
    from vlagen_bench.report.comparison_answer import answer
    from vlagen_bench.report.comparison_terminal import tables
    from vlagen_bench.report.html.facts import saw_alike, seen
    from vlagen_bench.report.progress_terminal import comparison_table
    from vlagen_bench.runs.outside import changes

    include(outside)
    to, compared = console(), comparison.compare(runs)
    say = partial(common.say, to=to)
    for label, run in compared.runs.items():
        for sentence in run.report.first_lines:
            say(f"{label}: {sentence}")
    alike = saw_alike(run.header for run in compared.runs.values())
    for label, run in compared.runs.items():
        oracle = ", an oracle: shown and never ranked" if run.oracle else ""
        say(f"{label}: {run.path}, policy {run.policy}{oracle}")
        if not alike and (cameras := seen(run.header)):
            say(f"   {cameras}")
        for sentence in (*run.remarks, *changes(run.header)):
            say(f"   warning: {sentence}")
        if not run.report.complete:
            say(f"   incomplete: episodes without a result {run.report.missing}, ended as errors {run.report.errors}.")
        if run.report.stopped is not None:
            say(f"   stopped by --until {run.report.stopped}. {STOPPED}")
            if run.report.verdict is not None:
                say(f"   {run.report.verdict}")
    if compared.left_out:
        say(
            f"Episodes without an outcome in every run are left out ({compared.left_out}), so all of this is provisional."
        )
    if len(compared.ranked) < 2:
        say("Oracles are only shown, and fewer than two others are here, so nothing is ranked or subtracted.")
    for sentence in answer(compared):
        say(sentence)
    for table in (*tables(compared, every=rows == "all"), comparison_table(compared), *comparison_tables(compared)):
        if table is not None:
            to.print(table)
    if not compared.differing:
        say("No episode has different outcomes.")
    if out is not None:
        from vlagen_bench.harness.progress import tracked
        from vlagen_bench.report import comparison_page, refilm

        wanted = refilm.missing(compared, films)
        made = tracked(refilm.make(wanted), total=len(wanted), label="filming", console=to) if wanted else ()
        for why in filter(None, made):
            say(f"No film, since it would show something else than what is recorded: {why}")
        say(f"Written: {comparison_page.write(compared, out)}")
    return OK
