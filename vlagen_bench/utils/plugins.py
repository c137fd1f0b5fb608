"""Plug-ins: axes, tasks, suites, packs and policies that users add from outside the package.

They come from `register_path` and `--include`, from the environment variable `VLAGEN_INCLUDE`, by which child processes
know them too, and from the entry points of installed packages. Entry points and the variable are read before the first
look-up of a name, and not before, so that commands which look nothing up start fast.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from vlagen_bench.errors import ConfigError, VlagenError
from vlagen_bench.utils import contents, entry_points, importing
from vlagen_bench.utils.locations import KINDS, SHIPPED, Kind, Location, shipped

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

VARIABLE = "VLAGEN_INCLUDE"
"""environment variable: folders, modules and files, separated as in PATH, or as a list in JSON"""

Undo = Callable[[], Any]


class _State:
    """What this process knows of plug-ins."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.locations: list[Location] = []
        self.loaded = False
        """whether entry points and the variable were read"""
        self.fault: str | None = None
        """why they cannot be"""
        self.open: list[list[Undo]] = []
        """of each inclusion that is going on, one inside the other: how to take back what it did"""
        self.modules: list[str] = []
        """the names of those that registered something"""
        self.version = 0
        self.listeners: list[Callable[[], Any]] = []
        self.checks: list[Callable[[], None]] = []


_state = _State()


def register_path(path: str | Path) -> None:
    """Makes the axes, tasks, suites, packs and policies of a folder, package or file usable by name.

    Args:
        path: a folder that may hold `axes/*.py`, `tasks/*.py`, `tasks/*.yaml`, `tasks/suites/*.yaml`,
            `assets/<pack>/pack.yaml` and Python modules with policies; a Python package or module, by name or path; or
            the YAML file of one task or suite. What was registered already is left as it is.

    Raises:
        ConfigError: there is nothing there, its code fails, or a name of it is taken. Nothing is registered then.
    """
    include(path)


def include(what: str | Path) -> Location:
    """Does what `register_path` says; the place."""
    load()
    with _inclusion():
        return _include(what)


def load() -> None:
    """Reads entry points and the environment variable, once; raises `ConfigError` that names what cannot be loaded."""
    if _state.loaded:
        return
    with _state.lock:
        if _state.loaded or _state.open:  # a module that is being imported looks something up
            return
        if _state.fault is not None:
            raise ConfigError(_state.fault)
        try:
            with _inclusion():
                for entry_point in entry_points.found():
                    _load(entry_point)
                for item in _listed(os.environ.get(VARIABLE, "")):
                    _include(item)
                _state.loaded = True
        except VlagenError as error:
            _state.loaded, _state.fault = False, str(error)
            raise


def files(kind: Kind) -> dict[str, Path]:
    """Name -> file of every task, suite or pack, the shipped ones first.

    Raises:
        ConfigError: two have the same name; says where both are.
    """
    load()
    found = shipped(kind)
    owners = dict.fromkeys(found, SHIPPED)
    for location in _state.locations:
        for name, path in location.files(kind).items():
            if name in found and found[name].resolve() != path.resolve():
                raise ConfigError(
                    f"The {kind} '{name}' is there twice: {found[name]}, of {owners[name]}, and {path}, of "
                    f"{location.origin}. Rename one of them."
                )
            found.setdefault(name, path)
            owners.setdefault(name, location.origin)
    return found


def named(kind: Kind, text: str | Path) -> str:
    """The name of a task or suite that is given by its name, or as a YAML file, which is included.

    Raises:
        ConfigError: there is no such file, or it is of another kind.
    """
    if isinstance(text, str) and not text.endswith((".yaml", ".yml")) and os.sep not in text:
        return text
    path = Path(text).resolve()
    if path not in {file.resolve() for file in shipped(kind).values()}:  # what ships does not come from outside
        path = include(Path(text)).path
    if kind not in KINDS or path.stem not in files(kind) or files(kind)[path.stem].resolve() != path:
        raise ConfigError(f"{text} is not a {kind}. Give a {kind}'s name, or the path of its YAML file.")
    return path.stem


def location_of(path: Path) -> Location | None:
    """The place from outside that a file is, or lies in; None: it is of no such place."""
    load()
    path = path.resolve()
    inside = [location for location in _state.locations if location.holds(path)]
    return max(inside, key=lambda location: len(location.path.parts), default=None)


def locations() -> tuple[Location, ...]:
    """Every place from outside, in the order in which they were included."""
    load()
    return tuple(_state.locations)


def location_of_code(thing: Any) -> Location | None:
    """The place from outside that a class or function was defined in; None: in no such place."""
    file = getattr(sys.modules.get(getattr(thing, "__module__", "")), "__file__", None)
    return None if file is None or is_shipped(thing) else location_of(Path(file))


def module_at(path: Path) -> ModuleType | None:
    """The module that was imported from a file of a place from outside; None: there is none."""
    return None if location_of(path) is None else importing.module_at(path)


def origin_of(thing: Any) -> str:
    """Where a class or function was defined, as a part of a sentence."""
    module = getattr(thing, "__module__", None) or ""
    if is_shipped(thing):
        return SHIPPED
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return f"the module {module}"
    location = next((one for one in _state.locations if one.holds(Path(file).resolve())), None)
    return f"{file}, of {location.origin}" if location and location.distribution else file


def is_shipped(thing: Any) -> bool:
    """Whether a class or function is of this package."""
    return (getattr(thing, "__module__", None) or "").split(".")[0] == "vlagen_bench"


def version() -> int:
    """A number that grows whenever something was added: what is remembered of names is valid for one version."""
    load()
    return _state.version


def added(undo: Undo, module: str = "") -> None:
    """Notes that a registry has one more entry, of a module, and how to take it back."""
    _state.modules.append(module)
    if _state.open:
        _state.open[-1] += [undo, lambda: _state.modules.remove(module)]
    else:
        _changed()


def listen(listener: Callable[[], Any]) -> None:
    """Has `listener` called after each addition; a second time it changes nothing."""
    if listener not in _state.listeners:
        _state.listeners.append(listener)


def check(checker: Callable[[], None]) -> None:
    """Has `checker` called at the end of each inclusion, which is taken back if it raises."""
    if checker not in _state.checks:
        _state.checks.append(checker)


def _changed() -> None:
    _state.version += 1
    for listener in _state.listeners:
        listener()


@contextmanager
def _inclusion() -> Iterator[None]:
    """Takes back everything that was added inside if something fails, or if a name is there twice in the end."""
    with _state.lock:
        undo: list[Undo] = []
        before, variable = list(_state.locations), os.environ.get(VARIABLE)
        _state.open.append(undo)
        try:
            try:
                yield
                for kind in KINDS:
                    files(kind)
                if len(_state.open) == 1 and (undo or _state.locations != before):
                    for checker in _state.checks:
                        checker()
            finally:
                _state.open.pop()
            if _state.open:
                _state.open[-1].extend(undo)
            elif undo or _state.locations != before:
                _tell_children()
                _changed()
        except BaseException:
            _state.locations[:] = before
            _set_variable(variable)
            for step in reversed(undo):
                step()
            raise


def _tell_children() -> None:
    """Child processes, which find entry points by themselves, get the other places by the environment variable."""
    own = [str(location.path) for location in _state.locations if location.distribution is None]
    _set_variable(json.dumps(own) if own else None)  # a path may hold what separates those of PATH


def _listed(text: str) -> list[str]:
    """The places that the environment variable names."""
    with suppress(ValueError):
        if isinstance(found := json.loads(text), list) and all(isinstance(one, str) for one in found):
            return found
    return [item for item in text.split(os.pathsep) if item]


def _set_variable(value: str | None) -> None:
    if value is None:
        os.environ.pop(VARIABLE, None)
    else:
        os.environ[VARIABLE] = value


def _include(what: str | Path | ModuleType, distribution: str | None = None, *, holds: bool = True) -> Location:
    undo = _state.open[-1]
    location = importing.locate(what, distribution, undo)
    if known := next((one for one in _state.locations if one.path == location.path), None):
        return known
    _state.locations.append(location)
    importing.import_code(location, undo)
    if holds:
        contents.check(location, _state.modules)
    return location


def _load(entry_point: "EntryPoint") -> None:
    """Includes what an entry point gives; raises `ConfigError` that names its package."""
    try:
        for one, holds in entry_points.given_by(entry_point):
            _include(one, entry_points.package_of(entry_point), holds=holds)
    except (Exception, SystemExit) as error:
        raise entry_points.failed(entry_point, error) from error
