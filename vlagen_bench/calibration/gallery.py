"""The gallery of the axes: the same episodes at every level, side by side on a contact sheet."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from vlagen_bench import tasks
from vlagen_bench.axes import AXES
from vlagen_bench.plan import conditions
from vlagen_bench.plan.plan import sample
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.types import Episode, Task
from vlagen_bench.utils.contact_sheet import SheetCell, contact_sheet

LATER = 10
"""of an axis that the first picture does not show, the picture is taken after so many actions: at every level the same
ones, which the expert takes in the clean twin"""


def ladder(task: Task, axis: str, *, index: int, seed: int) -> dict[str, Episode]:
    """Label -> episode: the clean twin first, then every level or setting, all from the same draws."""
    rungs: dict[str, Episode] = {}
    for which, name in zip(AXES.get(axis).variants(), conditions.names_of((axis,), tasks.offer_of(task)), strict=True):
        episode, twin = sample(task, name, index=index, seed=seed)
        assert twin is not None, "what an axis perturbs has a clean twin"
        rungs.setdefault("level 0" if which.isdigit() else "clean", twin)
        rungs[_label(axis, which)] = episode
    return rungs


def _label(axis: str, which: str) -> str:
    if not which.isdigit():
        return which
    kind = AXES.get(axis)
    return f"level {which} ({kind.levels[int(which) - 1]:g} {kind.unit})".replace(" )", ")")


def sheet(task: Task, axis: str, *, episodes: int, seed: int, simulator: Simulator) -> Image.Image:
    """One row an episode, one column a level.

    Raises:
        ConfigError: an unknown axis, or one that makes no sense in the task's scene.
    """
    cells = []
    for index in range(episodes):
        steps = ladder(task, axis, index=index, seed=seed)
        actions = [] if AXES.get(axis).shows else _actions(simulator, next(iter(steps.values())))
        for label, episode in steps.items():
            image = _picture(simulator, episode, actions)
            cells.append(SheetCell(row=f"episode {index}", label=f"{label}: {episode.instruction}", image=image))
    kind = AXES.get(axis)
    what = kind.summary()
    when = "" if kind.shows else f" After the same {LATER} actions."
    return contact_sheet(f"{axis} ({kind.kind}), {task.name}: {what}{when}", cells)


def _actions(simulator: Simulator, clean: Episode) -> list[np.ndarray]:
    expert = Expert()
    simulator.reset(clean)
    expert.attach(simulator)
    actions = []
    for _ in range(LATER):
        actions.append(expert.act(None, simulator.instruction))
        simulator.advance(actions[-1])
    return actions


def _picture(simulator: Simulator, episode: Episode, actions: Sequence[np.ndarray]) -> np.ndarray:
    simulator.reset(episode)
    for action in actions:
        simulator.advance(action)
    return simulator.observe()["image"]


def axes_of(task: Task) -> tuple[str, ...]:
    """The axes that a page of the task shows, kind by kind."""
    order = ("vision", "semantics", "execution", "dynamics")
    mine = [axis for axis in conditions.fitting(tasks.offer_of(task)) if axis.variants()]
    return tuple(axis.name for axis in sorted(mine, key=lambda axis: (order.index(axis.kind), axis.name)))


def pages(task: Task, folder: Path, *, episodes: int, seed: int) -> Iterator[str]:
    """Writes a sheet per axis and an `index.html` of them; yields each axis when its sheet is there."""
    simulator = Simulator.of(task)
    folder.mkdir(parents=True, exist_ok=True)
    names = axes_of(task)
    for axis in names:
        sheet(task, axis, episodes=episodes, seed=seed, simulator=simulator).save(folder / f"{axis}.png")
        yield axis
    (folder / "index.html").write_text(_page(task, {axis: f"{axis}.png" for axis in names}), encoding="utf-8")


def _page(task: Task, sheets: Mapping[str, str]) -> str:
    parts = []
    for axis, file in sheets.items():
        what = escape(AXES.get(axis).summary())
        parts.append(
            f'<h2 id="{axis}">{axis}</h2>\n<p>{what}</p>\n<img src="{file}" alt="{axis}: {what}" loading="lazy">'
        )
    title = f"{escape(task.name)}: every axis, level by level"
    style = (
        "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:90rem;padding:0 1rem}img{max-width:100%}"
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width"><style>{style}</style></head>\n'
        f"<body><h1>{title}</h1>\n" + "\n".join(parts) + "\n</body></html>\n"
    )
