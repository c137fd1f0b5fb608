"""The validation of shipped and included files: reads every task, suite, pack and entry, and plans every suite."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vlagen_bench.errors import ConfigError, VlagenError
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog
from vlagen_bench.plan.plan import make_plan, pool_size, sample
from vlagen_bench.report import entries
from vlagen_bench.utils import plugins


@dataclass(frozen=True, kw_only=True)
class FileCheck:
    """What was found about one file."""

    what: str
    problem: str | None


def validate() -> list[FileCheck]:
    """One finding per file; never raises for what is wrong in a file."""
    tasks = sorted(plugins.files("task").values())
    suites = sorted(plugins.files("suite").values())
    return [
        *(_finding(f"pack {name}", partial(_pack, name)) for name in manifest.names()),
        *(_finding(f"task {path.stem}", partial(_task, path)) for path in tasks),
        *(_finding(f"suite {path.stem}", partial(_suite, path)) for path in suites),
        *(_finding(f"entry {path.parent.name}/{path.stem}", partial(_entry, path)) for path in entries.files()),
    ]


def _finding(what: str, look: Callable[[], None]) -> FileCheck:
    try:
        look()
    except VlagenError as error:
        return FileCheck(what=what, problem=str(error))
    return FileCheck(what=what, problem=None)


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


def _task(path: Path) -> None:
    task = catalog.read_task(path)
    for name in task.condition_names():
        episode, twin = sample(task, name, index=0, seed=0)
        if "{" in episode.instruction or "}" in episode.instruction:
            raise ConfigError(f"{path}: {name}: the instruction has an unfilled slot: {episode.instruction}")
        if twin is not None and twin.values == episode.values:
            raise ConfigError(f"{path}: {name}: the perturbed episode equals its clean twin.")
        if task.digits:
            pool_size(task, name)


def _suite(path: Path) -> None:
    make_plan(dataclasses.replace(catalog.read_suite(path), episodes=2))


def _entry(path: Path) -> None:
    entries.read(path)
