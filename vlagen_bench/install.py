"""How do a pack's files get onto this machine? Staged beside their place, verified, and only then renamed into it."""

import contextlib
import errno
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from rich.console import Console
from rich.progress import Progress

from vlagen_bench import packs
from vlagen_bench.errors import AssetError
from vlagen_bench.packs import Check, Pack

Advance = Callable[[], None]
Fill = Callable[[Pack, Path, Advance], None]
"""A way to get files: fills an empty staging folder with what it has of a pack, and calls `advance` after each file.

It need not check anything: what is missing or wrong in the staging folder is found, and named, afterwards. A download
would be another `Fill`, keeping half-loaded files in `paths.cache_dir()` so that it can resume.
"""

_NAMED = 5
_QUIET_S = 1.0
"""Installs that end sooner show no progress bar."""


def install(name: str, source: Path | None, console: Console | None = None) -> Check:
    """Installs pack `name` from the folder `source`, as `vlagen assets install` does.

    Raises:
        AssetError: the pack needs no install, there is no source, or see `install_from`.
    """
    pack = _installable(name)
    if source is None:
        raise AssetError(_no_download(pack))
    return install_from(name, source, console)


def install_from(name: str, source: Path, console: Console | None = None) -> Check:
    """Copies the files of pack `name` out of a folder with the pack's layout; returns what the check of them found.

    Only regular files that the manifest names are read. A complete install is left alone.

    Raises:
        AssetError: files are missing or wrong (some are named), or the install folder cannot be written. What was
            installed before stays as it was.
    """
    pack, source = _installable(name), source.expanduser()
    if not source.is_dir():
        raise AssetError(f"There is no folder {source} to install the asset pack '{name}' from.")
    return _install(pack, _copier(source), f"{source} is not a complete copy of", console)


def summary(name: str, found: Check) -> str:
    """What to tell the user after an install."""
    home, count = packs.installed_folder(name), len(packs.load(name).files)
    text = f"The asset pack '{name}' is installed in {home} ({count} files)."
    if found.stand_ins:
        text += (
            f" {len(found.stand_ins)} of them are stand-ins for upstream files, which look different: "
            f"{_some(found.stand_ins)}. To replace them, install again from a folder that has the upstream files."
        )
    return text


def _install(pack: Pack, fill: Fill, complaint: str, console: Console | None) -> Check:
    target = packs.installed_folder(pack.name)
    before = packs.check(pack, target)
    if before.ok and not before.stand_ins:
        return before
    try:
        with _staging(target) as staging, _progress(pack, console) as advance:
            fill(pack, staging, advance)
            found = packs.check(pack, staging)
            if not found.ok:
                faults = _problems(found)
                raise AssetError(f"{complaint} the asset pack '{pack.name}': {faults}. Nothing was installed.")
            if found != before:  # the same stand-ins again are no reason to disturb who reads the folder now
                _put(staging, target)
    except OSError as error:
        raise AssetError(_cannot_write(target, error)) from None
    return found


def _copier(source: Path) -> Fill:
    """Fills the staging folder from a local folder."""

    def fill(pack: Pack, staging: Path, advance: Advance) -> None:
        refused = [path for path in pack.files if _is_trick(source, path)]
        if refused:
            raise AssetError(
                f"{source} has something that is no regular file where the asset pack '{pack.name}' has files "
                f"({_some(refused)}): symbolic links and devices are not followed. Put the files themselves there."
            )
        for path in pack.files:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError), _open(source / path) as incoming:
                copy = staging / path
                copy.parent.mkdir(parents=True, exist_ok=True)
                with open(copy, "xb") as outgoing:
                    shutil.copyfileobj(incoming, outgoing)
            advance()

    return fill


def _is_trick(source: Path, path: str) -> bool:
    """Whether `path` would leave `source` or is, on its way or at its end, anything but folders and a regular file."""
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts:
        return True
    here = source
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


def _open(path: Path):
    try:
        return open(path, "rb")
    except PermissionError:
        raise AssetError(f"{path} cannot be read: permission denied. Make it readable, and install again.") from None


@contextlib.contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """A fresh folder beside `target`, so that a rename can put it there; removed if it is still there at the end."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    staging.chmod(0o755)  # mkdtemp keeps it from other users, whom an installed pack may serve
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _put(staging: Path, target: Path) -> None:
    """Renames `staging` to `target`; an older install is moved aside first, and back if that fails."""
    if not target.exists():
        staging.rename(target)
        return
    with _staging(target) as aside:
        target.rename(aside / "old")
        try:
            staging.rename(target)
        except OSError:
            (aside / "old").rename(target)
            raise


@contextlib.contextmanager
def _progress(pack: Pack, console: Console | None) -> Iterator[Advance]:
    """A progress bar over the files, shown on a terminal and only once the install takes a while."""
    progress = Progress(console=console, transient=True, disable=console is None or not console.is_terminal)
    task = progress.add_task(f"Installing {pack.name}", total=len(pack.files))
    begin = time.monotonic()

    def advance() -> None:
        if time.monotonic() - begin > _QUIET_S:
            progress.start()
        progress.advance(task)

    try:
        yield advance
    finally:
        progress.stop()


def _installable(name: str) -> Pack:
    pack = packs.load(name)
    if not pack.sources:
        raise AssetError(f"The asset pack '{name}' comes with vlagen_bench: there is nothing to install.")
    return pack


def _no_download(pack: Pack) -> str:
    origins = "; ".join(
        f"{part.prefix}/ = {'all' if part.path == '.' else part.path} of {part.repository} at {part.revision}"
        for part in pack.sources
    )
    return (
        f"Downloading the asset pack '{pack.name}' comes in a later version. Bring its files into one folder DIR "
        f"({origins}) and run: vlagen assets install {pack.name} --from DIR"
    )


def _problems(found: Check) -> str:
    said = []
    if found.missing:
        said.append(f"{len(found.missing)} missing ({_some(found.missing)})")
    if found.wrong:
        said.append(f"{len(found.wrong)} with other content than the manifest says ({_some(found.wrong)})")
    return ", ".join(said)


def _some(paths: tuple[str, ...] | list[str]) -> str:
    """The first few, and how many more."""
    rest = len(paths) - _NAMED
    return ", ".join(paths[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _cannot_write(target: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        why = "the disk is full: free some space, or name a folder on another disk in VLAGEN_ASSETS"
    else:
        reason = (error.strerror or str(error)).lower()
        why = f"{reason} ({error.filename}): make it writable, or name another folder in VLAGEN_ASSETS"
    return f"The asset pack '{target.name}' cannot be installed in {target}; {why}."
