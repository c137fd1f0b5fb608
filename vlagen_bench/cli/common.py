"""The endings of commands: errors as sentences without tracebacks, and the exit codes."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from vlagen_bench import __version__
from vlagen_bench.errors import ConfigError, VlagenError
from vlagen_bench.utils import surface
from vlagen_bench.utils.console import OUTPUT, complain, console
from vlagen_bench.utils.signals import Terminated, deaf, deaf_on_the_way_out
from vlagen_bench.utils.text import shown, split_names

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "INCOMPLETE", "INTERRUPTED", "OK", "TERMINATED", "UNWRITTEN", "USER_ERROR", "console", "ending", "exit_with", "key_values", "say",
    "split_names", "version", "write_new",
]  # fmt: skip

OK, INCOMPLETE, USER_ERROR, UNWRITTEN, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 130, 143


def exit_with(command: Callable[[], int | None]) -> NoReturn:
    """Runs a command and leaves the process with its code, or with a sentence and code 2.

    Where all went well, but standard output could not be written, the code is 3; not where its reader closed the pipe.
    """
    OUTPUT.take_over()
    try:
        with surface.command_line():
            code = command()
    except VlagenError as error:
        complain(f"error: {error}")
        code = USER_ERROR
    except KeyboardInterrupt as error:
        with deaf():
            complain(ending(error))
        code = TERMINATED if isinstance(error, Terminated) else INTERRUPTED
    except OSError as error:
        if error.filename is None:
            raise  # not about a file that the user named, so a bug: it keeps its traceback
        complain(f"error: {shown(error.filename)}: {error.strerror}. Choose another place with --out.")
        code = USER_ERROR
    OUTPUT.flush()
    unwritten = OUTPUT.lost is not None and not isinstance(OUTPUT.lost, BrokenPipeError)
    deaf_on_the_way_out()
    sys.exit(code or (UNWRITTEN if unwritten else OK))


def ending(error: BaseException) -> str:
    """Who ended a command before it was done."""
    return "Ended by SIGTERM." if isinstance(error, Terminated) else "Interrupted."


def version() -> str:
    """What `--version` says."""
    return f"vlagen_bench {__version__}"


def key_values(items: tuple[str, ...]) -> dict[str, str]:
    """`("a=1",)` as {"a": "1"}; raises `ConfigError` for what is not KEY=VALUE."""
    for item in items:
        if "=" not in item:
            raise ConfigError(f"--policy-args: '{item}' is not KEY=VALUE.")
    return dict(item.split("=", 1) for item in items)


def say(text: str, to: "Console | None" = None) -> None:
    """Prints a sentence as it is, in one line however long; on a console of its own, unless one is given."""
    (to or console()).print(text, markup=False, soft_wrap=True)


def write_new(path: Path, data: bytes) -> None:
    """Writes a file that does not exist yet; raises `ConfigError` if it does."""
    try:
        with open(path, "xb") as file:
            file.write(data)
    except FileExistsError:
        raise ConfigError(f"{path} exists already, and is not written over. Name another file: --out FILE") from None
