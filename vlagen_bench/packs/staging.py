"""Staging folders of installs: filled beside their place, then renamed into it."""

import contextlib
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from vlagen_bench.errors import AssetError

_LEFTOVER_S = 24 * 3600.0
"""Staging folders that are older were left by installs that were killed."""


def copy(original: Path, copy: Path) -> None:
    """Copies a file to where none is yet."""
    with _open(original) as incoming:
        copy.parent.mkdir(parents=True, exist_ok=True)
        with open(copy, "xb") as outgoing:
            shutil.copyfileobj(incoming, outgoing)


def leaves(path: str) -> bool:
    """Whether `path` points out of the folder that it is relative to."""
    return path.startswith("/") or ".." in PurePosixPath(path).parts


def is_trick(source: Path, path: str) -> bool:
    """Whether `path` would leave `source` or is, on its way or at its end, anything but folders and a regular file."""
    if leaves(path):
        return True
    parts, here = PurePosixPath(path).parts, source
    for depth, part in enumerate(parts, start=1):
        here = here / part
        try:
            mode = here.lstat().st_mode
        except OSError:
            return False  # missing, which the check of the staging folder reports
        allowed = stat.S_ISREG if depth == len(parts) else stat.S_ISDIR
        if not allowed(mode):
            return True
    return False


def _open(path: Path) -> BinaryIO:
    try:
        return open(path, "rb")
    except PermissionError:
        raise AssetError(f"{path} cannot be read: permission denied. Make it readable, and install again.") from None


@contextlib.contextmanager
def fresh(target: Path) -> Iterator[Path]:
    """A fresh folder beside `target`, so that a rename can put it there; removed if it is still there at the end."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for other in target.parent.glob(f".{target.name}-*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - other.stat().st_mtime > _LEFTOVER_S:
                shutil.rmtree(other, ignore_errors=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    staging.chmod(0o755)  # mkdtemp keeps it from other users, whom an installed pack may serve
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def put(staging: Path, target: Path) -> None:
    """Renames `staging` to `target`; an older install is moved aside first, and back if that fails."""
    if not target.exists():
        staging.rename(target)
        return
    with fresh(target) as aside:
        target.rename(aside / "old")
        try:
            staging.rename(target)
        except OSError:
            (aside / "old").rename(target)
            raise
