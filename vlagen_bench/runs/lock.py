"""The lock of a run folder: held on `episodes.jsonl` itself, so that nobody can remove it and leave the results there."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from vlagen_bench.errors import RunError
from vlagen_bench.runs.episodes import RESTORE
from vlagen_bench.utils.processes import is_ending

TRIES = 3
"""how often a file is opened that was replaced before it could be locked"""
PATIENCE_S = 0.5
"""how long a held lock is waited for: a process that is killed is, for a moment, not known as one that ends"""
ENDING_S = 60.0
"""how long a process that is ending is waited for; 14 s were measured where ten others shared its two cores"""


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
    since = time.monotonic()
    try:
        while not _is_free(descriptor, since):
            time.sleep(0.02)
    except BlockingIOError:
        raise RunError(
            f"Another process is writing {path.parent}. Wait for it, or choose another folder: --out DIR"
        ) from None
    except OSError as error:  # some network file systems have no locks
        raise RunError(
            f"{path.parent} cannot be locked ({error.strerror}), so that two runs could mix there. Choose a folder on "
            f"another file system: --out DIR"
        ) from None


def _is_free(descriptor: int, since: float) -> bool:
    """It was free, and is held now; not, as long as a process that was killed still holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waited_s = time.monotonic() - since
        if waited_s <= (ENDING_S if any(map(is_ending, _holders(descriptor))) else PATIENCE_S):
            return False
        # Who held it may have ended before it was looked for, so that it was not found: if not, this raises.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True


def _holders(descriptor: int) -> list[int]:
    """The processes that have locked the file, by its inode: the device has another number there on some file systems."""
    inode = str(os.fstat(descriptor).st_ino)
    try:
        rows = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    except OSError:
        return []
    return [int(row[4]) for row in rows if row[1] == "FLOCK" and row[5].rpartition(":")[2] == inode]


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
