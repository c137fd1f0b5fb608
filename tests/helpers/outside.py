"""A user's own folder outside the repository: an axis, a task, a suite, a small pack and a policy; a family."""

import contextlib
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import yaml

from helpers import pages
from helpers.places import TOP
from vlagen_bench.axes import AXES
from vlagen_bench.packs import manifest
from vlagen_bench.tasks import FAMILIES
from vlagen_bench.utils import plugins

AXIS = '''
"""Axis: the scene's lights are dimmer."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vlagen_bench.axes.base import Axis, Draft, axis
from vlagen_bench.scenes.verbs import Light, Scene


@axis
@dataclass(frozen=True, kw_only=True)
class Gloom(Axis):
    """How dim it is."""

    name: ClassVar = "gloom"
    kind: ClassVar = "vision"
    stage: ClassVar = "render"
    sized_by: ClassVar = "depth"
    unit: ClassVar = "share"
    levels: ClassVar = (0.15, 0.3, 0.45, 0.6, 0.75)
    bounds: ClassVar = (0.0, 1.0)
    takes: ClassVar = ("light",)
    shows: ClassVar = True
    measure: ClassVar = "picture"

    depth: float

    def sample(self, rng, draft: Draft) -> dict[str, Any]:
        lights = [[list(light.direction), self.dimmed(light.colour), light.shadow] for light in draft.scene.lights]
        return {"ambient": self.dimmed(draft.scene.ambient), "lights": lights}

    def dimmed(self, colour: tuple[float, ...]) -> list[float]:
        return [round(part * (1 - self.depth), 6) for part in colour]

    @staticmethod
    def apply(scene: Scene, value: Any) -> None:
        lights = [Light(direction=tuple(to), colour=tuple(rgb), shadow=shadow) for to, rgb, shadow in value["lights"]]
        scene.set_lights(tuple(value["ambient"]), tuple(lights))
'''
TASK = """
name: kitchen_put_on
version: 1
scene: tabletop
pack: kitchen
max_steps: 4
nominal_name: nominal
nominal:
  object: {split: train}
  receptacle: {split: train}
  table: {split: train}
  position: {region: inner}
  yaw: {degrees: [0, 90]}
  instruction: {templates: ["put the {source} on the {target}"]}
conditions:
  gloomy:
    perturb: {gloom: {depth: 0.5}}
"""
SUITE = """
name: kitchen
version: 1
about: A suite of a user's own.
task: kitchen_put_on
episodes: 2
conditions: [nominal, gloomy]
"""
POLICY = """
import numpy as np


class Still:
    def act(self, obs, instr):
        return np.array([0, 0, 0, 0, 0, 0, 1], dtype=np.float32)
"""


def make(folder: Path) -> Path:
    """Writes all of it into a folder, which is not a Python package."""
    for path, content in {
        "axes/gloom.py": AXIS,
        "tasks/kitchen_put_on.yaml": TASK,
        "tasks/suites/kitchen.yaml": SUITE,
        "still_policy.py": POLICY,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    _make_pack(folder / "assets" / "kitchen")
    return folder


def touching(folder: Path) -> Path:
    """The family and the task of docs/extend.md, in a folder called `touching`; `folder` is the one that it is in."""
    for block in pages.blocks(pages.PAGES["docs/extend.md"]):
        if (block.file or "").startswith("touching/"):
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.body, encoding="utf-8")
    return folder / "touching"


def _make_pack(home: Path) -> None:
    """Two objects, a receptacle and a table of the shipped pack."""
    shipped = manifest.load("household")
    lists = {kind: list(getattr(shipped, kind)) for kind in ("objects", "receptacles", "tables")}
    content = yaml.safe_load((TOP / "assets" / "household" / "pack.yaml").read_text())
    kept = {"objects": 2, "receptacles": 2, "tables": 2, "textures": 0, "lightings": 0}
    for kind, count in kept.items():
        train = [one for one in content[kind] if one["split"] == "train"]
        content[kind] = train[:count]
    wanted = {
        one[key] for kind in lists for one in content[kind] for key in ("visual", "collision", "image") if key in one
    }
    content |= {"name": "kitchen", "files": {}}
    for path in sorted(wanted):
        data = (TOP / "assets" / "household" / path).read_bytes()
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_bytes(data)
        content["files"][path] = hashlib.sha256(data).hexdigest()
    (home / "pack.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def as_package(folder: Path) -> Path:
    """The same as a Python package, with the axis in it imported by its `__init__`."""
    make(folder)
    (folder / "__init__.py").write_text(f"from {folder.name}.axes import gloom\n")
    (folder / "axes" / "__init__.py").write_text("")
    return folder


def distribution(site: Path, name: str, value: str) -> None:
    """The metadata of an installed distribution with an entry point, in a folder of the module path."""
    info = site / f"{name}-1.5.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text(f"[vlagen_bench.plugins]\nown = {value}\n")


@contextlib.contextmanager
def forgotten():
    """What is included inside is forgotten afterwards, so that other tests in this process do not see it."""
    plugins.load()
    state, entries, path, modules = plugins._state, dict(AXES._entries), list(sys.path), set(sys.modules)
    locations, variable = list(state.locations), os.environ.get(plugins.VARIABLE)
    families = dict(FAMILIES._entries)
    try:
        yield
    finally:
        for name in set(sys.modules) - modules:
            file = getattr(sys.modules[name], "__file__", None)
            if file and any(one.holds(Path(file).resolve()) for one in state.locations if one not in locations):
                del sys.modules[name]
        state.locations[:], sys.path[:] = locations, path
        AXES._entries.clear()
        AXES._entries.update(entries)
        FAMILIES._entries.clear()
        FAMILIES._entries.update(families)
        plugins._set_variable(variable)
        state.version += 1


def python(code: str, cwd: Path, *paths: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs Python code in a process of its own, with these folders on the module path."""
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = os.pathsep.join(filter(None, [*map(str, paths), str(TOP), *known]))
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, **env},
        timeout=300,
        check=False,
    )
