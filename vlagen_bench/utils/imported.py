"""The source files of a policy or a task: its own, and those that it imports which are neither Python's nor installed packages."""

import ast
import hashlib
import site
import sys
import sysconfig
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from weakref import WeakKeyDictionary

INSTALLED = ("site-packages", "dist-packages")
PRODUCT = Path(__file__).resolve().parents[1]
"""vlagen_bench itself, whose version is recorded"""
_hashes: WeakKeyDictionary[ModuleType, str] = WeakKeyDictionary()
"""what a module's file held when it was first looked at: a later edit does not change code that is loaded"""
_imported: WeakKeyDictionary[ModuleType, tuple[str, ...]] = WeakKeyDictionary()
"""what its import statements named then"""


class SourceFiles:
    """The files of the code that starts with some modules."""

    def __init__(self, start: Iterable[str], before: Collection[str] | None = None, *, unloaded: bool = False) -> None:
        """Looks at nothing yet.

        Args:
            start: names of modules: of the class that it is about, and of those that it inherits from.
            before: names of the modules that were there before the policy was loaded; others in its folder are its own, too,
                however they are imported. None: only import statements are followed.
            unloaded: whether files count that import statements name and that nobody has imported yet, as where one stands in
                a function. Then what is found is the same before and after the code has run.
        """
        self._unloaded = unloaded
        self._start = [name for name in dict.fromkeys(start) if name in sys.modules]
        self._before = None if before is None else frozenset(before)
        first = next((file for name in self._start if (file := _file(sys.modules[name])) is not None), None)
        self.root = None if first is None else _root(first)
        """the folder that names are relative to; None: no module has a file"""
        self._folder = None if first is None else _own_folder(first.parent.resolve() / first.name)
        self.first = None if first is None else self._name(first)
        """the name of the first of the files that `start` names"""
        self._count = -1
        self._known: dict[str, str] = {}

    def hashes(self) -> dict[str, str]:
        """Name -> SHA-256 of every file that is imported by now."""
        if len(sys.modules) != self._count:
            self._count = len(sys.modules)
            for file, digest in self._files():
                self._known.setdefault(self._name(file), digest)
        return dict(self._known)

    def _files(self) -> Iterator[tuple[Path, str]]:
        waiting, seen = list(self._start), set[str]()
        if self._before is not None:
            waiting += [name for name in list(sys.modules) if name not in self._before and self._is_beside(name)]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            module = sys.modules.get(name)
            loaded = module if isinstance(module, ModuleType) else None
            file = self._not_loaded(name) if loaded is None else _file(loaded)
            if file is None or not self._is_own(file):
                continue
            digest = sha256(file) if loaded is None else _hash(loaded, file)
            if digest is not None:
                yield file, digest
            waiting += _imports(_package(name, file), file) if loaded is None else _imported_by(loaded, file)

    def _not_loaded(self, name: str) -> Path | None:
        """The file that a module would be loaded from; nothing is imported for that."""
        parts = name.split(".")
        if not self._unloaded or self.root is None or not all(part.isidentifier() for part in parts):
            return None
        for folder in (self.root, *(Path(one).absolute() for one in sys.path)):
            for file in (folder.joinpath(*parts, "__init__.py"), folder.joinpath(*parts[:-1], f"{parts[-1]}.py")):
                if file.is_file():
                    return file
        return None

    def _is_beside(self, name: str) -> bool:
        module = sys.modules.get(name)
        file = _file(module) if name != "__main__" and isinstance(module, ModuleType) else None
        return file is not None and self._is_in_folder(file)

    def _is_in_folder(self, file: Path) -> bool:
        # A link in the folder is of the folder, wherever it leads to.
        places = (file, file.parent.resolve() / file.name)
        return self._folder is not None and any(place.is_relative_to(self._folder) for place in places)

    def _is_own(self, file: Path) -> bool:
        if file.resolve().is_relative_to(PRODUCT):
            return False
        return not _is_library(file.resolve()) or (
            self._folder is not None and _is_library(self._folder) and self._is_in_folder(file)
        )

    def _name(self, file: Path) -> str:
        folders = () if self.root is None else (self.root, self.root.resolve())
        folder = next((one for one in folders if file.is_relative_to(one)), _root(file))
        return file.relative_to(folder).as_posix()


def on_disk(root: Path, name: str) -> str | None:
    """The hash of a source file by its name, imported or not; None where there is none.

    Args:
        root: `SourceFiles.root`.
        name: as in `SourceFiles.hashes`.
    """
    return next((sha256(folder / name) for folder in (root, *map(Path, sys.path)) if (folder / name).is_file()), None)


def sha256(path: Path) -> str | None:
    """The hash of a file's content; None where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _hash(module: ModuleType, file: Path) -> str | None:
    if module not in _hashes and (digest := sha256(file)) is not None:
        _hashes[module] = digest
    return _hashes.get(module)


def _file(module: ModuleType) -> Path | None:
    """Where it was loaded from, links as they are: one that leads elsewhere tomorrow is another file of the same name."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return None
    path = Path(file).absolute()
    return path if path.is_file() else None  # a notebook's cells name a file that is not there


def _root(file: Path) -> Path:
    """The folder that a file is imported from: above all packages that it is in."""
    folder = file.parent
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        folder = folder.parent
    return folder


def _own_folder(file: Path) -> Path:
    """Where files are a policy's own: its folder; of an installed package that package alone."""
    root = _root(file)
    return root / file.relative_to(root).parts[0] if _is_library(file) else root


def _is_library(file: Path) -> bool:
    """Whether it is Python's own, or installed."""
    return any(part in INSTALLED for part in file.parts) or any(file.is_relative_to(folder) for folder in _libraries())


@cache
def _libraries() -> tuple[Path, ...]:
    folders = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return tuple(Path(folder).resolve() for folder in (*folders, *site.getsitepackages(), site.getusersitepackages()))


def _imported_by(module: ModuleType, file: Path) -> tuple[str, ...]:
    if module not in _imported:
        _imported[module] = tuple(_imports(getattr(module, "__package__", None) or "", file))
    return _imported[module]


def _package(name: str, file: Path) -> str:
    """The package that a module is in, or is."""
    return name if file.name == "__init__.py" else name.rpartition(".")[0]


def _imports(package: str, file: Path) -> Iterator[str]:
    """Names of the modules that its import statements may have loaded, wherever they stand in it."""
    if file.suffix != ".py":
        return
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError, RecursionError):  # edited meanwhile
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_parents(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = _base(package, node)
            yield from _with_parents(base)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _base(package: str, node: ast.ImportFrom) -> str:
    """The absolute name of what a statement imports from."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _with_parents(name: str) -> Iterator[str]:
    """A module's name, and those of the packages that it is in."""
    parts = name.split(".")
    return (".".join(parts[:end]) for end in range(len(parts), 0, -1))
