"""The surface in use, the command line or Python: a sentence tells its reader what he can write there."""

from collections.abc import Iterator
from contextlib import contextmanager


class _State:
    """What this process knows of its user."""

    commands = 0
    """how many commands are going on, one inside the other"""


@contextmanager
def command_line() -> Iterator[None]:
    """In the block, whoever reads an error has typed a command."""
    _State.commands += 1
    try:
        yield
    finally:
        _State.commands -= 1


def way(option: str, code: str) -> str:
    """An option where a command is going on, and else the code that does the same."""
    return option if _State.commands else code


def include(place: str) -> str:
    """How a place outside the package is made known."""
    return way(f"--include {place}", f"vlagen_bench.register_path({place!r})")


def hint() -> str:
    """What to do where a name is not known that may be the user's own."""
    return f" Is it your own? Then include where it is: {include('FOLDER')}"
