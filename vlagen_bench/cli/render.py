"""`vlagen render`: pictures of a suite's conditions, or of an axis, level by level."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vlagen_bench.cli.common import OK, console, say
from vlagen_bench.cli.selection import WHOLE_QUICK, Selection, Which
from vlagen_bench.errors import ConfigError

if TYPE_CHECKING:
    from vlagen_bench.scenes.cameras import CameraChoice
    from vlagen_bench.types import Task

PICTURES = 4
"""of each condition on a sheet"""
PICTURES_OF_AXIS = 2


def render(
    which: Which = WHOLE_QUICK,
    axis: str | None = None,
    by: Literal["condition", "episode"] = "condition",
    out: Path | None = None,
    fast_meshes: bool = False,
) -> int:
    """Writes a labelled contact sheet: of a suite's first frames, or of an axis, level by level.

    Args:
        which: the episodes; four of each condition if no number is given, two of an axis.
        axis: instead of a suite's conditions, all levels of this axis side by side on the same episodes; `all`: a page
            with a sheet for every axis.
        by: one row per condition, or one row per episode with all conditions side by side.
        out: the PNG to write, or the folder of the page; default: <suite>.png, <axis>.png or gallery.
        fast_meshes: of a task of ManiSkill: draws its robots with decimated meshes, as `vlagen-eval --fast-meshes` does.
    """
    if out is not None and axis != "all":
        _check_picture(out)
    if axis is None:
        target = _render_suite(which.with_episodes(PICTURES), by, out, fast_meshes)
    else:
        target = _render_axis(which, axis, out, fast_meshes)
    say(f"Written: {target}", to=console())
    return OK


def _check_picture(out: Path) -> None:
    """Raises `ConfigError` for a file name that says no kind of picture, before minutes are spent on drawing one."""
    from PIL import Image

    if Image.registered_extensions().get(out.suffix.lower()) not in Image.SAVE:
        raise ConfigError(f"--out: '{out}' does not end like a picture file. Give it an ending such as .png.")


def _cameras(task: "Task", fast_meshes: bool) -> "CameraChoice":
    from vlagen_bench.scenes.cameras import CameraChoice, require_fast_meshes

    if fast_meshes:
        require_fast_meshes(task)
    return CameraChoice(fast_meshes=fast_meshes)


def _render_axis(which: Selection, axis: str, out: Path | None, fast_meshes: bool) -> Path:
    from vlagen_bench.calibration import gallery
    from vlagen_bench.harness.progress import tracked
    from vlagen_bench.plan import catalog
    from vlagen_bench.sim.backends import simulator_of
    from vlagen_bench.utils import plugins

    if which.conditions is not None or which.axes is not None:
        raise ConfigError("Give either --axis, which shows all of its levels, or --conditions or --axes, not both.")
    if which.episodes is not None and which.episodes < 1:
        raise ConfigError(f"--episodes: at least 1 episode is needed, not {which.episodes}.")
    suite = which.suite_of()
    name = catalog.suite(suite).task if which.task is None else plugins.named("task", which.task)
    task, seed = catalog.task(name), which.seed or 0
    episodes = PICTURES_OF_AXIS if which.episodes is None else which.episodes
    target, cameras = out or Path("gallery" if axis == "all" else f"{axis}.png"), _cameras(task, fast_meshes)
    if axis == "all":
        names = gallery.pages(task, target, episodes=episodes, seed=seed, cameras=cameras)
        total = len(gallery.axes_of(task))
        for _ in tracked(names, total=total, label="rendering", console=console()):
            pass
        return target / "index.html"
    drawn = simulator_of(task, cameras=cameras)
    gallery.sheet(task, axis, episodes=episodes, seed=seed, simulator=drawn).save(target)
    return target


def _render_suite(which: Selection, by: str, out: Path | None, fast_meshes: bool) -> Path:
    import numpy as np

    from vlagen_bench.harness.progress import tracked
    from vlagen_bench.plan import catalog
    from vlagen_bench.report.html.words import plain
    from vlagen_bench.sim.backends import simulator_of
    from vlagen_bench.utils.contact_sheet import SheetCell, contact_sheet

    made = which.plan()
    task = catalog.task(made.suite.task)
    simulator = simulator_of(task, cameras=_cameras(task, fast_meshes))
    order = {name: number for number, name in enumerate(made.suite.conditions)}
    shown = [episode for episode in made.episodes if episode.condition in order]
    cells, pictures = [], dict[str, tuple[np.ndarray, str]]()
    shown.sort(key=lambda e: (e.index, order[e.condition]))
    for episode in tracked(shown, total=len(shown), label="rendering", console=console()):
        simulator.reset(episode)
        number, name = f"episode {episode.index}", plain(episode.condition)
        row, label = (name, number) if by == "condition" else (number, name)
        image, words = pictures[episode.id] = simulator.observe()["image"], episode.instruction
        twin, told = pictures.get(episode.twin or "", (None, words))  # of an earlier condition, if it is in the plan
        cell = SheetCell(row=row, label=f"{label}: “{words}”", image=image, twin=twin, reworded=words != told)
        cells.append(cell)
    suite = made.suite.name
    target = out or Path(f"{suite}.png")
    contact_sheet(f"{suite}, seed {made.suite.seed}, plan {made.hash[:12]}", cells).save(target)
    return target
