"""The alarm of this process: ends what takes too long."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TookTooLong(BaseException):
    """The alarm rang. No `Exception`, so that a policy that goes on after every exception does not go on after this."""


@contextmanager
def time_limit(seconds: float | None, *, again_s: float = 0.0) -> Iterator[None]:
    """Raises `TookTooLong` in what runs inside for longer than this; None: never.

    Args:
        seconds: the limit.
        again_s: after how many seconds the alarm rings again, for code that swallowed it; 0: it rings once.

    It is a signal (SIGALRM), so it works in the main thread only, and comes once the running C function returns to
    Python: it ends an endless loop or a `sleep`, not a deadlock inside a library.
    """
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise TookTooLong(f"took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, again_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)
