"""SIGTERM as the end in order that Ctrl-C is, told apart by its exception."""

import atexit
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

ENDING = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """SIGTERM came, by which batch systems and containers end a run."""


def terminate(signum: int, frame: FrameType | None) -> NoReturn:
    """The handler: raises `Terminated`."""
    raise Terminated


def end_in_order() -> None:
    """Lets SIGTERM raise, whatever this process was started with; a shell starts background jobs deaf to SIGINT."""
    signal.signal(signal.SIGTERM, terminate)


@contextmanager
def deaf() -> Iterator[None]:
    """In the block, SIGINT and SIGTERM do nothing: the process is ending already, and says so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def deaf_on_the_way_out() -> None:
    """Once the interpreter takes itself down, SIGINT and SIGTERM do nothing: what others do then, such as ending their processes, is done.

    Raised in it, they would print a traceback of a command that has said its last word.
    """
    atexit.unregister(_be_deaf)
    atexit.register(_be_deaf)


def _be_deaf() -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def sigterm_kept() -> Iterator[None]:
    """Puts the handler of SIGTERM back that something inside replaces."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread() and before is not None:
            signal.signal(signal.SIGTERM, before)
