"""The scenes by name."""

import dataclasses

from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.scenes import native
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.bridge import BRIDGE
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.scenes.tabletop import TABLETOP
from vlagen_bench.types import Task

_SCENES = {spec.name: spec for spec in (BRIDGE, TABLETOP)}


def scene_names() -> tuple[str, ...]:
    """All scenes."""
    return tuple(sorted(_SCENES))


def scene(name: str) -> SceneSpec:
    """The scene called `name`; raises `ConfigError` with the nearest name otherwise."""
    if name not in _SCENES:
        raise ConfigError(unknown("scene", name, _SCENES))
    return _SCENES[name]


def of_task(task: Task, cameras: CameraChoice | None = None) -> SceneSpec:
    """The scene of a task, with the task's own pack if it names one, drawn as the task and the choice of cameras say."""
    if task.native is not None:
        found = native.scene_of(task.native)
    else:
        found = scene(task.scene)
        found = dataclasses.replace(found, pack=task.pack or found.pack, shaders=task.shaders)
    return found if cameras is None else cameras.scene(found)
