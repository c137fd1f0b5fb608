"""The worker processes of a collection: each is given one index after the other; one that dies is replaced."""

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from types import TracebackType

from vlagen_bench.demonstrations import parts
from vlagen_bench.demonstrations.attempts import Attempts, Recipe
from vlagen_bench.demonstrations.parts import Attempt
from vlagen_bench.errors import ConfigError, VlagenError
from vlagen_bench.harness.executors import render_threads
from vlagen_bench.utils.processes import end_with_the_parent
from vlagen_bench.utils.spawned import SpawnedProcess
from vlagen_bench.utils.text import one_line

RECYCLE_AFTER = 300
"""episodes of a worker; SAPIEN gives not all memory back, and a new worker takes some seconds"""
RETRIES = 2
"""how often an episode is begun again whose worker died"""
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
GRACE_S = 5.0


class Workers:
    """Several processes that make attempts."""

    def __init__(self, recipe: Recipe, size: int, note: Callable[[str], None]) -> None:
        """Starts no process yet.

        Args:
            recipe: what each is made of.
            size: how many there are at most.
            note: receives a line for each that is replaced.
        """
        self._recipe, self._note, self._size = recipe, note, size
        self._deaths: dict[int, int] = {}

    def __enter__(self) -> "Workers":
        self._workers: list[_Worker] = []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.stop(grace_s=GRACE_S if kind is None else 0.0)

    def made(self, next_index: Callable[[], int | None]) -> Iterator[Attempt]:
        """Attempts as they end. `next_index` is asked when a worker is free; None: not now."""
        busy: dict[Connection, _Worker] = {}
        again: list[int] = []
        while True:
            while len(busy) < self._size and (index := again.pop() if again else next_index()) is not None:
                worker = self._free(busy)
                worker.begin(index)
                busy[worker.connection] = worker
            if not busy:
                return
            for connection in wait(list(busy)):
                assert isinstance(connection, Connection), "only pipes are waited for"
                worker = busy.pop(connection)
                attempt = worker.ended()
                if attempt is not None:
                    yield attempt
                    continue
                self._workers.remove(worker)
                if (given_up := self._lost(worker)) is None:
                    again.append(worker.index)
                else:
                    yield given_up

    def _free(self, busy: dict[Connection, "_Worker"]) -> "_Worker":
        for worker in self._workers:
            if worker.connection not in busy:
                if worker.attempts < RECYCLE_AFTER:
                    return worker
                worker.stop(grace_s=GRACE_S)
                self._workers.remove(worker)
                break
        started = _Worker(self._recipe, render_threads(self._size))
        self._workers.append(started)
        return started

    def _lost(self, worker: "_Worker") -> Attempt | None:
        """What is made of an attempt whose worker died; None: it is made again."""
        index, how = worker.index, worker.death
        worker.stop()
        self._deaths[index] = self._deaths.get(index, 0) + 1
        if self._deaths[index] <= RETRIES:
            self._note(f"Episode {index}: its worker process {how}. It is played again by a new one.")
            return None
        attempt = Attempt(index=index, outcome="error", kept=False, error=f"its worker process {how}")
        parts.finish(self._recipe.folder, attempt)
        return attempt


class _Worker:
    """A process as the driver sees it."""

    def __init__(self, recipe: Recipe, threads: int) -> None:
        self._process = SpawnedProcess(_main, recipe, threads)
        self.connection = self._process.connection
        self.attempts = 0
        self.index = -1
        self.death = ""
        """how it ended, once `ended` found that it has died"""

    def begin(self, index: int) -> None:
        """Gives it an attempt to make."""
        self.index = index
        self.attempts += 1
        self._process.send(index)

    def ended(self) -> Attempt | None:
        """Its attempt; None: it has died. Raises the `VlagenError` that it met."""
        try:
            reply = self.connection.recv()
        except (EOFError, OSError):
            self.death = self._process.death()
            return None
        if isinstance(reply, BaseException):
            raise reply
        assert isinstance(reply, Attempt)
        return reply

    def stop(self, *, grace_s: float = 0.0) -> None:
        self._process.stop(grace_s=grace_s)


def _main(connection: Connection, begun: "multiprocessing.sharedctypes.Synchronized[int]", recipe: Recipe, threads: int) -> None:  # fmt: skip
    begun.value = 1  # the program that started this process is imported
    end_with_the_parent()
    # Before anything that draws, or computes with several threads, is imported.
    os.environ.setdefault("LP_NUM_THREADS", str(threads))
    for name in THREADS:
        os.environ.setdefault(name, str(threads))
    attempts: Attempts | None = None
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            index = connection.recv()
            try:
                attempts = attempts or Attempts(recipe)
                connection.send(attempts.make(index))
            except (VlagenError, OSError) as error:
                connection.send(error)
            except Exception as error:
                connection.send(ConfigError(f"A worker process cannot begin: {one_line(error)}."))
    os._exit(0)  # SAPIEN's own end is not worth waiting for
