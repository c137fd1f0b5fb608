"""The package that reads and writes Parquet files, loaded where it is needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.utils import installing
from vlagen_bench.utils.text import one_line


def arrow() -> Any:
    """`pyarrow`; raises `ConfigError` with the command that installs it."""
    try:
        import pyarrow
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    return pyarrow


def parquet() -> Any:
    """`pyarrow.parquet`; raises `ConfigError` with the command that installs it."""
    try:
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    return pyarrow.parquet


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """In the block, a file of a dataset is read; raises `RunError` where it is gone or damaged."""
    try:
        yield
    except (OSError, arrow().ArrowException) as error:
        raise RunError(
            f"{path} is gone or damaged ({one_line(error)}). Restore it, or collect into another folder: --out DIR"
        ) from None


def _missing(error: ModuleNotFoundError) -> ConfigError:
    return ConfigError(installing.lacking("A dataset of demonstrations", error.name, "train"))
