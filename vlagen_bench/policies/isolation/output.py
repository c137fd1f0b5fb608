"""The printed output of an isolated policy: its first megabytes, in one file."""

from contextlib import suppress
from pathlib import Path

MOST_BYTES = 10 * 2**20
NO_MORE = b"\n[more than that is not kept]\n"


class Output:
    """Takes what is printed; keeps it in memory until there is a file for it."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._room, self._waiting = most_bytes, bytearray()
        self._path: Path | None = None

    def add(self, printed: bytes) -> None:
        """Takes it, as far as there is room."""
        if self._room <= 0:
            return
        kept = printed[: self._room]
        self._room -= len(kept)
        self._waiting += kept if self._room > 0 else kept + NO_MORE
        self._write()

    def keep_in(self, path: Path) -> None:
        """Puts it at the end of this file from now on; one that is full already stays as it is."""
        self._path = path.absolute()
        with suppress(OSError):
            self._room -= path.stat().st_size
        if self._room <= 0:
            self._waiting.clear()
        self._write()

    @property
    def tail(self) -> str:
        """The end of what is not in a file yet."""
        return self._waiting[-2000:].decode(errors="replace").strip()

    def _write(self) -> None:
        if self._path is None or not self._waiting:
            return
        # A full disk ends the run elsewhere, with a sentence: where its results are written.
        with suppress(OSError), open(self._path, "ab") as file:
            file.write(self._waiting)
        self._waiting.clear()
