"""Writes that survive the end of the machine."""

import os
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """The file has its former content or this one, whatever happens."""
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    sync(partial)
    os.replace(partial, path)


def sync(path: Path) -> None:
    """Puts a file, or the names in a folder, on the disk for good."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
