"""The endings of commands: errors as sentences without tracebacks, and the exit codes."""

import sys
from collections.abc import Callable
from pathlib import Path

from vlagen_bench import __version__
from vlagen_bench.errors import ConfigError, VlagenError
from vlagen_bench.utils.console import console
from vlagen_bench.utils.text import split_names

__all__ = [
    "INCOMPLETE", "INTERRUPTED", "OK", "USER_ERROR", "console", "exit_with", "key_values", "say", "split_names", "version",
    "write_new",
]  # fmt: skip

OK, INCOMPLETE, USER_ERROR, INTERRUPTED = 0, 1, 2, 130


def exit_with(command: Callable[[], int | None]) -> None:
    """Runs a command and leaves the process with its code, or with a sentence and code 2."""
    try:
        code = command()
    except VlagenError as error:
        print(f"error: {error}", file=sys.stderr)
        code = USER_ERROR
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        code = INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        code = OK
    except OSError as error:
        if error.filename is None:
            raise  # not about a file that the user named, so a bug: it keeps its traceback
        print(f"error: {error.filename}: {error.strerror}. Choose another place with --out.", file=sys.stderr)
        code = USER_ERROR
    sys.exit(code or OK)


def version() -> str:
    """What `--version` says."""
    return f"vlagen_bench {__version__}"


def key_values(items: tuple[str, ...]) -> dict[str, str]:
    """`("a=1",)` as {"a": "1"}; raises `ConfigError` for what is not KEY=VALUE."""
    for item in items:
        if "=" not in item:
            raise ConfigError(f"--policy-args: '{item}' is not KEY=VALUE.")
    return dict(item.split("=", 1) for item in items)


def say(text: str) -> None:
    """Prints a sentence as it is, in one line however long."""
    console().print(text, markup=False, soft_wrap=True)


def write_new(path: Path, data: bytes) -> None:
    """Writes a file that does not exist yet; raises `ConfigError` if it does."""
    try:
        with open(path, "xb") as file:
            file.write(data)
    except FileExistsError:
        raise ConfigError(f"{path} exists already, and is not written over. Name another file: --out FILE") from None
