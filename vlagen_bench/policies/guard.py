"""The guard around a policy in this process: restores what its code changes, and words what it raises.

That keeps mistakes apart, not malice, and not what ends or blocks the whole process: docs/hostile_policies.md.
"""

import builtins
import json
import math
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any

import numpy as np

from vlagen_bench.errors import CodeError, PolicyError
from vlagen_bench.utils.blame import line_of
from vlagen_bench.utils.signals import Terminated, terminate
from vlagen_bench.utils.text import one_line, shown

MODULES = (builtins, json, math, np, np.linalg, np.random, os, random, time)
"""whose functions the harness and the simulator call, so that a replaced one would change what others see"""
STREAMS = ("stdin", "stdout", "stderr")
SIGNALS = (signal.SIGINT, signal.SIGALRM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGTERM)
"""whose handlers the harness relies on: Ctrl-C, time-outs, the end of workers, closed pipes"""
SETTINGS: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (os.getcwd, os.chdir),
    (np.geterr, lambda found: np.seterr(**found)),
    (sys.getrecursionlimit, sys.setrecursionlimit),
)
"""how each is read and written"""
NOBODY = "KeyboardInterrupt, but nobody pressed Ctrl-C."


class Guard:
    """The policy is called inside, once. Leaves `KeyboardInterrupt` alone only if somebody pressed Ctrl-C."""

    def __enter__(self) -> None:
        self._process = os.getpid()
        self._settings = [(write, read, _tried(read)) for read, write in SETTINGS]
        self._descriptors = {number: copy for number in range(len(STREAMS)) if (copy := _tried(os.dup, number))}
        self._signals = _Signals() if threading.current_thread() is threading.main_thread() else None
        streams = {name: vars(sys)[name] for name in STREAMS}
        self._names = [(vars(sys), streams)] + [(vars(module), dict(vars(module))) for module in MODULES]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for names, before in self._names:  # first of all, and without any function that may have been replaced
            names.update(before)
        if os.getpid() != self._process:
            os._exit(0)  # a copy that the policy made by `fork`, which would play the same episodes
        for write, read, before in self._settings:
            if _tried(read) != before:
                _tried(write, before)
        self._put_descriptors_back()
        if self._signals is not None:
            self._signals.put_back(error)
        elif isinstance(error, KeyboardInterrupt):  # Ctrl-C comes in the main thread only
            raise PolicyError(NOBODY) from None

    def _put_descriptors_back(self) -> None:
        """Standard input, output and error: a file that takes a number that was closed could be one of the run's."""
        for number, copy in self._descriptors.items():
            if not _tried(os.path.sameopenfile, number, copy):
                _tried(os.dup2, copy, number)
            _tried(os.close, copy)
        for number, stream in ((1, sys.__stdout__), (2, sys.__stderr__)):
            if stream is not None and stream.closed:
                # In place, since others hold this very object; it is a plain TextIOWrapper, made by the interpreter.
                stream.__init__(open(number, "wb", closefd=False), line_buffering=True)  # type: ignore[misc]  # noqa: SIM115


class _Signals:
    """Handlers and mask of the main thread, as they were; notices Ctrl-C meanwhile."""

    def __init__(self) -> None:
        self._pressed: type[KeyboardInterrupt] | None = None
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._handlers = {number: signal.getsignal(number) for number in SIGNALS}
        # A run is ended by SIGTERM as by Ctrl-C.
        self._ours = [signum for signum in SIGNALS if self._handlers[signum] in (signal.default_int_handler, terminate)]
        for number in self._ours:
            signal.signal(number, self._interrupt)

    def _interrupt(self, signum: int, _: object) -> None:
        self._pressed = Terminated if self._handlers[signal.Signals(signum)] is terminate else KeyboardInterrupt
        raise self._pressed

    def put_back(self, error: BaseException | None) -> None:
        for number, handler in self._handlers.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        if self._pressed:  # also where the policy went on as if nothing had happened
            raise self._pressed from None
        if self._ours and isinstance(error, KeyboardInterrupt):
            raise PolicyError(NOBODY) from None


def sentence(method: str, error: BaseException) -> str:
    """Why a policy's method gave no answer."""
    if isinstance(error, PolicyError | CodeError):
        return shown(error)
    if isinstance(error, SystemExit):
        return f"{method}() called sys.exit({shown(error)}). Raise an exception instead, or return an action."
    text = one_line(error) if method in ("act", "act_batch") else f"{method}() raised {one_line(error)}"
    line = line_of(error)
    return f"{text} ({line})" if line else text


def _tried(function: Callable[..., Any], *arguments: Any) -> Any:
    """What it returns; None where it fails, as for a folder that is gone, or a descriptor that is closed."""
    with suppress(Exception):
        return function(*arguments)
