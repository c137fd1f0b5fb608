"""The validation of what ships and is included: reads tasks, suites, packs, entries, axes, families; plans every suite."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from vlagen_bench.axes import AXES
from vlagen_bench.errors import CodeError, ConfigError, VlagenError
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog
from vlagen_bench.plan import conditions as variants
from vlagen_bench.plan.plan import make_plan, pool_size, sample
from vlagen_bench.report import entries
from vlagen_bench.tasks import FAMILIES, TaskFamily
from vlagen_bench.types import Task
from vlagen_bench.utils import plugins
from vlagen_bench.utils.blame import wrong
from vlagen_bench.utils.parsing import load_yaml


@dataclass(frozen=True, kw_only=True)
class FileCheck:
    """What was found about one file, or about an axis or family from outside the package."""

    what: str
    problem: str | None
    unchecked: str | None = None
    """why it could not be checked, where what it needs is wrong and has a finding of its own"""


@dataclass
class _Faults:
    """What was found wrong so far, so that nothing is blamed twice, and no file for what is in another."""

    code: dict[str, str] = field(default_factory=dict)
    """`axis dim` -> what is wrong with it"""
    tasks: set[str] = field(default_factory=set)
    """that cannot be read"""
    drawn: set[str] = field(default_factory=set)
    """axes of which a value was drawn"""


def validate() -> list[FileCheck]:
    """One finding per file, axis and family from outside, the wrong ones last; never raises for what is wrong in them."""
    tasks = sorted(plugins.files("task").values())
    suites = sorted(plugins.files("suite").values())
    faults = _Faults()
    found = [
        *(_finding(f"pack {name}", partial(_pack, name), faults) for name in manifest.names()),
        *(_finding(f"family {one.name}", partial(_family, one), faults) for one in FAMILIES if _outside(one)),
        *(_finding(f"task {path.stem}", partial(_task, path, faults), faults) for path in tasks),
        *(_finding(f"suite {path.stem}", partial(_suite, path, faults), faults) for path in suites),
        *(_finding(f"entry {path.parent.name}/{path.stem}", partial(_entry, path), faults) for path in entries.files()),
    ]
    named = {one.what for one in found}
    found += [_axis(axis.name, faults) for axis in AXES if _outside(axis)]
    axes = {f"axis {axis.name}" for axis in AXES if _outside(axis)}
    found += [FileCheck(what=w, problem=why) for w, why in faults.code.items() if w not in named | axes]
    return sorted(found, key=lambda one: (one.problem is not None, one.unchecked is not None))


def _outside(code: type) -> bool:
    return not plugins.is_shipped(code)


class _Unchecked(Exception):
    """Something else is wrong, so that this cannot be checked."""


def _finding(what: str, look: Callable[[], None], faults: _Faults) -> FileCheck:
    try:
        look()
    except _Unchecked as reason:
        return FileCheck(what=what, problem=None, unchecked=str(reason))
    except CodeError as error:
        known = faults.code.setdefault(error.whose, str(error))
        if error.whose == what:
            return FileCheck(what=what, problem=known)
        return FileCheck(what=what, problem=None, unchecked=f"the {error.whose} is wrong")
    except VlagenError as error:
        if what.startswith("task "):
            faults.tasks.add(what.removeprefix("task "))
        return FileCheck(what=what, problem=str(error))
    return FileCheck(what=what, problem=None)


def _axis(name: str, faults: _Faults) -> FileCheck:
    what = f"axis {name}"
    if what in faults.code or name in faults.drawn:
        return FileCheck(what=what, problem=faults.code.get(what))
    why = (
        "tasks with conditions of it cannot be read" if faults.code or faults.tasks else "no task has conditions of it"
    )
    return FileCheck(what=what, problem=None, unchecked=why)


def _family(family: type[TaskFamily]) -> None:
    if family.expert:
        from vlagen_bench.policies.expert.policy import routine_of  # imports the simulator

        routine_of(family)


def _pack(name: str) -> None:
    pack = manifest.load(name)
    for kind in ("objects", "receptacles", "tables", "textures"):
        assets = getattr(pack, kind)
        ids = [asset.id for asset in assets]
        if len(set(ids)) != len(ids):
            raise ConfigError(f"Pack '{name}': an id stands twice among its {kind}.")
        for asset in assets:
            for path in filter(None, (getattr(asset, key, None) for key in ("visual", "collision", "image"))):
                if path not in pack.files:
                    raise ConfigError(f"Pack '{name}': {path} of '{asset.id}' is not listed under `files`.")
    if not pack.sources:
        manifest.require(name, manifest.check(pack, manifest.folder(name)))


def _task(path: Path, faults: _Faults) -> None:
    task = catalog.read_task(path)
    failed: CodeError | None = None
    for name in task.condition_names():
        try:
            _condition(task, name, path)
        except CodeError as error:  # of one axis: the others are still looked at
            faults.code.setdefault(error.whose, str(error))
            if variants.axis_of(name) is None:  # the file itself asks for it
                failed = error
        else:
            faults.drawn.update(catalog.axis_set(task, catalog.condition(task, name)))
    if failed is not None:
        raise failed


def _condition(task: Task, name: str, path: Path) -> None:
    episode, twin = sample(task, name, index=0, seed=0)
    if "{" in episode.instruction or "}" in episode.instruction:
        raise ConfigError(f"{path}: {name}: the instruction has an unfilled slot: {episode.instruction}")
    if twin is not None and twin.values == episode.values:
        raise _same(task, name, path)
    if task.digits:
        pool_size(task, name)


def _same(task: Task, name: str, path: Path) -> VlagenError:
    """The error of a condition that changes nothing: of the axis that gives it, if that is from outside."""
    axis = variants.axis_of(name)
    if axis is not None and _outside(axis):
        return wrong(f"axis {axis.name}", axis, f"the perturbed episode of {name} in {task.name} equals its clean twin")
    return ConfigError(f"{path}: {name}: the perturbed episode equals its clean twin.")


def _suite(path: Path, faults: _Faults) -> None:
    content = load_yaml(path)
    if isinstance(content, dict) and content.get("task") in faults.tasks:
        raise _Unchecked(f"its task {content['task']} is wrong")
    make_plan(dataclasses.replace(catalog.read_suite(path), episodes=2))


def _entry(path: Path) -> None:
    entries.read(path)
