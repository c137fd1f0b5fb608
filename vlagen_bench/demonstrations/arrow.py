"""The package that reads and writes Parquet files, loaded where it is needed."""

from typing import Any

from vlagen_bench.errors import ConfigError
from vlagen_bench.utils import installing


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


def _missing(error: ModuleNotFoundError) -> ConfigError:
    return ConfigError(installing.lacking("A dataset of demonstrations", error.name, "train"))
