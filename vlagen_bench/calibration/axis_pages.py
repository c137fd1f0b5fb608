"""Pages of the measured curves: a table of every axis, and one figure of small multiples per kind."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, groupby
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vlagen_bench.axes import AXES
from vlagen_bench.calibration import curves, learned_page, severity
from vlagen_bench.calibration.curves import EXPERT, CalibrationCurve, Drop, Point
from vlagen_bench.errors import ConfigError
from vlagen_bench.utils import svg
from vlagen_bench.utils.text import points_of, sized

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = ("vision", "semantics", "execution", "dynamics")
COLUMNS = 4
"""panels of a figure side by side"""
DASHES = ("--", ":", "-.", (0, (4, 1, 1, 1, 1, 1)))
"""of learned policies, by their names"""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # of Okabe and Ito, told apart by colour-blind people too
NOT_RECORDED = "not recorded"
SUMMARISED = "tabletop_put_on"
"""the task whose cost the page of learned policies states"""
HEAD = """# How hard is each level?

Two commands made this page, run in the folder of the repository: `vlagen calibrate --axis all --task tabletop_put_on --docs` and
`vlagen calibrate --axis all --task bridge_put_on_fixed --docs`. They measure what is missing or out of date, with as many episodes as before; `--again` measures
everything again. The numbers are in the folder `docs/axes/data`, one file for each axis and task.
Every number compares episodes with their clean twins: the same draws, the axis off. At level 0 the axis has no effect.

* **Severity** is measured: the mean over {episodes} episodes, with the 95 % interval (Student's t) where they differ.
* **Expert's drop** is the success rate of the clean twins minus that of the perturbed episodes in points, for the scripted expert, with Bonett and Price's 95 %
  interval for paired rates. The expert knows every pose. Where it loses, the task itself has become harder. It uses neither pictures nor words.
* **Learned** columns show a learned policy whose weights are fixed: its success rate with Wilson's 95 % interval, and its drop, as the expert's. [What the axes do to a learned policy](learned.md)
  sums them up, level by level. This command adds a policy, for each task:
  `vlagen calibrate --axis all --task tabletop_put_on --policy module:Class --policy-args KEY=VALUE --docs`.
"""


def write(folder: Path, *, policy_episodes: int) -> Path:
    """Writes `README.md`, its figures and the page of learned policies, from all curves that are kept below the folder.

    Args:
        folder: where the page goes, too.
        policy_episodes: that a policy plays at each level, unless it is told otherwise.

    Raises:
        ConfigError: there are none, or one of them is no curve.
    """
    curve_list = curves.read_all(folder)
    if not curve_list:
        raise ConfigError(f"There are no curves below {folder}. Measure some: vlagen calibrate --axis all")
    names = sorted({name for curve in curve_list for name in curve.learned()})
    parts = [HEAD.format(episodes=_range(curve.episodes for curve in curve_list)), _measures(curve_list)]
    for kind in KINDS:
        mine = sorted((curve for curve in curve_list if curve.kind == kind), key=lambda curve: (curve.axis, curve.task))
        if mine:
            svg.save(figure_of(mine), folder / f"{kind}.svg")
            parts.append(f"## {kind.capitalize()}\n\n![Severity and drop at each level: {kind}]({kind}.svg)\n")
            parts += [_section(axis, tuple(own), names) for axis, own in groupby(mine, key=lambda curve: curve.axis)]
    page = folder / "README.md"
    page.write_text("\n".join(parts), encoding="utf-8")
    by_hand = folder / "data" / learned_page.NOTES
    notes = by_hand.read_text(encoding="utf-8") if by_hand.is_file() else ""
    learned = learned_page.text(curve_list, task=SUMMARISED, episodes=policy_episodes, notes=notes)
    (folder / learned_page.NAME).write_text(learned, encoding="utf-8")
    return page


def _measures(curve_list: Sequence[CalibrationCurve]) -> str:
    used = sorted({curve.measure for curve in curve_list})
    lines = [f"| `{name}` | {severity.MEASURES.get(name).unit} | {severity.MEASURES.get(name).what} |" for name in used]
    return "\n".join(["| measure | unit | what |", "|---|---|---|", *lines, ""])


def _section(axis: str, own: Sequence[CalibrationCurve], names: Sequence[str]) -> str:
    what = AXES.get(axis).summary()
    lines = [f"### {axis}\n", f"{what}\n"]
    columns = ["task", "level", "size", "severity", "expert's drop, points"]
    columns += [f"learned, {name}: success, drop in points" for name in names] or ["learned policy's drop"]
    lines += [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    lines += [_row(curve, point, names) for curve in own for point in curve.points]
    return "\n".join([*lines, ""])


def _row(curve: CalibrationCurve, point: Point, names: Sequence[str]) -> str:
    size = point.parameters.get(curve.sized_by)
    shown = "–" if size is None else sized([size], curve.size_unit)
    learned = " | ".join(_learned(curve, point, name) for name in names) or NOT_RECORDED
    expert = _drop(point.drops[EXPERT]) if EXPERT in point.drops else "–"
    return f"| {curve.task} | {point.which} | {shown} | {_severity(curve, point)} | {expert} | {learned} |"


def _learned(curve: CalibrationCurve, point: Point, name: str) -> str:
    drop = point.drops.get(name)
    if drop is not None:
        return f"{learned_page.rate(drop.successes, drop.pairs)}, {_drop(drop)}"
    return "as the twin" if point.which == "0" and name in curve.players() else NOT_RECORDED


def _severity(curve: CalibrationCurve, point: Point) -> str:
    measured = point.severity
    sure = f"{measured.low:.3g}" == f"{measured.high:.3g}"
    interval = "" if sure else f" ({measured.low:.3g} – {measured.high:.3g})"
    return f"{measured.mean:.3g} {curve.unit}{interval}"


def _drop(drop: Drop) -> str:
    return points_of(drop.drop, (drop.low, drop.high))


def _range(numbers: Iterable[int]) -> str:
    least, *_, most = sorted((*numbers,)) * 2
    return f"{least}" if least == most else f"{least} to {most}"


def figure_of(curve_list: Sequence[CalibrationCurve]) -> "Figure":
    """One panel an axis: severity over levels above, and below it the drop of every policy that was measured."""
    import matplotlib
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(curve.axis for curve in curve_list))
    colours = dict(zip(sorted({curve.task for curve in curve_list}), COLOURS, strict=False))
    styles = _styles(curve_list)
    heights = (1.7, 1.1) if any(curve.players() for curve in curve_list) else (1.7,)
    rows, columns = ceil(len(names) / COLUMNS), min(len(names), COLUMNS)
    with matplotlib.rc_context({"font.size": 7, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(2.3 * columns, (sum(heights) + 0.5) * rows + 0.3), layout="constrained")
        grid = figure.subplots(rows * len(heights), columns, squeeze=False, height_ratios=heights * rows)
        for number in range(rows * columns):
            row, column = divmod(number, columns)
            panels = grid[row * len(heights) : (row + 1) * len(heights), column]
            own = [curve for curve in curve_list if names[number : number + 1] == [curve.axis]]
            for curve in own:
                _draw_severity(panels[0], curve, colours[curve.task])
                if curve.players():
                    _draw_drops(panels[1], curve, colours[curve.task], styles)
            if own:
                _limit(panels, own[0].unit)
            for panel in panels:
                panel.set_axis_on() if panel.has_data() else panel.set_axis_off()
        figure.legend(*_legend(colours, curve_list, styles), loc="outside lower center", ncols=4, frameon=False)
    return figure


def _draw_severity(panel: Any, curve: CalibrationCurve, colour: str) -> None:
    at = [point.which for point in curve.points]
    measured = [point.severity for point in curve.points]
    low, high = ([getattr(each, end) for each in measured] for end in ("low", "high"))
    sized = len(curve.levels)
    panel.plot(at[:sized], [each.mean for each in measured[:sized]], color=colour, linewidth=1)
    panel.vlines(at, low, high, color=colour, linewidth=2.5, alpha=0.35)
    panel.plot(at, [each.mean for each in measured], "o", color=colour, markersize=2.5)
    panel.set_title(curve.axis, fontweight="bold")
    panel.set_ylabel(f"{curve.measure}, {curve.unit}")


def _styles(curve_list: Sequence[CalibrationCurve]) -> dict[str, Any]:
    learned = sorted({name for curve in curve_list for name in curve.learned()})
    return {EXPERT: "-", **dict(zip(learned, cycle(DASHES), strict=False))}


def _draw_drops(panel: Any, curve: CalibrationCurve, colour: str, styles: Mapping[str, Any]) -> None:
    for name in curve.players():
        at = [point.which for point in curve.points if name in point.drops]
        drops = [point.drops[name] for point in curve.points if name in point.drops]
        panel.vlines(
            at, [100 * drop.low for drop in drops], [100 * drop.high for drop in drops], color=colour, alpha=0.3
        )
        rates = [100 * drop.drop for drop in drops]
        panel.plot(at, rates, linestyle=styles[name], color=colour, linewidth=1, marker="o", markersize=2)
    panel.axhline(0, color="0.6", linewidth=0.5)
    panel.set_ylabel("drop, %")
    panel.set_xlabel("level")


def _limit(panels: Sequence[Any] | np.ndarray, unit: str) -> None:
    """Only when all curves are drawn: a panel with a limit grows no more."""
    panels[0].set_ylim(bottom=min(1.0 if unit == "times" else 0.0, panels[0].get_ylim()[0]))
    for drops in panels[1:]:
        drops.set_ylim(top=105)


def _legend(
    tasks: dict[str, str], curve_list: Sequence[CalibrationCurve], styles: Mapping[str, Any]
) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], color=colour) for colour in tasks.values()]
    players = dict.fromkeys(name for curve in curve_list for name in curve.players())
    lines += [Line2D([], [], color="0.3", linestyle=styles[name]) for name in players]
    return lines, [*tasks, *(f"drop: {name}" for name in players)]
