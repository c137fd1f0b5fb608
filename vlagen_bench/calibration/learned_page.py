"""The page of what axes do to learned policies: which hurt, which levels are too easy or too hard, which have no slope."""

from collections.abc import Sequence

from vlagen_bench.calibration import slopes
from vlagen_bench.calibration.curves import CalibrationCurve
from vlagen_bench.calibration.slopes import Slope
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.utils.text import percent, percent_range, points, points_of

NAME, NOTES = "learned.md", "changed_levels.txt"
"""the page; and, beside the records, what is written by hand"""
SECONDS = 0.6
"""of one core for an episode of the compact policy: 0.4 s were measured with `reference-ppo`, and episodes that fail take three times as long"""
HEAD = """# What the axes do to a learned policy

The expert knows every pose, and uses neither pictures nor words. A learned policy sees what the axes change. This page is made from the records in `docs/axes/data`, by the
command that makes [the page of levels](README.md). It says which axes hurt, which levels are too easy or too hard, and which axes have no slope at all.
"""
NONE = """No learned policy is recorded yet. Until one is, every number about levels on these pages is the measured severity, or the expert's.
"""
HOW = """## How it is measured

`vlagen calibrate --axis all --task {task} --policy reference-sft --workers 2 --docs`

Each level is played in {episodes} episodes of the seed 1000, which no suite has, and each of them is compared with its clean twin. Most axes share their clean twins. At level 0 an episode is its clean twin, so it is not
played. In `{task}` there are {points} levels and settings of {axes} axes: {played:,} episodes, about {minutes:.0f} minutes on two cores. `--minutes 20` measures in pieces; what is
measured is kept after each level.

* **Mean drop**: over all levels, in points; the table is sorted by it.
* **Fall**: least squares over all levels, from the clean twins (level 0) to the last level. An episode has the same draws at all levels, so it counts as one unit. 95 % by Student's t; p by flipping the signs of whole
  episodes, and never below that of the interval. Axes without sizes have the mean drop of their settings, and for one setting McNemar's exact p.
* **Hurts**: p < 0.05 by Holm's method over all axes of the policy. *May hurt*: only without this correction. *No slope seen*: p of at least 0.05. This does not prove that there is none: the interval says how large
  a fall may still be.
* **Too easy**: the level leaves at least 90 % of what the clean twins do. **Too hard**: at most 10 %. Both are estimates.
* **Power** at {episodes} episodes, before Holm's correction: a fall of {fall:.0f} points over five levels is found in 80 % of all cases at worst (half succeed, levels are unrelated); a drop of {drop:.0f} points at one level, if 5 % of the
  pairs go the other way. Smaller effects are often missed.
"""


def text(curve_list: Sequence[CalibrationCurve], *, task: str, episodes: int, notes: str = "") -> str:
    """The page, from all curves.

    Args:
        curve_list: of all tasks.
        task: whose cost is stated.
        episodes: that a policy plays at each level, unless it is told otherwise.
        notes: what was changed because of these records, by hand.
    """
    names = list(dict.fromkeys(name for curve in curve_list for name in curve.learned()))
    parts = [HEAD, *(_policy(curve_list, name) for name in sorted(names))]
    if not names:
        parts.append(NONE)
    if notes:
        parts.append(notes)
    return "\n".join([*parts, _how(curve_list, task, episodes)])


def _how(curve_list: Sequence[CalibrationCurve], task: str, episodes: int) -> str:
    mine = [curve for curve in curve_list if curve.task.partition("@")[0] == task]
    levels = sum(point.which != "0" for curve in mine for point in curve.points)
    played = episodes * (levels + len({curve.axis for curve in mine if not curve.levels}) + 2)
    return HOW.format(
        task=task, episodes=episodes, points=levels, axes=len(mine), played=played, minutes=played * SECONDS / 120,
        fall=100 * slopes.least_fall(episodes, 5), drop=100 * (slopes.least_drop(episodes) or 1.0),
    )  # fmt: skip


def _policy(curve_list: Sequence[CalibrationCurve], name: str) -> str:
    mine = slopes.slopes(curve_list, name)
    known = {(slope.task, slope.axis) for slope in mine}
    partly = [
        f"`{curve.axis}` in {curve.task}"
        for curve in curve_list
        if name in curve.players() and (curve.task, curve.axis) not in known
    ]
    lines = [f"## {name}\n"]
    versions = sorted({slope.version for slope in mine if slope.version})
    if versions:
        lines.append(f"Version: {', '.join(f'`{version}`' for version in versions)}.\n")
    if len(versions) > 1:
        lines.append("**These are several policies under one name. Measure again, until one version is left.**\n")
    if partly:
        lines.append(f"Not recorded as a whole, and therefore left out: {', '.join(partly)}.\n")
    for task in dict.fromkeys(slope.task for slope in mine):
        own = [slope for slope in mine if slope.task == task]
        lines += [_answer(task, own), _table(own), _settings(own)]
    return "\n".join(lines)


def _answer(task: str, own: Sequence[Slope]) -> str:
    """The lists that the page is read for."""
    sized = [slope for slope in own if slope.sized]
    groups = {
        "Hurt": [slope.axis for slope in own if slope.verdict == "hurts"],
        "May hurt": [slope.axis for slope in own if slope.verdict == "may hurt"],
        "No slope seen": [slope.axis for slope in sized if slope.verdict == "no slope seen"],
        "Help, or may help": [slope.axis for slope in own if slope.verdict in ("helps", "may help")],
        "The first level is too hard": [slope.axis for slope in sized if slope.levels[0][0] in slope.too_hard],
        "The last level is too easy": [slope.axis for slope in sized if slope.levels[-1][0] in slope.too_easy],
    }
    lines = [f"* {what}: {', '.join(f'`{axis}`' for axis in axes) or 'none'}." for what, axes in groups.items()]
    return "\n".join([f"### {name_of(task, own)}\n", *lines, ""])


def name_of(task: str, own: Sequence[Slope]) -> str:
    """The heading of a policy in a task: with its name, so that headings are told apart."""
    return f"{own[0].policy} in {task}"


def _table(own: Sequence[Slope]) -> str:
    sized = [slope for slope in own if slope.sized]
    if not sized:
        return ""
    most = max(len(slope.levels) for slope in sized)
    head = [
        "axis",
        "kind",
        "episodes",
        "clean",
        *map(str, range(1, most + 1)),
        "mean drop",
        "fall, points",
        "p",
        "p (Holm)",
    ]
    head += ["verdict", "too easy", "too hard", "sizes"]
    rows = [_cells(slope, most) for slope in sized]
    return "\n".join([_row(head), "|---" * len(head) + "|", *map(_row, rows), ""])


def _cells(slope: Slope, most: int) -> list[str]:
    rates = [f"{100 * drop.successes / drop.pairs:.0f} %" for _, drop in slope.levels]
    return [
        f"`{slope.axis}`", slope.kind, str(slope.episodes), f"{100 * slope.twin_rate:.0f} %", *rates, *["–"] * (most - len(rates)),
        points(slope.mean_drop), _points(slope), _p(slope.p), _p(slope.adjusted), slope.verdict, ", ".join(slope.too_easy) or "–",
        ", ".join(slope.too_hard) or "–", slope.advice or "–",
    ]  # fmt: skip


def _settings(own: Sequence[Slope]) -> str:
    named = [slope for slope in own if not slope.sized]
    if not named:
        return ""
    head = [
        "axis",
        "kind",
        "episodes",
        "setting: success, drop in points",
        "mean drop, points",
        "p",
        "p (Holm)",
        "verdict",
    ]
    rows = []
    for slope in named:
        each = [
            f"{which}: {drop.successes}/{drop.pairs}, {points_of(drop.drop, (drop.low, drop.high))}"
            for which, drop in slope.levels
        ]
        cells = [f"`{slope.axis}`", slope.kind, str(slope.episodes), "; ".join(each), _points(slope), _p(slope.p)]
        rows.append([*cells, _p(slope.adjusted), slope.verdict.replace("no slope seen", "no drop seen")])
    return "\n".join([_row(head), "|---" * len(head) + "|", *map(_row, rows), ""])


def _points(slope: Slope) -> str:
    return (
        f"{points(slope.fall)} (all episodes alike)"
        if slope.interval is None
        else points_of(slope.fall, slope.interval)
    )


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def rate(successes: int, episodes: int) -> str:
    """A success rate with Wilson's 95 % interval."""
    return f"{percent(successes / episodes)} ({percent_range(wilson(successes, episodes))})"
