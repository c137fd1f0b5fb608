"""The places of files: shipped data beside the code, installed packs and caches in the user's folders."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from vlagen_bench.errors import AssetError, ConfigError

PACKAGE = Path(__file__).resolve().parents[1]


def tasks_dir() -> Path:
    """The folder of the shipped task and suite files."""
    return _data_dir("tasks")


def shipped_assets_dir() -> Path:
    """The folder of the shipped packs and manifests."""
    return _data_dir("assets")


def leaderboards_dir() -> Path:
    """The folder of the shipped leaderboard entries."""
    return _data_dir("leaderboards")


def _data_dir(name: str) -> Path:
    # A wheel carries the folder inside the package; a checkout has it beside the package.
    inside = PACKAGE / "data" / name
    return inside if inside.is_dir() else PACKAGE.parent / name


def installed_assets_dir() -> Path:
    """The folder of installed packs: `VLAGEN_ASSETS`, or the user's data folder (XDG)."""
    if override := os.environ.get("VLAGEN_ASSETS"):
        return _expanded(override)
    data_home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return _expanded(data_home) / "vlagen_bench" / "assets"


def cache_dir() -> Path:
    """The folder of regenerable files: `VLAGEN_CACHE`, or the user's cache folder (XDG)."""
    if override := os.environ.get("VLAGEN_CACHE"):
        return _expanded(override)
    cache_home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return _expanded(cache_home) / "vlagen_bench"


def _expanded(folder: str) -> Path:
    try:
        return Path(folder).expanduser()
    except RuntimeError:
        raise ConfigError(
            f"There is no home folder here, so that {folder} is no place: HOME is not set, and no user {os.getuid()} is known. "
            f"Set VLAGEN_CACHE and VLAGEN_ASSETS to folders that are yours to write, such as /tmp/vlagen/cache and "
            f"/tmp/vlagen/assets."
        ) from None


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.is_dir())


def made_once(folder: Path, write: Callable[[Path], None]) -> Path:
    """A folder of the cache: its first user lets `write` fill it, and it appears whole or not at all."""
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AssetError(
            f"Nothing can be kept in the cache folder {folder.parent} ({error.strerror}). Set VLAGEN_CACHE to one that is "
            "yours to write."
        ) from None
    with tempfile.TemporaryDirectory(dir=folder.parent) as staging:
        write(Path(staging))
        # Two processes may get here at once: the first rename wins, and both results are the same.
        try:
            os.rename(staging, folder)
            os.mkdir(staging)
        except OSError:
            if not folder.is_dir():
                raise
    return folder
