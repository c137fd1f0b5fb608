"""The watchdog of an actor: ends the process when it hangs where no exception can reach it."""

import faulthandler
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from vlagen_bench.harness.slot import GRACE_S


@contextmanager
def watchdog(seconds: float) -> Iterator[None]:
    """Ends this process if what runs inside takes some seconds more than this, even in C and with Python's lock held.

    One at a time in a process. The stack goes to the actor's log.
    """
    assert sys.__stderr__ is not None, "the actor's log"
    faulthandler.dump_traceback_later(seconds + GRACE_S, exit=True, file=sys.__stderr__)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
