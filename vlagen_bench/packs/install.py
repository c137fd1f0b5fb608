"""The installation of a pack: staged beside its place, verified, and only then renamed into it."""

import contextlib
import errno
import fcntl
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TextColumn

from vlagen_bench.errors import AssetError
from vlagen_bench.packs import download, manifest, staging
from vlagen_bench.packs.download import LIMITS, DownloadItem, DownloadLimits, DownloadProgress, Unreachable
from vlagen_bench.packs.manifest import Pack, PackCheck
from vlagen_bench.utils import paths

Fill = Callable[[Pack, Path, DownloadProgress], None]
"""A way to get files: fills an empty staging folder with what it has of a pack, and calls `advance` after each file.

It need not check anything: what is missing or wrong in the staging folder is found, and named, afterwards.
"""

_NAMED = 5
_QUIET_S = 1.0
"""Installs that end sooner show no progress bar."""


def install(
    name: str,
    source: Path | None,
    console: Console | None = None,
    *,
    mirror: str | None = None,
    limits: DownloadLimits = LIMITS,
) -> PackCheck:
    """Installs pack `name`, as `vlagen assets install` does: from the folder `source`, from a mirror, or from upstream.

    Raises:
        AssetError: the pack needs no install, or see `install_from` and `install_over_http`.
    """
    if source is None:
        return install_over_http(name, console, mirror=mirror, limits=limits)
    if mirror is not None:
        raise AssetError("Files come either from a folder (--from) or from a server (--mirror): name one of them.")
    return install_from(name, source, console)


def install_from(name: str, source: Path, console: Console | None = None) -> PackCheck:
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


def install_over_http(
    name: str, console: Console | None = None, *, mirror: str | None = None, limits: DownloadLimits = LIMITS
) -> PackCheck:
    """Downloads pack `name` from where its manifest says, or from below the address `mirror`, laid out like the pack.

    What is installed already, and right, is not downloaded again. What has arrived when a download fails is kept in
    the cache folder for the next; stand-ins are not accepted. Installs that run at once take turns.

    Raises:
        AssetError: there is no connection, or files did not come (some are named, and why), or a folder cannot be
            written. What was installed before stays as it was.
    """
    pack = _installable(name)
    urls = {path: _url(pack, path, mirror) for path in pack.files}
    kept = paths.cache_dir() / "downloads" / name
    with _alone(kept, console):
        checked = _install(pack, _downloader(urls, kept, limits), "What was downloaded is not", console)
        shutil.rmtree(kept, ignore_errors=True)
    return checked


def summary(name: str, checked: PackCheck) -> str:
    """What to tell the user after an install."""
    home, count = manifest.installed_folder(name), len(manifest.load(name).files)
    text = f"The asset pack '{name}' is installed in {home} ({count} files)."
    if checked.stand_ins:
        text += (
            f" {len(checked.stand_ins)} of them are stand-ins for upstream files, which look different: "
            f"{_some(checked.stand_ins)}. To replace them by upstream's, run: vlagen assets install {name}"
        )
    return text


def _install(pack: Pack, fill: Fill, complaint: str, console: Console | None) -> PackCheck:
    target = manifest.installed_folder(pack.name)
    before = manifest.check(pack, target)
    if before.ok and not before.stand_ins:
        return before
    try:
        with staging.fresh(target) as folder, _progress(pack, console) as advance:
            fill(pack, folder, advance)
            checked = manifest.check(pack, folder)
            if not checked.ok:
                faults = _problems(checked)
                raise AssetError(f"{complaint} the asset pack '{pack.name}': {faults}. Nothing was installed.")
            if checked != before:  # the same stand-ins again are no reason to disturb who reads the folder now
                staging.put(folder, target)
    except OSError as error:
        raise AssetError(_cannot_write(pack.name, target, error, "VLAGEN_ASSETS")) from None
    return checked


def _copier(source: Path) -> Fill:
    """Fills the staging folder from a local folder."""

    def fill(pack: Pack, folder: Path, advance: DownloadProgress) -> None:
        refused = [path for path in pack.files if staging.is_trick(source, path)]
        if refused:
            raise AssetError(
                f"{source} has something that is not a regular file where the asset pack '{pack.name}' has files "
                f"({_some(refused)}): symbolic links and devices are not followed. Put the files themselves there."
            )
        for path in pack.files:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                staging.copy(source / path, folder / path)
            advance(files=1)

    return fill


def _downloader(urls: dict[str, str], kept: Path, limits: DownloadLimits) -> Fill:
    """Fills the staging folder from what is installed and, for the rest, over HTTP by way of the folder `kept`."""

    def fill(pack: Pack, folder: Path, advance: DownloadProgress) -> None:
        home = manifest.installed_folder(pack.name)
        right = [path for path, expected in pack.files.items() if manifest.is_right(home / path, expected)]
        advance(files=len(right))
        wanted = [
            DownloadItem(name=path, url=urls[path], to=kept / path, expected=expected)
            for path, expected in pack.files.items()
            if path not in right
        ]
        _fetch(pack, wanted, kept, advance, limits)
        for path in pack.files:
            staging.copy((home if path in right else kept) / path, folder / path)

    return fill


def _fetch(
    pack: Pack, wanted: list[DownloadItem], kept: Path, advance: DownloadProgress, limits: DownloadLimits
) -> None:
    others = f"from another server with --mirror URL, or from files you have with --from DIR ({_origins(pack)})"
    try:
        failed = download.download(wanted, advance, limits)
    except Unreachable as trouble:
        raise AssetError(
            f"The asset pack '{pack.name}' cannot be downloaded, because {trouble.host} cannot be reached "
            f"({trouble.why}): check the connection, or install {others}."
        ) from None
    except OSError as error:
        raise AssetError(_cannot_write(pack.name, kept, error, "VLAGEN_CACHE")) from None
    if failed:
        named = _some([f"{path} ({why})" for path, why in failed.items()])
        raise AssetError(
            f"{len(failed)} of {len(pack.files)} files of the asset pack '{pack.name}' could not be downloaded: {named}. "
            f"Nothing was installed; run the command again, which fetches only what is not in {kept} yet, "
            f"or install {others}."
        )


def _url(pack: Pack, path: str, mirror: str | None) -> str:
    """The address of a file of a pack; raises `AssetError` if the pack names none."""
    if staging.leaves(path):
        raise AssetError(f"The manifest of the asset pack '{pack.name}' names {path}, which is not a place in a pack.")
    if mirror is not None:
        return f"{_checked(mirror)}/{quote(path)}"
    for part in pack.sources:
        if part.files_url and PurePosixPath(path).is_relative_to(part.prefix):
            place = PurePosixPath(part.path) / PurePosixPath(path).relative_to(part.prefix)
            return part.files_url.replace("{revision}", quote(part.revision)).replace("{path}", quote(str(place)))
    raise AssetError(
        f"The manifest of the asset pack '{pack.name}' names no address to download {path} from. "
        f"Bring its files into one folder DIR ({_origins(pack)}) and run: vlagen assets install {pack.name} --from DIR"
    )


def _checked(mirror: str) -> str:
    try:
        address = urlsplit(mirror)
        usable = address.scheme in ("http", "https") and address.hostname and not address.username
        usable = usable and not (address.query or address.fragment) and address.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise AssetError(
            f"'{mirror}' is not an address of a mirror: it must look like https://host/folder, "
            "with the pack's files below it. Files in a local folder are installed with --from DIR."
        )
    return mirror.rstrip("/")


@contextlib.contextmanager
def _alone(kept: Path, console: Console | None) -> Iterator[None]:
    """Waits until no other process downloads into `kept`, and keeps others out."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        lock = open(kept.with_name(f"{kept.name}.lock"), "w")  # noqa: SIM115 - closed below
    except OSError as error:
        raise AssetError(_cannot_write(kept.name, kept, error, "VLAGEN_CACHE")) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if console:
                console.print(f"Waiting for another process that downloads '{kept.name}'.", markup=False)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _progress(pack: Pack, console: Console | None) -> Iterator[DownloadProgress]:
    """A progress bar over the files, shown on a terminal and only once the install takes a while."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} files{task.fields[loaded]}"),
    )
    progress = Progress(*columns, console=console, transient=True, disable=console is None or not console.is_terminal)
    task = progress.add_task(f"Installing {pack.name}", total=len(pack.files), loaded="")
    begin, loaded_bytes = time.monotonic(), 0

    def advance(*, files: int = 0, num_bytes: int = 0) -> None:
        nonlocal loaded_bytes
        loaded_bytes += num_bytes
        passed_s = time.monotonic() - begin
        if passed_s > _QUIET_S:
            progress.start()
        loaded = f", {decimal(loaded_bytes)} at {decimal(int(loaded_bytes / passed_s))}/s" if loaded_bytes else ""
        progress.update(task, advance=files, loaded=loaded)

    try:
        yield advance
    finally:
        progress.stop()


def _installable(name: str) -> Pack:
    pack = manifest.load(name)
    if not pack.sources:
        raise AssetError(f"The asset pack '{name}' comes with vlagen_bench: there is nothing to install.")
    return pack


def _origins(pack: Pack) -> str:
    return "; ".join(
        f"{part.prefix}/ = {'all' if part.path == '.' else part.path} of {part.repository} at {part.revision}"
        for part in pack.sources
    )


def _problems(checked: PackCheck) -> str:
    said = []
    if checked.missing:
        said.append(f"{len(checked.missing)} missing ({_some(checked.missing)})")
    if checked.wrong:
        said.append(f"{len(checked.wrong)} with other content than the manifest says ({_some(checked.wrong)})")
    return ", ".join(said)


def _some(paths: tuple[str, ...] | list[str]) -> str:
    """The first few, and how many more."""
    rest = len(paths) - _NAMED
    return ", ".join(paths[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _cannot_write(name: str, folder: Path, error: OSError, variable: str) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        why = f"the disk is full: free some space, or name a folder on another disk in {variable}"
    else:
        reason = (error.strerror or str(error)).lower()
        why = f"{reason} ({error.filename}): make it writable, or name another folder in {variable}"
    return f"The asset pack '{name}' cannot be installed in {folder}; {why}."
