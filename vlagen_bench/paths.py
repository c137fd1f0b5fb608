"""Where do files live? Shipped data beside the code, installed packs and caches in the user's folders."""

import os
from importlib import resources
from pathlib import Path


def tasks_dir() -> Path:
    """The folder of the shipped task and suite files."""
    return Path(str(resources.files("vlagen_bench.tasks")))


def shipped_assets_dir() -> Path:
    """The folder of the shipped packs and manifests."""
    return Path(str(resources.files("vlagen_bench.assets")))


def leaderboards_dir() -> Path:
    """The folder of the shipped leaderboard entries."""
    return Path(str(resources.files("vlagen_bench.leaderboards")))


def installed_assets_dir() -> Path:
    """Where installed packs are: `VLAGEN_ASSETS`, or the user's data folder (XDG)."""
    if override := os.environ.get("VLAGEN_ASSETS"):
        return Path(override).expanduser()
    data_home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data_home).expanduser() / "vlagen_bench" / "assets"


def cache_dir() -> Path:
    """Where things that can be made again are: `VLAGEN_CACHE`, or the user's cache folder (XDG)."""
    if override := os.environ.get("VLAGEN_CACHE"):
        return Path(override).expanduser()
    cache_home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache_home).expanduser() / "vlagen_bench"
