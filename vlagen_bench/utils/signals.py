"""SIGTERM as the end in order that Ctrl-C is, told apart by its exception."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


class Terminated(KeyboardInterrupt):
    """SIGTERM came, by which batch systems and containers end a run."""


def terminate(signum: int, frame: FrameType | None) -> NoReturn:
    """The handler: raises `Terminated`."""
    raise Terminated


def end_in_order() -> None:
    """Lets SIGTERM raise, whatever this process was started with; a shell starts background jobs deaf to SIGINT."""
    signal.signal(signal.SIGTERM, terminate)


@contextmanager
def sigterm_kept() -> Iterator[None]:
    """Puts the handler of SIGTERM back that something inside replaces."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread() and before is not None:
            signal.signal(signal.SIGTERM, before)
