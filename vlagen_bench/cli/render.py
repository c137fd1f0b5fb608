"""`vlagen render`: pictures of a suite's conditions, or of an axis, level by level."""

from pathlib import Path
from typing import Literal

from vlagen_bench.cli.common import OK, console
from vlagen_bench.cli.selection import WHOLE_QUICK, Selection, Which

PICTURES = 4
"""of each condition on a sheet"""
PICTURES_OF_AXIS = 2


def render(
    which: Which = WHOLE_QUICK,
    axis: str | None = None,
    by: Literal["condition", "episode"] = "condition",
    out: Path | None = None,
) -> int:
    """Writes a labelled contact sheet: of a suite's first frames, or of an axis, level by level.

    Args:
        which: the episodes; four of each condition if no number is given, two of an axis.
        axis: instead of a suite's conditions, all levels of this axis side by side on the same episodes; `all`: a page
            with a sheet for every axis.
        by: one row per condition, or one row per episode with all conditions side by side.
        out: the PNG to write, or the folder of the page; default: <suite>.png, <axis>.png or gallery.
    """
    target = _render_axis(which, axis, out) if axis else _render_suite(which.with_episodes(PICTURES), by, out)
    console().print(f"Written: {target}", markup=False, soft_wrap=True)
    return OK


def _render_axis(which: Selection, axis: str, out: Path | None) -> Path:
    from vlagen_bench import catalog, gallery
    from vlagen_bench.progress import tracked
    from vlagen_bench.sim.simulator import Simulator

    task, seed = catalog.task(catalog.suite(which.suite).task), which.seed or 0
    episodes = which.episodes or PICTURES_OF_AXIS
    target = out or Path("gallery" if axis == "all" else f"{axis}.png")
    if axis == "all":
        names = gallery.pages(task, target, episodes=episodes, seed=seed)
        total = len(gallery.axes_of(task))
        for _ in tracked(names, total=total, label="rendering", console=console()):
            pass
        return target / "index.html"
    gallery.sheet(task, axis, episodes=episodes, seed=seed, simulator=Simulator.of(task)).save(target)
    return target


def _render_suite(which: Selection, by: str, out: Path | None) -> Path:
    from vlagen_bench import catalog
    from vlagen_bench.progress import tracked
    from vlagen_bench.sheet import Cell, contact_sheet
    from vlagen_bench.sim.simulator import Simulator

    made = which.plan()
    simulator = Simulator.of(catalog.task(made.suite.task))
    order = {name: number for number, name in enumerate(made.suite.conditions)}
    shown = [episode for episode in made.episodes if episode.condition in order]
    cells = []
    shown.sort(key=lambda e: (e.index, order[e.condition]))
    for episode in tracked(shown, total=len(shown), label="rendering", console=console()):
        simulator.reset(episode)
        number = f"episode {episode.index}"
        row, label = (episode.condition, number) if by == "condition" else (number, episode.condition)
        image = simulator.observe()["image"]
        cells.append(Cell(row=row, label=f"{label}: {episode.instruction}", image=image))
    suite = made.suite.name
    target = out or Path(f"{suite}.png")
    contact_sheet(f"{suite}, seed {made.suite.seed}, plan {made.hash[:12]}", cells).save(target)
    return target
