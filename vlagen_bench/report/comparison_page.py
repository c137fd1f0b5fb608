"""The files of a comparison: three CSV files, a plot, and a page of the episodes where the runs differ."""

import csv
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vlagen_bench.harness.early_stopping import STOPPED
from vlagen_bench.plan.plan import task_of
from vlagen_bench.report import behaviour_comparison
from vlagen_bench.report.behaviour_terminal import comparison_cells
from vlagen_bench.report.comparison import Comparison, ComparisonRow, RunDifference
from vlagen_bench.report.comparison_answer import headline
from vlagen_bench.report.comparison_terminal import named, outcome
from vlagen_bench.report.estimates import Estimate
from vlagen_bench.report.html import charts, shell, words
from vlagen_bench.report.html.facts import TIMES, protocol, saw_alike, seen
from vlagen_bench.report.progress_comparison import OVERALL, ProgressLine
from vlagen_bench.report.progress_terminal import interval
from vlagen_bench.report.refilm import film_of
from vlagen_bench.utils import svg
from vlagen_bench.utils.pages import check_ours
from vlagen_bench.utils.text import percent

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # of Okabe and Ito
HEADS = (
    "condition", "n", "label", "run", "policy", "oracle", "successes", "success_rate", "only_run", "only_first",
    "difference", "low", "high", "p", "p_holm", "progress", "progress_difference", "progress_low", "progress_high", "progress_p",
)  # fmt: skip
ALPHA = 0.05
PRELOADED = 24
"""episodes whose films show their first picture at once; many films at once are slow to open"""
FILMED = 6
"""differing episodes whose films the page proposes to make, two films an episode; one takes some seconds"""


@dataclass(frozen=True, kw_only=True)
class EpisodeFilm:
    """What a run made of an episode."""

    label: str
    outcome: str
    source: str | None
    """the film's path from the page; None without a film"""
    command: str | None
    """that makes the film; None where there is one, or nothing to film"""


def write(comparison: Comparison, folder: Path) -> Path:
    """Writes everything, and copies the films that there are; returns the page."""
    page = folder / "index.html"
    check_ours(page)
    (folder / "videos").mkdir(parents=True, exist_ok=True)
    films = {
        (label, episode["id"]): _copied(run.path, episode["id"], folder / "videos", label)
        for label, run in comparison.runs.items()
        for episode in comparison.differing
    }
    _write_comparison(comparison, folder / "comparison.csv")
    _write_differing(comparison, films, folder / "differing.csv")
    behaviour_comparison.write_csv(comparison.behaviour, folder / "behaviour.csv")
    if len(comparison.ranked) > 1:
        _plot(comparison, folder / "comparison.svg")
    page.write_text(_render(comparison, films, folder), encoding="utf-8")
    return page


def _render(comparison: Comparison, films: Mapping[tuple[str, str], str | None], folder: Path) -> str:
    style = shell.read("report.html", "style.css") + shell.read("report.html", "compare.css")
    script = shell.read("report.html", "script.js") + shell.read("report.html", "compare.js")
    made = shell.environment("report.html")
    made.filters |= {
        "percent": percent,
        "plain": words.plain,
        "sizes": lambda text: text.replace(" x ", TIMES),
        "breakable": words.breakable,
        "probability": words.probability,
    }
    made.filters |= {"points": words.points, "points_range": words.points_range, "zip": zip}
    gaps = [
        estimate(gap)
        for line in (*comparison.lines, *comparison.axes, *comparison.groups, comparison.overall)
        for gap in line.gaps.values()
    ]
    first = comparison.runs["A"]
    headers = {label: run.header for label, run in comparison.runs.items()}
    names, paths = zip(*((run.policy, run.path) for run in comparison.runs.values()), strict=True)
    episodes = [
        (episode, [_film(comparison, films, label, episode) for label in comparison.runs])
        for episode in comparison.differing
    ]
    return made.get_template("compare.html.j2").render(
        comparison=comparison,
        answer=headline(comparison, {label: _called(label, run.policy) for label, run in comparison.runs.items()}),
        title=" against ".join(names if len(set(names)) == len(names) else (path.name for path in paths)),
        protocol=protocol(first.header, task_of(first.planned[0]["task"]).scene, tuple(headers.values())),
        cameras={} if saw_alike(headers.values()) else {label: seen(header) or "" for label, header in headers.items()},
        header=first.header,
        progress=comparison.progress[-1] if comparison.progress else None,
        progress_range=interval,
        behaviour={
            label: [comparison_cells(line) for line in comparison.behaviour if line.overall and line.label == label]
            for label in comparison.ranked[1:]
            if comparison.behaviour
        },
        named={label: named(comparison, label) for label in comparison.runs},
        best={standing.name: standing.among_best for standing in comparison.standings},
        estimate=estimate,
        reach=charts.reach_of(gaps, (-0.25, 0.25)),
        charts=charts,
        ALPHA=ALPHA,
        STOPPED=STOPPED,
        PRELOADED=PRELOADED,
        shown=sorted(
            ((episode, mine) for episode, mine in episodes if any(film.source for film in mine)),
            key=lambda item: sum(film.source is None for film in item[1]),  # those with all their films first
        ),
        unseen=[(episode, mine) for episode, mine in episodes if not any(film.source for film in mine)],
        style=style,
        script=script,
        filming=_filming(comparison, folder) if any(film.command for _, mine in episodes for film in mine) else None,
        policy=f"{shell.content_policy(style, script)}; media-src 'self' file:",
    )


def _called(label: str, policy: str) -> str:
    """`WorsenedExpert (A)`, in a sentence."""
    return f"{policy.rpartition('/')[2].rpartition(':')[2]} ({label})"


def estimate(gap: RunDifference) -> Estimate:
    """A run's rate minus the first's, as charts want it."""
    return Estimate(value=gap.pairs.difference, low=gap.low, high=gap.high, n=gap.pairs.n)


def _film(
    comparison: Comparison, films: Mapping[tuple[str, str], str | None], label: str, episode: Mapping[str, Any]
) -> EpisodeFilm:
    own, run = episode["id"], comparison.runs[label]
    replay = ["vlagen", "replay", str(run.path), "--episode", own, "--video", "--out", str(run.path / "videos")]
    absent = films[label, own] is None and run.success(own) is not None
    return EpisodeFilm(
        label=label,
        outcome=outcome(comparison, label, own),
        source=films[label, own],
        command=shlex.join(replay) if absent else None,
    )


def _filming(comparison: Comparison, folder: Path) -> str:
    """The command that writes this page again, with films."""
    paths = (str(run.path) for run in comparison.runs.values())
    return shlex.join(["vlagen", "compare", *paths, "--out", str(folder), "--films", str(FILMED)])


def _copied(run: Path, episode_id: str, folder: Path, label: str) -> str | None:
    """The name of the copy of an episode's film; None without a film."""
    film = film_of(run, episode_id)
    if film is None:
        return None
    shutil.copyfile(film, folder / f"{label}-{film.name}")
    return f"videos/{label}-{film.name}"


def _write_comparison(comparison: Comparison, path: Path) -> None:
    """One row a condition and run, then of axes and overall; empty where there is no data, or nothing is compared."""
    far = {line.condition: line for line in comparison.progress}
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADS)
        named_rows = (
            *((line.condition, line) for line in comparison.lines),
            *((f"axis:{axis.condition}", axis) for axis in comparison.axes),
            *((f"group:{group.condition}", group) for group in comparison.groups),
            (OVERALL, comparison.overall),
        )
        for name, line in named_rows:
            for label, run in comparison.runs.items():
                successes = line.successes[label] if line.n else None
                what = (name, line.n, label, run.path, run.policy, run.oracle, successes)
                progress = _progress_cells(far.get(line.condition), label)
                writer.writerow((*what, line.rate(label), *_gap_cells(line, label), *progress))


def _gap_cells(line: ComparisonRow, label: str) -> tuple[Any, ...]:
    gap = line.gaps.get(label)
    if gap is None:
        return (None,) * 7
    pairs = gap.pairs
    only = (pairs.only_first, pairs.only_other) if pairs.n else (None, None)
    return *only, pairs.difference, gap.low, gap.high, gap.p, gap.adjusted


def _progress_cells(line: ProgressLine | None, label: str) -> tuple[float | None, ...]:
    if line is None:
        return (None,) * 5
    gap = line.gaps.get(label)
    return line.means[label], *((None,) * 4 if gap is None else (gap.value, gap.low, gap.high, gap.p))


def _write_differing(comparison: Comparison, films: Mapping[tuple[str, str], str | None], path: Path) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        heads = (*comparison.runs, *(f"film_{label}" for label in comparison.runs))
        writer.writerow(("id", "condition", "index", "instruction", *heads))
        for episode in comparison.differing:
            own = episode["id"]
            what = (own, episode["condition"], episode["index"], episode["values"]["instruction"]["text"])
            outcomes = (comparison.runs[label].results.get(own, {}).get("outcome") for label in comparison.runs)
            writer.writerow((*what, *outcomes, *(films[label, own] for label in comparison.runs)))


def _plot(comparison: Comparison, path: Path) -> None:
    import matplotlib  # only here, since it takes a while to load
    from matplotlib.figure import Figure

    lines, others = (comparison.overall, *comparison.lines), comparison.ranked[1:]
    with matplotlib.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(7, 1 + 0.24 * len(lines)), layout="constrained")
        axes = figure.subplots()
        axes.axvline(0, color="#999999", linewidth=0.8)
        for place, label in enumerate(others):
            shift = 0.5 * ((place + 0.5) / len(others) - 0.5)
            _draw(
                axes, label, f"{label}: {comparison.runs[label].path.name}", lines, shift, COLOURS[place % len(COLOURS)]
            )
        names = [f"{line.condition} ({line.n})" for line in lines]
        axes.set_yticks(range(len(lines)), names)
        axes.set_ylim(len(lines) - 0.5, -0.5)
        axes.set_xlabel(f"success rate minus that of {comparison.ranked[0]}, in points, with 95 % intervals")
        if len(others) > 1:
            axes.legend(frameon=False, loc="best")
        svg.save(figure, path)


def _draw(axes: Any, label: str, name: str, lines: tuple[ComparisonRow, ...], shift: float, colour: str) -> None:
    gaps = [(place, line.gaps[label]) for place, line in enumerate(lines)]
    known = [(place, value) for place, gap in gaps if (value := gap.pairs.difference) is not None]
    axes.plot(
        [100 * value for _, value in known],
        [place + shift for place, _ in known],
        "o", color=colour, markersize=4, label=name,
    )  # fmt: skip
    for place, gap in gaps:
        if gap.low is not None and gap.high is not None:
            axes.plot([100 * gap.low, 100 * gap.high], [place + shift] * 2, color=colour, linewidth=1.2)
