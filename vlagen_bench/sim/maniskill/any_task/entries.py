"""The look-up of a task of ManiSkill: by its id, by the class itself, or by `module:Class`."""

import contextlib
import importlib
import inspect
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from vlagen_bench.errors import AssetError, ConfigError, UnknownName, unknown
from vlagen_bench.sim.maniskill.any_task.hooks import Hooks
from vlagen_bench.types import content_hash
from vlagen_bench.utils import plugins, surface
from vlagen_bench.utils.imported import SourceFiles

MANISKILL = "mani_skill"
"""the package of the tasks whose code is told by its version, apart from the file that defines a task"""
_GIVEN: dict[str, type] = {}
"""classes that a program has given itself, by `module:Class`"""


@dataclass(frozen=True, kw_only=True)
class TaskEntry:
    """A task as ManiSkill has registered it."""

    env: str
    cls: type
    max_episode_steps: int | None = None
    kwargs: dict[str, Any] = field(default_factory=dict)

    def first_supported(self, what: str, wanted: tuple[str, ...]) -> dict[str, str]:
        """The first of these modes that the task supports, as a keyword argument; nothing: none of them, so the task's own.

        Args:
            what: `obs_mode` or `reward_mode`.
            wanted: names, best first.
        """
        supported = getattr(self.cls, f"SUPPORTED_{what.upper()}S", ())
        mode = next((mode for mode in wanted if mode in supported), None)
        return {} if mode is None else {what: mode}

    @property
    def source_hash(self) -> str:
        """Of the file that defines the class and of all its own code that this imports, so that a task that was changed is
        another one; of no file, it is empty.
        """
        try:
            own = content_hash(inspect.getsource(inspect.getmodule(self.cls) or self.cls))
        except (OSError, TypeError):
            own = ""
        return content_hash([own, self.imports])[:16] if self.imports else own[:16]

    @property
    def imports(self) -> dict[str, str]:
        """Name -> SHA-256 of the source files that the task's own file imports, neither Python's nor installed packages."""
        if self.own_module is None:
            return {}
        sources = _code_of(self.cls)
        apart = sources.first if self.source_file else None
        return {name: digest for name, digest in sorted(sources.hashes().items()) if name != apart}

    @property
    def own_module(self) -> str | None:
        """The name of the module that defines the class of a user's own task; None: the task is ManiSkill's."""
        module = self.cls.__module__
        return None if _top(module) == MANISKILL else module

    @property
    def source_file(self) -> str:
        """The file that defines the class; empty: there is none."""
        try:
            return str(inspect.getsourcefile(self.cls) or "")
        except TypeError:
            return ""

    def hooked(self) -> type:
        """The task's class with the hooks of the axes before it."""
        return type(self.cls.__name__, (Hooks, self.cls), {"__module__": self.cls.__module__})


def name_of(task: str | type) -> str:
    """How a task is called in episodes: its id, or `module:Class`; a class is remembered by it in this process."""
    if isinstance(task, str):
        return task
    if not isinstance(task, type):
        raise ConfigError(f"A task is named by its id, such as StackCube-v1, or is a class of a task, not {task!r}.")
    registered = [key for key, spec in _registry().items() if spec.cls is task]
    if registered:
        return str(registered[0])
    name = f"{task.__module__}:{task.__qualname__}"
    _GIVEN[name] = task
    return name


def entry(env: str) -> TaskEntry:
    """The task called so.

    Raises:
        UnknownName: nothing is registered under this id.
        ConfigError: `module:Class` names nothing that can be imported, or no task of ManiSkill.
        AssetError: files of the task are missing, which ManiSkill would ask for on the terminal.
    """
    plugins.load()  # a user's own tasks are registered by the files that he includes
    if ":" in env:
        return TaskEntry(env=env, cls=_given(env))
    known = _registry()
    if env not in known:
        raise UnknownName(f"{unknown('ManiSkill task', env, known)}.{surface.hint()}")
    spec = known[env]
    _check_assets(env, spec.asset_download_ids or [])
    return TaskEntry(env=env, cls=spec.cls, max_episode_steps=spec.max_episode_steps, kwargs=dict(spec.default_kwargs))


def _registry() -> dict[str, Any]:
    with contextlib.redirect_stdout(io.StringIO()):
        import mani_skill.envs  # noqa: F401 - it registers ManiSkill's own tasks
        from mani_skill.utils.registration import REGISTERED_ENVS
    return dict(REGISTERED_ENVS)


def _given(env: str) -> type:
    from mani_skill.envs.sapien_env import BaseEnv

    if env not in _GIVEN:
        module, _, name = env.partition(":")
        try:
            _GIVEN[env] = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise ConfigError(f"The task {env} cannot be imported ({error}). Write it as module:Class.") from None
    if not isinstance(_GIVEN[env], type) or not issubclass(_GIVEN[env], BaseEnv):
        raise ConfigError(f"{env} is no task of ManiSkill: a task is a subclass of mani_skill.envs.sapien_env.BaseEnv.")
    return _GIVEN[env]


@cache
def _code_of(cls: type) -> SourceFiles:
    """The files of a user's task, kept with the content that they had when the task was first looked at."""
    bases = [kind.__module__ for kind in cls.__mro__ if _top(kind.__module__) != MANISKILL]
    return SourceFiles([*bases, *_held(sys.modules.get(cls.__module__))], unloaded=True)


def _held(module: ModuleType | None) -> Iterator[str]:
    """The modules of what a module holds, which it may have imported by no statement."""
    for value in list(vars(module).values()) if module is not None else ():
        if isinstance(value, ModuleType):
            yield value.__name__
        elif isinstance(value, type | FunctionType):
            yield value.__module__ or ""
        else:
            yield type(value).__module__


def _top(module: str) -> str:
    return module.partition(".")[0]


def _check_assets(env: str, ids: list[str]) -> None:
    from mani_skill.utils import assets

    sources = [one for name in ids for one in _sources(name)]
    missing = sorted({one for one in sources if not assets.is_data_source_downloaded(one)})
    if missing:
        raise AssetError(
            f"The task {env} needs files that are not here: {', '.join(missing[:5])}. Download them: "
            f"python -m mani_skill.utils.download_asset {env}"
        )


def _sources(name: str) -> list[str]:
    from mani_skill.utils import assets

    if name in assets.DATA_GROUPS:
        return list(assets.expand_data_group_into_individual_data_source_ids(name))
    return [name]
