"""A registry of named things that refuses duplicates and suggests the nearest name."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from vlagen_bench.errors import ConfigError, unknown

T = TypeVar("T")


class Registry(Generic[T]):
    """Name -> thing, filled at import and read-only afterwards."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._entries: dict[str, T] = {}

    def add(self, name: str, entry: T) -> None:
        """Registers `entry`; raises `ConfigError` if the name is taken."""
        if name in self._entries:
            raise ConfigError(f"The {self._what} '{name}' is defined twice.")
        self._entries[name] = entry

    def get(self, name: str) -> T:
        """The entry; raises `ConfigError` with the nearest names if it does not exist."""
        if name not in self._entries:
            raise ConfigError(unknown(self._what, name, self._entries))
        return self._entries[name]

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._entries))

    def __iter__(self) -> Iterator[T]:
        return (self._entries[name] for name in self.names())

    def __contains__(self, name: str) -> bool:
        return name in self._entries
