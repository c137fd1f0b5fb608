"""The endings of commands: errors as sentences without tracebacks, and the exit codes."""

import sys
from collections.abc import Callable

from vlagen_bench import __version__
from vlagen_bench.errors import ConfigError, VlagenError
from vlagen_bench.utils.console import console
from vlagen_bench.utils.signals import Terminated
from vlagen_bench.utils.text import split_names

__all__ = [
    "INCOMPLETE", "INTERRUPTED", "OK", "TERMINATED", "USER_ERROR", "console", "ending", "exit_with", "key_values", "split_names", "version",
]  # fmt: skip

OK, INCOMPLETE, USER_ERROR, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143


def exit_with(command: Callable[[], int | None]) -> None:
    """Runs a command and leaves the process with its code, or with a sentence and code 2."""
    try:
        code = command()
    except VlagenError as error:
        print(f"error: {error}", file=sys.stderr)
        code = USER_ERROR
    except KeyboardInterrupt as error:
        print(ending(error), file=sys.stderr)
        code = TERMINATED if isinstance(error, Terminated) else INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        code = OK
    except OSError as error:
        if error.filename is None:
            raise  # not about a file that the user named, so a bug: it keeps its traceback
        print(f"error: {error.filename}: {error.strerror}. Choose another place with --out.", file=sys.stderr)
        code = USER_ERROR
    sys.exit(code or OK)


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
