"""The pages of the site, from templates; links are relative, and nothing is fetched."""

import importlib.metadata
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import jinja2

from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard.provenance import MEANINGS, not_proven, proven
from vlagen_bench.leaderboard.ranking import RankedEntry
from vlagen_bench.leaderboard.site import boards
from vlagen_bench.leaderboard.site.boards import BoardRow, SuitePage
from vlagen_bench.leaderboard.site.reports import read_reports
from vlagen_bench.plan import catalog
from vlagen_bench.report import entries
from vlagen_bench.report.averages import NOMINAL, OVERALL, SETTINGS
from vlagen_bench.report.estimates import Estimate
from vlagen_bench.report.html import charts, shell, words
from vlagen_bench.report.terminal import average_label
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.cameras import described, sizes_px
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.types import Suite
from vlagen_bench.utils.pages import check_ours
from vlagen_bench.utils.text import percent

INDEX = "index.html"


def publish(folder: Path, reports: Path | None = None) -> Path:
    """Writes the leaderboards of all suites, and returns the first page.

    Args:
        folder: where to. Files of other kinds are left alone.
        reports: pages of `vlagen report`, as SUITE/NAME.html, to be copied with their films and linked from their entries.

    Raises:
        ConfigError: an entry is wrong, a report is of none or lacks a film, or `folder` has pages that are none
            of these, or not made by this package.
    """
    suite_pages = [boards.page(name) for name in sorted({path.parent.name for path in entries.files()})]
    known = {f"{page.suite.name}/{one.entry.name}.html" for page in suite_pages for one in page.standings}
    copied = list(read_reports(reports, known)) if reports else []
    pages = {one.name: one.html for one in copied}
    made = {name: html.encode() for name, html in render(suite_pages, tuple(pages))}
    pages |= made
    strange = sorted(path for path in folder.rglob("*.html") if path.relative_to(folder).as_posix() not in pages)
    if strange:
        raise ConfigError(
            f"{folder} has pages that are not of this leaderboard, such as {strange[0].relative_to(folder)}. Remove them, "
            f"or choose another folder (--out DIR)."
        )
    for name in made:
        check_ours(folder / name)
    for name, data in pages.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    for name, film in (item for one in copied for item in one.films.items()):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(film, target)
    return folder / INDEX


def render(suite_pages: Sequence[SuitePage], reports: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """Name -> text of each page; equal entries give equal pages. `reports` are the names of those that can be linked."""
    with_entries = {page.suite.name for page in suite_pages}
    others = [catalog.suite(name) for name in catalog.suite_names() if name not in with_entries]
    templates = _templates()
    yield INDEX, templates.get_template("index.html.j2").render(root="", pages=suite_pages, others=others)
    for page in suite_pages:
        suite = templates.get_template("suite.html.j2")
        yield f"suites/{page.suite.name}.html", suite.render(root="../", page=page)
        for block in page.blocks:
            for row in block.standings:
                name = f"{page.suite.name}/{row.entry.name}.html"
                yield f"entries/{name}", templates.get_template("entry.html.j2").render(
                    root="../../", page=page, block=block, one=row, entry=row.entry,
                    rows=list(_rows(page, row)), report=f"reports/{name}" if f"reports/{name}" in reports else None,
                    proven=proven(row.entry), not_proven=not_proven(row.entry),
                    averages=[row.entry.averages_over(dict(page.groups), page.weights)[name] for name in OVERALL],
                )  # fmt: skip


def _rows(page: SuitePage, row: BoardRow) -> Iterator[tuple[str, str, Estimate]]:
    """Condition, kind and rate, of the conditions that the entry has."""
    for name, group in page.groups.items():
        if cell := row.entry.conditions.get(name):
            low, high = wilson(*cell.counts) if cell.counts else (None, None)
            yield name, group, Estimate(value=cell.value, low=low, high=high, n=cell.n or 0)


def _templates() -> jinja2.Environment:
    made = shell.environment("leaderboard.site")
    style = shell.read("report.html", "style.css") + shell.read("leaderboard.site", "site.css")
    script = shell.read("report.html", "script.js") + shell.read("leaderboard.site", "site.js")
    made.filters |= {
        "percent": percent, "percent_range": words.percent_range, "plain": words.plain, "kind": words.kind,
        "heading": heading, "place": place, "average_label": average_label, "capital": words.capital,
    }  # fmt: skip
    made.globals |= {
        "charts": charts, "MEANINGS": MEANINGS, "NOMINAL": NOMINAL, "OVERVIEW": boards.OVERVIEW, "kinds_of": _kinds, "scene_of": _scene, "cameras_of": _cameras,
        "zip": zip, "style": style, "script": script, "release": importlib.metadata.version("vlagen-bench"),
        "policy": shell.content_policy(style, script),
    }  # fmt: skip
    return made


def heading(column: boards.Column) -> str:
    """What stands over a column."""
    if column.name == SETTINGS:
        return "All shifted"
    return words.kind(column.name) if column.shelf == boards.OVERVIEW else words.plain(column.name)


def place(ranked: RankedEntry) -> str:
    """`3`, or `2–4`."""
    return str(ranked.first) if ranked.first == ranked.last else f"{ranked.first}–{ranked.last}"


def _scene(suite: Suite) -> SceneSpec:
    return specs.of_task(catalog.task(suite.task))


def _cameras(suite: Suite) -> str:
    """`front 640 × 480`, of every camera that is drawn unless a policy asks for others."""
    return described(sizes_px(_scene(suite))).replace(" x ", "\u00a0×\u00a0")


def _kinds(standings: Sequence[BoardRow]) -> dict[str, int]:
    """Kind of entry -> how many, the strongest kind first."""
    counts: Counter[str] = Counter(row.entry.kind for row in standings)
    return {kind: counts[kind] for kind in MEANINGS if counts[kind]}
