"""What does a comparison leave in a folder? Two CSV files, a plot, and a page of the episodes where the runs differ."""

import csv
import re
import shutil
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from vlagen_bench.compare import Comparison, Line
from vlagen_bench.compare_tables import interval, named, outcome, points, probability
from vlagen_bench.table import percent

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # of Okabe and Ito
HEADS = (
    "condition", "n", "label", "run", "policy", "oracle", "successes", "success_rate", "only_run", "only_first",
    "difference", "low", "high", "p", "p_holm",
)  # fmt: skip
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
table {{ border-collapse: collapse; margin: 1rem 0 }} th, td {{ padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #ddd }}
th:first-child, td:first-child {{ text-align: left }} img {{ max-width: 100% }}
.films {{ display: flex; flex-wrap: wrap; gap: 1rem }} figure {{ margin: 0; flex: 1 1 20rem; max-width: 34rem }}
video {{ width: 100%; background: #000 }} .none {{ padding: 2rem 1rem; background: #f3f3f3; color: #666 }}
.success {{ color: #00724e }} .failure {{ color: #b34700 }} code {{ color: #666 }}
</style>
<h1>{title}</h1>
{body}
<script>
for (const button of document.querySelectorAll("button"))
  button.onclick = () => button.parentElement.querySelectorAll("video").forEach(v => {{ v.currentTime = 0; v.play() }})
</script>
</html>
"""


def write(found: Comparison, folder: Path) -> Path:
    """Writes everything, and copies the films that there are; returns the page."""
    (folder / "videos").mkdir(parents=True, exist_ok=True)
    films = {
        (label, episode["id"]): _copied(run.path, episode["id"], folder / "videos", label)
        for label, run in found.runs.items()
        for episode in found.differing
    }
    _write_comparison(found, folder / "comparison.csv")
    _write_differing(found, films, folder / "differing.csv")
    plotted = len(found.ranked) > 1
    if plotted:
        _plot(found, folder / "comparison.svg")
    title = " against ".join(run.policy for run in found.runs.values())
    picture = '<img src="comparison.svg" alt="Differences by condition, with 95 % intervals">' if plotted else ""
    body = [_legend(found), _summary(found), picture, f"<h2>{len(found.differing)} episodes where they differ</h2>"]
    body += [_episode(found, episode, films) for episode in found.differing]
    page = folder / "index.html"
    page.write_text(PAGE.format(title=escape(title), body="\n".join(body)), encoding="utf-8")
    return page


def _copied(run: Path, episode_id: str, folder: Path, label: str) -> str | None:
    """The name of the copy of an episode's film; None where there is none."""
    film = next(iter(sorted((run / "videos").glob(f"*-{episode_id}.mp4"))), None)
    if film is None:
        return None
    shutil.copyfile(film, folder / f"{label}-{film.name}")
    return f"videos/{label}-{film.name}"


def _write_comparison(found: Comparison, path: Path) -> None:
    """One row a condition and run; empty where there is no data, or nothing is compared."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADS)
        for line in (*found.lines, found.overall):
            for label, run in found.runs.items():
                what = (line.condition, line.n, label, run.path, run.policy, run.oracle, line.successes[label])
                writer.writerow((*what, line.rate(label), *_gap_cells(line, label)))


def _gap_cells(line: Line, label: str) -> tuple[Any, ...]:
    gap = line.gaps.get(label)
    if gap is None:
        return (None,) * 7
    pairs = gap.pairs
    return pairs.only_first, pairs.only_other, pairs.difference, gap.low, gap.high, gap.p, gap.adjusted


def _write_differing(found: Comparison, films: Mapping[tuple[str, str], str | None], path: Path) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        heads = (*found.runs, *(f"film_{label}" for label in found.runs))
        writer.writerow(("id", "condition", "index", "instruction", *heads))
        for episode in found.differing:
            own = episode["id"]
            what = (own, episode["condition"], episode["index"], episode["values"]["instruction"]["text"])
            outcomes = (found.runs[label].results.get(own, {}).get("outcome") for label in found.runs)
            writer.writerow((*what, *outcomes, *(films[label, own] for label in found.runs)))


def _plot(found: Comparison, path: Path) -> None:
    import matplotlib  # only here, since it takes a while to load
    from matplotlib.figure import Figure

    lines, others = (found.overall, *found.lines), found.ranked[1:]
    with matplotlib.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(7, 1 + 0.24 * len(lines)), layout="constrained")
        axes = figure.subplots()
        axes.axvline(0, color="#999999", linewidth=0.8)
        for place, label in enumerate(others):
            shift = 0.5 * ((place + 0.5) / len(others) - 0.5)
            _draw(axes, label, f"{label}: {found.runs[label].path.name}", lines, shift, COLOURS[place % len(COLOURS)])
        names = [f"{line.condition} ({line.n})" for line in lines]
        axes.set_yticks(range(len(lines)), names)
        axes.set_ylim(len(lines) - 0.5, -0.5)
        axes.set_xlabel(f"success rate minus that of {found.ranked[0]}, in points, with 95 % intervals")
        if len(others) > 1:
            axes.legend(frameon=False, loc="best")
        with matplotlib.rc_context({"svg.hashsalt": path.stem}):
            figure.savefig(path, metadata={"Date": None})


def _draw(axes: Any, label: str, name: str, lines: tuple[Line, ...], shift: float, colour: str) -> None:
    gaps = [(place, line.gaps[label]) for place, line in enumerate(lines)]
    known = [(place, gap) for place, gap in gaps if gap.pairs.n]
    axes.plot(
        [100 * gap.pairs.difference for _, gap in known],
        [place + shift for place, _ in known],
        "o", color=colour, markersize=4, label=name,
    )  # fmt: skip
    for place, gap in known:
        if gap.low is not None:
            axes.plot([100 * gap.low, 100 * gap.high], [place + shift] * 2, color=colour, linewidth=1.2)


def _legend(found: Comparison) -> str:
    items = (
        f"<li><b>{escape(named(found, label))}</b>: {escape(run.policy)}, <code>{escape(str(run.path))}</code></li>"
        for label, run in found.runs.items()
    )
    return f"<ul>{''.join(items)}</ul>"


def _summary(found: Comparison) -> str:
    overall = found.overall
    rows = []
    for label in found.runs:
        gap = overall.gaps.get(label)
        cells = ("", "", "") if gap is None else (points(gap.pairs.difference), interval(gap), probability(gap.p))
        among = next(("yes" if one.among_best else "no" for one in found.standings if one.name == label), "")
        texts = (named(found, label), percent(overall.rate(label)), *cells, among)
        rows.append("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in texts) + "</tr>")
    first = found.ranked[0] if found.ranked else "–"
    heads = ("run", f"success of {overall.n}", f"minus {first}, points", "95 % interval", "p", "among the best")
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _episode(found: Comparison, episode: Mapping[str, Any], films: Mapping[tuple[str, str], str | None]) -> str:
    own, text = episode["id"], episode["values"]["instruction"]["text"]
    figures = []
    for label in found.runs:
        what = outcome(found, label, own)
        film = films[label, own]
        shown = (
            f'<video controls muted preload="none" src="{escape(film)}"></video>'
            if film
            else f'<div class="none">{label} has no film of it: vlagen-eval --video all makes one of every episode.</div>'
        )
        word = re.sub(r"\W", "", what)
        figures.append(
            f'<figure>{shown}<figcaption>{escape(named(found, label))}: <b class="{word}">{escape(what)}</b></figcaption></figure>'
        )
    several = sum(films[label, own] is not None for label in found.runs) > 1
    button = "<button>play together</button>" if several else ""
    head = f"<h3>{escape(episode['condition'])} {episode['index']}: {escape(text)} <code>{own}</code></h3>"
    return f'<section>{head}<div class="films">{"".join(figures)}</div>{button}</section>'
