"""The check that a place from outside the package holds something that can be used."""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from vlagen_bench.errors import ConfigError
from vlagen_bench.utils.locations import KINDS, Location

HOLDS = (
    "A place holds axes/*.py, tasks/*.py, tasks/*.yaml, tasks/suites/*.yaml, assets/NAME/pack.yaml, or Python files with "
    "policies or with tasks of ManiSkill."
)
DEFINES = re.compile(r"^@(?:\w+\.)*(?:axis|family)\b", re.MULTILINE)
"""a line above the class of an axis or a family"""
OURS = re.compile(r"\bvlagen_bench\b|\bdef act\b|^@(?:\w+\.)*register_env\b", re.MULTILINE)
"""what a Python file says that was written for this package, or registers a task with ManiSkill"""


def check(location: Location, registered: Iterable[str]) -> None:
    """Raises `ConfigError` for a place that holds nothing, and says what a place must hold.

    Args:
        location: the place, whose code was imported.
        registered: the names of modules that registered an axis or a family.
    """
    if any(location.files(kind) for kind in KINDS) or any(location.modules()):
        return
    files = (getattr(sys.modules.get(name), "__file__", None) for name in registered)
    if any(location.holds(Path(file).resolve()) for file in files if file):
        return
    if location.module is not None:
        if not _plays(location.module) and not any(OURS.search(_text(path)) for path in _python(location)):
            raise ConfigError(f"The module {location.given} holds nothing for vlagen_bench. {HOLDS}")
        return
    if astray := [path for path in sorted(location.path.glob("*.py")) if DEFINES.search(_text(path))]:
        raise ConfigError(
            f"{astray[0]} defines an axis or a family, but does not lie in a folder axes/ or tasks/ of {location.given}. "
            f"Include the folder that axes/ or tasks/ is in: {location.path.parent}. {HOLDS}"
        )
    if not any(_python(location)):
        raise ConfigError(f"The folder {location.given} ({location.path}) holds nothing for vlagen_bench. {HOLDS}")


def _python(location: Location) -> Iterator[Path]:
    return (path for path in location.content() if path.suffix == ".py")


def _plays(module: str) -> bool:
    """Whether a module has a policy, which may take all of it from a class that lies elsewhere."""
    return any(callable(getattr(thing, "act", None)) for thing in vars(sys.modules[module]).values())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
