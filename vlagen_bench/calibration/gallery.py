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
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.sim.backends import simulator_of
from vlagen_bench.sim.interface import Sim
from vlagen_bench.sim.maniskill.any_task.simulator import NativeSimulator
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.types import Episode, Task
from vlagen_bench.utils.contact_sheet import LEGEND, SheetCell, contact_sheet
from vlagen_bench.utils.pages import GENERATOR, check_ours
from vlagen_bench.utils.text import sized

CLEAN = "clean twin"
KINDS = ("vision", "semantics", "execution", "dynamics")
STYLE = """
:root { color-scheme: light dark; --ink: #15181e; --soft: #596070; --line: #e4e7ec; --accent: #0b5fa5; --paper: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #e9ebef; --soft: #a2a9b8; --line: #2a2f39; --accent: #72b6f5; --paper: #0f1115 } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; color: var(--ink); background: var(--paper) }
a { color: var(--accent) } img { display: block; width: auto; max-width: 100%; height: auto }
nav dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem } nav dd { margin: 0 } nav dt { font-weight: 600 }
h2 { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 1.2rem } h3 { margin: 2rem 0 0 } p { margin: .2rem 0 .6rem; max-width: 60rem }
h3 a { font-size: .8rem; font-weight: 400; margin-left: .6rem } .soft { color: var(--soft) } .scroll { overflow-x: auto }
@media (max-width: 40rem) { nav dl { grid-template-columns: 1fr } nav dd { margin-bottom: .5rem } .scroll img { max-width: none; width: 60rem } }
@media print { img { break-inside: avoid } h2, h3 { break-after: avoid } h3 a { display: none } }
"""
LATER = 10
"""of an axis that the first picture does not show, the picture is taken after so many actions: at every level the same
ones, which the expert takes in the clean twin; in a task of ManiSkill, which may have no expert, drawn ones"""


def ladder(task: Task, axis: str, *, index: int, seed: int) -> dict[str, Episode]:
    """Label -> episode: the clean twin first, then every level or setting, all from the same draws."""
    rungs: dict[str, Episode] = {}
    for which, name in zip(AXES.get(axis).variants(), conditions.names_of((axis,), tasks.offer_of(task)), strict=True):
        episode, twin = sample(task, name, index=index, seed=seed)
        assert twin is not None, "what an axis perturbs has a clean twin"
        rungs.setdefault(CLEAN, twin)
        rungs[_label(axis, which)] = episode
    return rungs


def _label(axis: str, which: str) -> str:
    if not which.isdigit():
        return which
    kind = AXES.get(axis)
    size = sized([kind.levels[int(which) - 1]], kind.unit)
    return f"level {which}: {size}" if size else f"level {which}"


def sheet(task: Task, axis: str, *, episodes: int, seed: int, simulator: Sim) -> Image.Image:
    """One row an episode, one column a level.

    Raises:
        ConfigError: an unknown axis, or one that makes no sense in the task's scene.
    """
    cells, kind = [], AXES.get(axis)
    # What an axis says, no picture shows: the first one has everything in sight that it speaks of.
    at_once = kind.shows or kind.stage == "prompt"
    for index in range(episodes):
        steps = ladder(task, axis, index=index, seed=seed)
        clean = steps[CLEAN]
        actions = [] if at_once else _actions(simulator, clean)
        images = {label: _picture(simulator, episode, actions) for label, episode in steps.items()}
        for label, episode in steps.items():
            reworded = episode.instruction != clean.instruction
            cells.append(
                SheetCell(
                    row=f"episode {index}: “{clean.instruction}”",
                    label=f"{label}, “{episode.instruction}”" if reworded else label,
                    image=images[label],
                    twin=None if label == CLEAN else images[CLEAN],
                    reworded=reworded,
                )
            )
    what = kind.summary()
    when = "" if at_once else f" After the same {LATER} actions."
    return contact_sheet(f"{axis.replace('_', ' ')} ({kind.kind}), {task.name}: {what}{when}", cells)


def _actions(simulator: Sim, clean: Episode) -> list[np.ndarray]:
    if isinstance(simulator, NativeSimulator):
        return [simulator.tried_action(step) for step in range(LATER)]
    assert isinstance(simulator, Simulator), "there are two simulators"
    expert = Expert()
    simulator.reset(clean)
    expert.attach(simulator)
    actions = []
    for _ in range(LATER):
        actions.append(expert.act(None, simulator.instruction))
        simulator.advance(actions[-1])
    return actions


def _picture(simulator: Sim, episode: Episode, actions: Sequence[np.ndarray]) -> np.ndarray:
    simulator.reset(episode)
    for action in actions:
        simulator.advance(action)
    image: np.ndarray = simulator.observe()["image"]
    return image


def axes_of(task: Task) -> tuple[str, ...]:
    """The axes that a page of the task shows, kind by kind."""
    mine = [axis for axis in conditions.fitting(tasks.offer_of(task)) if axis.variants()]
    return tuple(axis.name for axis in sorted(mine, key=lambda axis: (KINDS.index(axis.kind), axis.name)))


def pages(task: Task, folder: Path, *, episodes: int, seed: int, cameras: CameraChoice | None = None) -> Iterator[str]:
    """Writes a sheet per axis and an `index.html` of them; yields each axis when its sheet is there."""
    check_ours(folder / "index.html")
    simulator = simulator_of(task, cameras=cameras)
    folder.mkdir(parents=True, exist_ok=True)
    names = axes_of(task)
    for axis in names:
        sheet(task, axis, episodes=episodes, seed=seed, simulator=simulator).save(folder / f"{axis}.png")
        yield axis
    (folder / "index.html").write_text(_page(task, {axis: f"{axis}.png" for axis in names}), encoding="utf-8")


def _page(task: Task, sheets: Mapping[str, str]) -> str:
    title = f"{escape(task.name)}: every axis, level by level"
    of_kind = {kind: [axis for axis in sheets if AXES.get(axis).kind == kind] for kind in KINDS}
    contents = "\n".join(
        f"<dt>{kind.capitalize()}</dt><dd>{', '.join(map(_link, axes))}</dd>" for kind, axes in of_kind.items() if axes
    )
    parts = "\n".join(
        f'<h2 id="kind-{kind}">{kind.capitalize()}</h2>\n' + "\n".join(_section(axis, sheets[axis]) for axis in axes)
        for kind, axes in of_kind.items()
        if axes
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{GENERATOR}<title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>\n'
        f'<body><h1>{title}</h1>\n<p class="soft">{LEGEND} Sizes stand under the pictures.</p>\n'
        f'<nav aria-label="Contents" id="contents"><h2>Contents</h2><dl>\n{contents}\n</dl></nav>\n{parts}\n</body></html>\n'
    )


def _link(axis: str) -> str:
    return f'<a href="#{axis}">{_plain(axis)}</a>'


def _section(axis: str, file: str) -> str:
    what = escape(AXES.get(axis).summary())
    top = f'<a href="#contents" aria-label="From {_plain(axis)} back to the contents">contents</a>'
    picture = f'<div class="scroll"><img src="{file}" alt="{_plain(axis)}: {what}" loading="lazy"></div>'
    return f'<h3 id="{axis}">{_plain(axis)} {top}</h3>\n<p>{what}</p>\n{picture}'


def _plain(axis: str) -> str:
    return escape(axis.replace("_", " "))
