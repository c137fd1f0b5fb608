"""The page of a run, from templates: one file with everything inside."""

import os
from pathlib import Path

import jinja2

from vlagen_bench.harness.early_stopping import STOPPED
from vlagen_bench.plan.plan import task_of
from vlagen_bench.report import load, repeats
from vlagen_bench.report.estimates import drop, excess, share, success
from vlagen_bench.report.html import charts, shell, words
from vlagen_bench.report.html.answer import answer
from vlagen_bench.report.html.behaviour import behaviour_rows
from vlagen_bench.report.html.data import gather
from vlagen_bench.report.html.facts import facts, protocol
from vlagen_bench.report.html.films import gallery
from vlagen_bench.report.html.published import blocks
from vlagen_bench.report.progress_terminal import interval
from vlagen_bench.runs.commands import command, measure
from vlagen_bench.runs.folder import writing_to
from vlagen_bench.utils.pages import check_ours
from vlagen_bench.utils.text import percent, sized

NAME = "report.html"


def write_report(run: Path, page: Path | None = None) -> Path:
    """Writes the page of a run folder, complete or not, and returns where it is.

    Args:
        run: the run folder.
        page: where to write; default: `report.html` in the run folder.

    Raises:
        RunError: it is no run folder, is damaged, or the page cannot be written.
        ConfigError: its task is not of this release, or another page is there.
    """
    target = page or run / NAME
    if page is not None:  # what lies in a run's own folder is the run's
        check_ours(page)
    html = render(load.read(run), target)
    with writing_to(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.partial")
        partial.write_text(html, encoding="utf-8")
        os.replace(partial, target)
    return target


def render(run: load.LoadedRun, page: Path) -> str:
    """The page as text; equal runs give equal pages."""
    content, noise = gather(run), repeats.of_run(run.path)
    drops = [drop(row) for row in run.report.rows] + [line.drop for line in content.lines]
    drops += [group.whole.drop for group in run.report.tested_groups]
    style, script = shell.read("report.html", "style.css"), shell.read("report.html", "script.js")
    return _template().render(
        run=run,
        report=run.report,
        facts=content,
        headline=content.headline,
        reach=charts.reach_of(drops, (-0.25, 1.0)),
        groups={group.name: group.whole for group in run.report.tested_groups},
        answer=answer(run.report, content),
        protocol=protocol(run.header, task_of(run.planned[0]["task"]).scene),
        blocks=list(blocks(run.report)),
        gallery=gallery(run, page),
        noise=noise,
        floor=repeats.floor(noise),
        command=command(run.header),
        measure=measure(run.header, noise.first),
        hidden="(hidden)" in run.header["policy"]["arguments"].values(),
        provenance=list(facts(run.header)),
        style=style,
        script=script,
        policy=shell.content_policy(style, script),
    )


def _template() -> jinja2.Template:
    made = shell.environment("report.html")
    made.filters |= {
        "percent": percent, "points": words.points, "probability": words.probability, "plain": words.plain, "breakable": words.breakable,
        "kind": words.kind, "percent_range": words.percent_range, "points_range": words.points_range, "sized": sized,
        "progress_range": interval, "behaviour_rows": behaviour_rows, "share_estimate": share, "excess_estimate": excess, "zip": zip,
    }  # fmt: skip
    made.globals |= {
        "charts": charts, "success": success, "drop": drop, "FAILURE_MODES": words.failure_modes(), "STOPPED": STOPPED,
    }  # fmt: skip
    return made.get_template("report.html.j2")
