"""The modules that policies are in, by name or by file."""

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import Any

from vlagen_bench.errors import PolicyError
from vlagen_bench.utils import plugins
from vlagen_bench.utils.text import one_line


def module_of(where: str) -> Any:
    """The module: of a file if the name ends with `.py`; raises `PolicyError` where it is not, or fails."""
    return _from_file(Path(where)) if where.endswith(".py") else _from_module(where)


def without_class(path: Path) -> str:
    """The sentence for a file whose class is not named: those that it has."""
    classes = classes_of(_from_file(path))
    if not classes:
        return (
            f"The policy file {path} is given without a class, and has none with act(obs, instr). Write one, then name it: "
            f"--policy {path}:Policy"
        )
    several = f"Its classes with act(obs, instr) are {', '.join(classes)}"
    which = several if len(classes) > 1 else f"Its class is {classes[0]}"
    return f"The policy file {path} is given without a class. {which}. Name it: --policy {path}:{classes[0]}"


def classes_of(module: Any) -> list[str]:
    """The classes of a module that have a method `act`: its own; failing these, those that it imported."""
    found = {
        key: value
        for key, value in vars(module).items()
        if inspect.isclass(value) and callable(getattr(value, "act", None))
    }
    own = [key for key, value in found.items() if value.__module__ == module.__name__]
    return own or list(found)


def _from_module(name: str) -> Any:
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise PolicyError(
            f"The module {name} cannot be imported: {one_line(error)}. Is it installed, or in the current folder?"
        ) from error
    except (Exception, SystemExit) as error:
        raise PolicyError(f"The module {name} fails while it is imported: {one_line(error)}.") from error


def _from_file(path: Path) -> Any:
    if not path.is_file():
        raise PolicyError(
            f"There is no policy file {path}. Give the path of a Python file, then a colon and the class."
        )
    # A file that was included is there already; a second execution would define its axes twice.
    if (known := plugins.module_at(path)) is not None:
        return known
    name = f"vlagen_policy_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None, "a path that ends with .py has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise PolicyError(f"The policy file {path} fails while it is read: {one_line(error)}.") from error
    return module
