"""Who made a page: each page that a command writes says so, and no other page is written over."""

from pathlib import Path

from vlagen_bench.errors import ConfigError

GENERATOR = '<meta name="generator" content="vlagen_bench">'
"""stands in the head of every page of this package"""


def check_ours(path: Path) -> None:
    """Raises `ConfigError` where there is something at this path that no command of this package wrote."""
    if not path.exists():
        return
    if not path.is_file() or GENERATOR not in path.read_text(encoding="utf-8", errors="replace"):
        raise ConfigError(
            f"{path} exists already, and is no page of vlagen_bench: it is not written over. Remove it, or choose another place."
        )
