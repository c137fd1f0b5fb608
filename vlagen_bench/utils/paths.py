"""The places of files: shipped data beside the code, installed packs and caches in the user's folders."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from vlagen_bench.errors import AssetError

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
        return Path(override).expanduser()
    data_home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data_home).expanduser() / "vlagen_bench" / "assets"


def cache_dir() -> Path:
    """The folder of regenerable files: `VLAGEN_CACHE`, or the user's cache folder (XDG)."""
    if override := os.environ.get("VLAGEN_CACHE"):
        return Path(override).expanduser()
    cache_home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache_home).expanduser() / "vlagen_bench"


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
