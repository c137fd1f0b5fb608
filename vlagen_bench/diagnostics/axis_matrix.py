"""The table of tasks of ManiSkill and axes, made by trying each axis on each task at its highest level."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vlagen_bench import axes, tasks
from vlagen_bench.axes import AXES, Axis
from vlagen_bench.errors import ConfigError, VlagenError
from vlagen_bench.plan import catalog, native_tasks, plan
from vlagen_bench.sim.maniskill.any_task.effect import Trial
from vlagen_bench.types import Task

UNFIT, NOTHING = "", "nothing"
SEED = 0
BEGIN, END = "<!-- matrix: made by `vlagen list --matrix` -->", "<!-- end of the matrix -->"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What an axis does to a task."""

    task: str
    axis: str
    effect: str
    """`words`, `physics` or `pictures`, where the first difference was found; `nothing`; empty: it makes no sense there"""
    why: str = ""
    """where it makes no sense, as a clause; where it fails, as a sentence"""


def fitting(task: Task) -> tuple[type[Axis], ...]:
    """The axes that a task offers what they require."""
    offer = tasks.offer_of(task)
    return tuple(axis for axis in AXES if axes.lack_of(axis, offer) is None)


def row(name: str) -> Iterator[Cell]:
    """Tries every axis on a task."""
    task = catalog.task(name)
    trial, mine = Trial(task), fitting(task)
    reasons = tasks.offer_of(task).unfit
    for axis in AXES:
        if axis in mine:
            yield tried(task, axis, trial)
        else:
            yield Cell(task=name, axis=axis.name, effect=UNFIT, why=reasons.get(axis.name, ""))


def tried(task: Task, axis: type[Axis], trial: Trial) -> Cell:
    """One axis on one task, at the last of its levels or settings."""
    which = list(axis.variants())[-1]
    try:
        episode, twin = plan.sample(task, axes.variant_name(axis.name, which), index=0, seed=SEED)
        assert twin is not None, "a level has a clean twin"
        effect = trial.effect(episode, twin)
    except VlagenError as error:
        return Cell(task=task.name, axis=axis.name, effect=NOTHING, why=str(error))
    return Cell(task=task.name, axis=axis.name, effect=effect or NOTHING)


def listed() -> tuple[str, ...]:
    """The tasks that have a card."""
    return tuple(native_tasks.card_files())


def markdown(cells: Sequence[Cell]) -> str:
    """The table, a row an axis: what it changes first, and a dash where it makes no sense; below it, why."""
    names = list(dict.fromkeys(cell.task for cell in cells))
    found: Mapping[tuple[str, str], str] = {(cell.axis, cell.task): cell.effect for cell in cells}
    shown = [axis.name for axis in AXES if any(found.get((axis.name, name)) for name in names)]
    lines = [
        "| axis | " + " | ".join(native_tasks.short(name) for name in names) + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    lines += [f"| `{axis}` | " + " | ".join(found.get((axis, name)) or "-" for name in names) + " |" for axis in shown]
    return "\n".join([*lines, *_reasons(cells, shown)]) + "\n"


def _reasons(cells: Sequence[Cell], shown: Sequence[str]) -> Iterator[str]:
    """A line for each reason why an axis that the table shows makes no sense in a task."""
    found: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        if cell.axis in shown and cell.effect == UNFIT and cell.why:
            found.setdefault((cell.axis, cell.why), []).append(native_tasks.short(cell.task))
    if found:
        yield ""
    yield from (f"* `{axis}` not in {', '.join(names)}: {why}." for (axis, why), names in sorted(found.items()))


def write(table: str, path: Path) -> None:
    """Puts a table in place of the one in a Markdown file; raises `ConfigError` where the file has no place for it."""
    text = path.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise ConfigError(
            f"{path} has no place for the matrix: write the lines `{BEGIN}` and `{END}` where it belongs."
        )
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n{table}{END}{after}", encoding="utf-8")
