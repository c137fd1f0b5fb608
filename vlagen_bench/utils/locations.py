"""Places with tasks, suites, packs and Python code: the shipped ones, and folders, packages and files of users."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from vlagen_bench.errors import ConfigError
from vlagen_bench.utils import paths
from vlagen_bench.utils.parsing import load_yaml

Kind = Literal["task", "suite", "pack"]
KINDS: tuple[Kind, ...] = ("task", "suite", "pack")
PATTERNS: Mapping[Kind, str] = MappingProxyType(
    {"task": "tasks/*.yaml", "suite": "tasks/suites/*.yaml", "pack": "assets/*/pack.yaml"}
)
CODE_FOLDERS = ("axes", "tasks")
"""folders whose Python files are imported"""
LARGEST_BYTES, MOST_FILES = 10_000_000, 20_000
"""of a place's content: files that are hashed whole, and how many there may be"""
SHIPPED = "vlagen_bench itself"
"""how a sentence names what ships with this package"""


@dataclass(frozen=True, kw_only=True)
class Location:
    """A place outside the package: a folder, a Python package or file, or the file of a task or a suite."""

    given: str
    """as the user gave it"""
    path: Path
    """absolute"""
    module: str | None = None
    """the name that it is imported under, if that is a name which others can import"""
    distribution: str | None = None
    """`mine 1.0`: the installed distribution whose entry point gave it"""

    @property
    def origin(self) -> str:
        """How a sentence names it."""
        if self.distribution is not None:
            return f"the package {self.distribution}"
        return self.given if self.given == str(self.path) else f"{self.given} ({self.path})"

    def files(self, kind: Kind) -> dict[str, Path]:
        """Name -> file of its tasks, suites or packs."""
        if self.path.suffix in (".yaml", ".yml"):
            return {self.path.stem: self.path} if kind == yaml_kind(self.path) else {}
        if not self.path.is_dir():
            return {}
        return {_name(kind, path): path for path in sorted(self.path.glob(PATTERNS[kind]))}

    def modules(self) -> Iterator[Path]:
        """Its Python files that define axes and task families."""
        for folder in CODE_FOLDERS if self.path.is_dir() else ():
            yield from (path for path in sorted((self.path / folder).glob("*.py")) if not path.name.startswith("_"))

    def holds(self, path: Path) -> bool:
        """Whether the file is, or lies in, this place."""
        return path == self.path or (self.path.is_dir() and path.is_relative_to(self.path))

    def content_sha256(self) -> str:
        """The hash of all its files, since code may read any of them; of a file over `LARGEST_BYTES`, of its size.

        Not of its tasks and suites, which have a hash each.

        Raises:
            ConfigError: there are more than `MOST_FILES`, or one cannot be read.
        """
        digest = hashlib.sha256()
        root = self.path if self.path.is_dir() else self.path.parent
        apart = {*self.files("task").values(), *self.files("suite").values()}
        for path in sorted(set(self.content()) - apart):
            try:
                size = path.stat().st_size
                said = sha256(path) if size <= LARGEST_BYTES else f"{size} bytes"
            except OSError as error:
                raise ConfigError(
                    f"{path} cannot be read ({error.strerror}), and is part of what is included with {self.given}. Make "
                    f"it readable, or move it out of that folder."
                ) from None
            digest.update(f"{path.relative_to(root).as_posix()}\0{said}\n".encode(errors="surrogateescape"))
        return digest.hexdigest()

    def content(self) -> Iterator[Path]:
        """Its files, except hidden ones, `__pycache__`, virtual environments and run folders.

        Raises:
            ConfigError: there are more than `MOST_FILES`.
        """
        if not self.path.is_dir():
            yield self.path
            return
        number = 0
        for folder, names, files in os.walk(self.path):
            names[:] = [name for name in names if not name.startswith(".") and not _is_apart(Path(folder, name))]
            for path in (
                Path(folder, name) for name in files if not name.startswith(".") and not name.endswith(".pyc")
            ):
                if not path.is_file():  # a socket, or a link to nothing
                    continue
                number += 1
                if number > MOST_FILES:
                    raise ConfigError(
                        f"{self.given} ({self.path}) holds more than {MOST_FILES:,} files. Include a folder that holds "
                        f"only what is yours to be used."
                    )
                yield path


def _is_apart(folder: Path) -> bool:
    """Whether a folder is no part of the place that it lies in: what Python keeps, or a run, which grows."""
    run = (folder / "header.json").exists() and (folder / "plan.json").exists()
    return run or folder.name == "__pycache__" or (folder / "pyvenv.cfg").exists()


def yaml_kind(path: Path) -> Kind | None:
    """What a YAML file describes: a task has a scene, a suite has a task."""
    content = load_yaml(path)
    if not isinstance(content, dict):
        return None
    return "task" if "scene" in content else "suite" if "task" in content else None


def shipped(kind: Kind) -> dict[str, Path]:
    """Name -> file of what ships with this package."""
    folders = {"task": paths.tasks_dir(), "suite": paths.tasks_dir() / "suites", "pack": paths.shipped_assets_dir()}
    pattern = PATTERNS[kind].split("/", 1)[1].removeprefix("suites/")
    return {_name(kind, path): path for path in sorted(folders[kind].glob(pattern))}


def _name(kind: Kind, path: Path) -> str:
    return path.parent.name if kind == "pack" else path.stem


def sha256(path: Path) -> str:
    """The hash of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
