"""Importing the code of a place outside the package: by its name where it has one, else under a name of its own."""

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from vlagen_bench.errors import ConfigError, VlagenError
from vlagen_bench.utils.locations import Location, yaml_kind
from vlagen_bench.utils.text import one_line

PREFIX = "vlagen_outside_"
"""of the names that files get which have no name by which others could import them"""


def locate(what: str | Path | ModuleType, distribution: str | None, undo: list[Callable[[], Any]]) -> Location:
    """The place that is meant; a package or module is imported to find it.

    Args:
        what: a folder, file, module, or a module's name.
        distribution: whose entry point gave it.
        undo: is told how to take back what was done.

    Raises:
        ConfigError: there is no such place, or its import fails.
    """
    if isinstance(what, ModuleType):
        return _of_module(what, what.__name__, distribution)
    if not isinstance(what, str | Path):
        raise ConfigError(
            f"A folder, a file, or a module's name is included, not {what!r} of type {type(what).__name__}."
        )
    given, path = str(what), Path(what).expanduser()
    if not given.strip():
        raise ConfigError(
            "An empty name is no place. Give a folder (. is the current one), a file, or a module's name."
        )
    if path.is_dir() or path.suffix in (".py", ".yaml", ".yml"):
        return _of_path(given, path, distribution, undo)
    nowhere = f"There is no folder, Python module or YAML file '{given}' (looked in {Path.cwd()}"
    if isinstance(what, Path) or not all(part.isidentifier() for part in given.split(".")):
        raise ConfigError(f"{nowhere}). A file that is included ends in .py, .yaml or .yml.")
    importlib.invalidate_caches()
    if not _findable(given.split(".")[0]):
        _search(Path.cwd(), undo)
        if not _findable(given.split(".")[0]):
            raise ConfigError(f"{nowhere} and among the modules that Python finds). Write its path, or install it.")
    return _of_module(_imported(given, undo), given, distribution)


def _findable(name: str) -> bool:
    """Whether a module of the top level can be found; it is not imported."""
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return True  # something is there, and its import will say what is wrong with it


def _of_path(given: str, path: Path, distribution: str | None, undo: list[Callable[[], Any]]) -> Location:
    if not path.exists():
        raise ConfigError(f"There is no file {given} to include.")
    path = path.resolve()
    if path.suffix in (".yaml", ".yml") and not path.is_dir():
        if yaml_kind(path) is None:
            raise ConfigError(f"{given} is neither a task, which has a `scene`, nor a suite, which has a `task`.")
        return Location(given=given, path=path, distribution=distribution)
    if path.is_dir() and not (path / "__init__.py").is_file():
        _search(path, undo)
        return Location(given=given, path=path, distribution=distribution)
    root, name = path.parent, path.stem
    while (root / "__init__.py").is_file():
        root, name = root.parent, f"{root.name}.{name}"
    _search(root, undo)
    module = _imported(name, undo)
    location = _of_module(module, given, distribution)
    if location.path != path:
        raise ConfigError(f"{given} cannot be imported as {name}: that name is taken by {location.path}. Rename it.")
    return location


def _of_module(module: ModuleType, given: str, distribution: str | None) -> Location:
    folders = [Path(folder).resolve() for folder in getattr(module, "__path__", ())]
    file = getattr(module, "__file__", None)
    if file is not None:
        folders.append(Path(file).resolve())
    if not folders:
        raise ConfigError(f"The module {module.__name__} has no file, so that nothing can be included from it.")
    path = folders[0]
    return Location(given=given, path=path, module=module.__name__, distribution=distribution)


def _search(folder: Path, undo: list[Callable[[], Any]]) -> None:
    """Lets modules of a folder be imported; last, so that it hides nothing."""
    text = str(folder)
    if text not in sys.path:
        sys.path.append(text)
        undo.append(lambda: sys.path.remove(text))


def _imported(name: str, undo: list[Callable[[], Any]]) -> ModuleType:
    known = set(sys.modules)
    try:
        importlib.invalidate_caches()
        module = importlib.import_module(name)
    except VlagenError:
        _forget(name, known)
        raise
    except ImportError as error:
        _forget(name, known)
        raise ConfigError(
            f"The module {name} cannot be imported: {one_line(error)}. Is it installed, or in the current folder?"
        ) from error
    except (Exception, SystemExit) as error:
        _forget(name, known)
        raise ConfigError(f"The module {name} fails while it is imported: {one_line(error)}.") from error
    undo.append(lambda: _forget(name, known))
    return module


def _forget(name: str, known: set[str]) -> None:
    """Lets a module, and those inside it, be imported again."""
    root = name.split(".")[0]
    for other in set(sys.modules) - known:
        if other.split(".")[0] == root:
            del sys.modules[other]


def import_code(location: Location, undo: list[Callable[[], Any]]) -> None:
    """Imports the Python files of a place that define axes and task families."""
    for path in location.modules():
        if location.module is not None:
            _imported(f"{location.module}.{path.parent.name}.{path.stem}", undo)
        else:
            _run(path, undo)


def _run(path: Path, undo: list[Callable[[], Any]]) -> None:
    """Imports a file under a name that no other has."""
    name = f"{PREFIX}{hashlib.sha256(str(path).encode()).hexdigest()[:12]}_{path.stem}"
    loader = SourceFileLoader(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None:  # never for a loader of files; the types say that it may be
        raise ConfigError(f"{path} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    undo.append(lambda: sys.modules.pop(name, None))
    try:
        loader.exec_module(module)
    except VlagenError:
        raise
    except (Exception, SystemExit) as error:
        raise ConfigError(f"{path} fails while it is imported: {one_line(error)}.") from error


def module_at(path: Path) -> ModuleType | None:
    """The module that was imported from a file, if any was."""
    path = path.resolve()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file is not None and Path(file).name == path.name and Path(file).resolve() == path:
            return module
    return None
