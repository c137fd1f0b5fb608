"""How is the page of a run written? Facts into templates, everything inside one file, and nothing fetched."""

import os
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import jinja2

from vlagen_bench import finished
from vlagen_bench.pages import charts, words
from vlagen_bench.pages.data import gather
from vlagen_bench.pages.estimates import drop, excess, share, success
from vlagen_bench.pages.films import gallery
from vlagen_bench.pages.published import blocks
from vlagen_bench.pages.reproduce import command, facts
from vlagen_bench.record import writing_to
from vlagen_bench.statistics.retest import Retest
from vlagen_bench.table import percent

NAME = "report.html"
TEMPLATES = "templates"
SPOKES = 3
"""fewer make no radar"""


def write_report(run: Path, page: Path | None = None, *, noise: Retest | None = None) -> Path:
    """Writes the page of a run folder, complete or not, and returns where it is.

    Args:
        run: the run folder.
        page: where to write; default: `report.html` in the run folder.
        noise: how repeats of the run's episodes agree, if they were run.

    Raises:
        RunError: it is no run folder, is damaged, or the page cannot be written.
        ConfigError: its task is not of this release.
    """
    target = page or run / NAME
    html = render(finished.read(run), target, noise=noise)
    with writing_to(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.partial")
        partial.write_text(html, encoding="utf-8")
        os.replace(partial, target)
    return target


def render(run: finished.Run, page: Path, *, noise: Retest | None = None) -> str:
    """The page as text; equal runs give equal pages."""
    found = gather(run)
    drops = [drop(row) for row in run.report.rows] + [line.drop for line in found.lines]
    style, script = _read("style.css"), _read("script.js")
    return _template().render(
        run=run,
        report=run.report,
        facts=found,
        headline=found.headline,
        reach=charts.reach_of(drops, (-0.25, 1.0)),
        radar=charts.radar(found.spokes, found.headline.nominal) if len(found.spokes) >= SPOKES else None,
        blocks=list(blocks(run.report)),
        gallery=gallery(run, page),
        noise=noise,
        command=command(run.header),
        hidden="(hidden)" in run.header["policy"]["arguments"].values(),
        provenance=list(facts(run.header)),
        style=style,
        script=script,
        policy=f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )


def _template() -> jinja2.Template:
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "percent": percent, "points": words.points, "probability": words.probability, "plain": words.plain,
        "kind": words.kind, "percent_range": words.percent_range, "points_range": words.points_range, "size": words.size,
        "share_estimate": share, "excess_estimate": excess, "zip": zip,
    }  # fmt: skip
    made.globals |= {
        "charts": charts, "success": success, "drop": drop, "TROUBLES": words.TROUBLES,
    }  # fmt: skip
    return made.get_template("report.html.j2")


def _read(name: str) -> str:
    return files("vlagen_bench.pages").joinpath(TEMPLATES, name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """How the page's content policy names what stands inside it."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()
