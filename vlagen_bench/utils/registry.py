"""A registry of named things that refuses duplicates and suggests the nearest name."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from vlagen_bench.errors import ConfigError, UnknownName, unknown
from vlagen_bench.utils import plugins

T = TypeVar("T")


class Registry(Generic[T]):
    """Name -> thing. Filled by imports; plug-ins are imported before the first look-up."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._entries: dict[str, T] = {}
        self._hidden: set[str] = set()

    def add(self, name: str, entry: T, *, hidden: bool = False) -> None:
        """Registers `entry`, which is found by name alone if it is `hidden`; raises `ConfigError` that names both origins if the name is taken."""
        if name in self._entries:
            first, second = (plugins.origin_of(one) for one in (self._entries[name], entry))
            where = f"in {first}" if first == second else f"by {first} and by {second}"
            raise ConfigError(f"The {self._what} '{name}' is defined twice, {where}. Rename one of them.")
        self._entries[name] = entry
        if hidden:
            self._hidden.add(name)
        plugins.added(
            (lambda: None) if plugins.is_shipped(entry) else lambda: self._entries.pop(name, None),
            getattr(entry, "__module__", ""),
        )

    def get(self, name: str) -> T:
        """The entry; raises `ConfigError` with the nearest names if it does not exist."""
        plugins.load()
        if name not in self._entries:
            raise UnknownName(unknown(self._what, name, self._entries))
        return self._entries[name]

    def names(self) -> tuple[str, ...]:
        """Those that are not hidden."""
        plugins.load()
        return tuple(sorted(self._entries.keys() - self._hidden))

    def __iter__(self) -> Iterator[T]:
        return (self._entries[name] for name in self.names())

    def __contains__(self, name: str) -> bool:
        plugins.load()
        return name in self._entries
