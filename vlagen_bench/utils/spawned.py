"""Spawned workers: pools and single ones, what happens where they import the program that starts them, and how that is said."""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any

from vlagen_bench.errors import ConfigError
from vlagen_bench.utils.processes import end_with_the_parent, ending, memory_mb

NAME = "vlagen-worker"
"""of worker processes"""
WITHOUT_GUARD = 78  # EX_CONFIG of sysexits.h
"""the exit code of a worker whose program starts the evaluation as it is imported"""
DEATH_S = 5.0
"""that a process has to end once its pipe has closed"""
REMEDY = "Put the call under `if __name__ == '__main__':`, as in every program with worker processes, or use workers=1."


def no_guard(death: str | None) -> str:
    """The sentence for a worker that could not import the program; `death` is how it ended, None: it told why."""
    if death is None:
        return f"evaluate() was called while a worker process imported this program. {REMEDY}"
    return f"A worker process {death} while it imported this program; its own words are above. {REMEDY}"


def refuse_while_importing() -> None:
    """Ends a worker that imports the program that starts it, which must not start the next evaluation.

    Without a word: the process that started it says so, once for all workers. Others' processes raise `ConfigError`.
    """
    process = multiprocessing.current_process()
    if not getattr(process, "_inheriting", False):
        return
    if process.name == NAME:
        os._exit(WITHOUT_GUARD)
    raise ConfigError(no_guard(None))


def pool(workers: int, begin: Callable[..., None] | None = None, *arguments: Any) -> ProcessPoolExecutor:
    """Spawned processes for jobs. They end when this process does, however that ends.

    Args:
        workers: how many.
        begin: is called in each of them first.
        *arguments: of `begin`.
    """
    # SAPIEN's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(begin, arguments))


def _begin(begin: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    end_with_the_parent()
    if begin is not None:
        begin(*arguments)


class SpawnedProcess:
    """A worker process and the pipe to it, as the driver sees it."""

    def __init__(self, main: Callable[..., None], *arguments: Any) -> None:
        """Starts `main(connection, begun, *arguments)`, which sets `begun.value` to 1 as soon as it runs.

        Raises:
            OSError: the system allows no more processes.
        """
        context = multiprocessing.get_context("spawn")  # SAPIEN's threads do not survive a fork
        self._begun = context.RawValue("b", 0)
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=main, name=NAME, args=(theirs, self._begun, *arguments), daemon=True)
        with theirs, deaf_to_ctrl_c():
            self._process.start()

    def send(self, message: Any) -> None:
        """Tells it something. If it has died, that is noticed when its reply is awaited."""
        with contextlib.suppress(OSError):
            self.connection.send(message)

    def death(self) -> str:
        """How it ended, once its pipe has closed; raises `ConfigError` if it could not import the program: no retry mends that."""
        self._process.join(timeout=DEATH_S)
        code = self._process.exitcode
        how = "closed its pipe" if code is None else ending(code)
        if not self._begun.value and (code or 0) > 0:
            raise ConfigError(no_guard(None if code == WITHOUT_GUARD else how)) from None
        return how

    @property
    def memory_mb(self) -> float:
        """Its resident memory; 0 if it has died."""
        pid = self._process.pid
        return 0.0 if pid is None else memory_mb(pid)

    def stop(self, *, grace_s: float = 0.0) -> None:
        """Closes the pipe, and kills what is there after this time."""
        self.connection.close()
        if grace_s:
            self._process.join(timeout=grace_s)
        self._process.kill()
        self._process.join()
        self._process.close()


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Processes started inside do not hear Ctrl-C, which a terminal sends to all: the driver ends them."""
    resource_tracker.ensure_running()  # else the first spawn starts it, and unblocks the signal (CPython 3.11)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
