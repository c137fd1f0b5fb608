"""The lock of a run folder: held on `episodes.jsonl` itself, so that nobody can remove it and leave the results there."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from vlagen_bench.errors import RunError
from vlagen_bench.runs.episodes import RESTORE

TRIES = 3
"""how often a file is opened that was replaced before it could be locked"""


@contextmanager
def locked(path: Path) -> Iterator[Callable[[], None]]:
    """Holds a file, which is made if it is not there; gives the check that it is still the one at that path.

    Raises:
        RunError: another process holds it, or it cannot be locked. The check: it was removed or replaced meanwhile.
        OSError: it cannot be opened.
    """
    for _ in range(TRIES):
        descriptor = _open(path)
        try:
            _lock(descriptor, path)
            if _is_at(descriptor, path):
                yield partial(_check, descriptor, path)
                return
        finally:
            # Not by closing alone: a process that the policy forked holds the file open, too.
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)
    raise RunError(f"{path} is replaced again and again. Choose another folder: --out DIR")


def _check(descriptor: int, path: Path) -> None:
    if not _is_at(descriptor, path):
        raise RunError(
            f"{path} was removed or replaced while this run wrote it, so that another run may have begun there: this one "
            f"ends. Choose another folder: --out DIR"
        )


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    except IsADirectoryError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}. {RESTORE}") from None


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunError(
            f"Another process is writing {path.parent}. Wait for it, or choose another folder: --out DIR"
        ) from None
    except OSError as error:  # some network file systems have no locks
        raise RunError(
            f"{path.parent} cannot be locked ({error.strerror}), so that two runs could mix there. Choose a folder on "
            f"another file system: --out DIR"
        ) from None


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
