"""The guard around a policy in this process: restores what its code changes, and words what it raises.

That keeps mistakes apart, not malice, and not what ends or blocks the whole process: docs/hostile_policies.md.
"""

import builtins
import gc
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
from vlagen_bench.utils.floats import float_mode, set_float_mode
from vlagen_bench.utils.signals import Terminated, terminate
from vlagen_bench.utils.text import name_of, one_line, shown

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
LONGEST_PLACE = 100
"""letters of a file's name and line"""
NOBODY = "KeyboardInterrupt, but nobody pressed Ctrl-C."


class Guard:
    """The policy is called inside, once. Leaves `KeyboardInterrupt` alone only if somebody pressed Ctrl-C."""

    def __enter__(self) -> "Guard":
        self._process, self._floats = os.getpid(), float_mode()
        self._settings = [(write, read, _tried(read)) for read, write in SETTINGS]
        self._descriptors = {number: copy for number in range(len(STREAMS)) if (copy := _tried(os.dup, number))}
        self._signals = _Signals() if threading.current_thread() is threading.main_thread() else None
        streams = {name: vars(sys)[name] for name in STREAMS}
        self._names = [(vars(sys), streams)] + [(vars(module), dict(vars(module))) for module in MODULES]
        return self

    def put_names_back(self) -> None:
        """What the policy replaced; without any function that may have been replaced."""
        for names, before in self._names:
            names.update(before)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.put_names_back()
        set_float_mode(self._floats)
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


def call(
    method: str | None,
    function: Callable[[], Any],
    *,
    passing: tuple[type[BaseException], ...] = (),
    log: Callable[[BaseException], Any] | None = None,
) -> Any:
    """What the function returns; what it raises becomes a `PolicyError` with a sentence.

    The sentence is made, and the exception dropped, inside the guard: both run code of the policy's, `__str__` and `__del__`.

    Args:
        method: of the policy, as it is named in the sentence; None: the sentence is about no method.
        function: calls it.
        passing: exceptions that are not the policy's; Ctrl-C is always one.
        log: is told of what was raised.
    """
    with Guard() as guard:
        try:
            return function()
        except BaseException as error:
            guard.put_names_back()  # the sentence is made with them
            if type(error) in (KeyboardInterrupt, *passing):  # a class of the policy's own is no Ctrl-C
                raise
            if log is not None:
                log(error)
            text = sentence(method, error)
        gc.collect(1)  # an exception may be part of a circle
    raise PolicyError(text)


def let_go(error: BaseException) -> None:
    """Drops what an exception of ours holds of the policy: its frames, and what it raised before."""
    with Guard():
        error.__traceback__ = error.__context__ = error.__cause__ = None
        gc.collect(1)


def sentence(method: str | None, error: BaseException) -> str:
    """Why a policy's method gave no answer."""
    try:
        return _sentence(method, error)
    except BaseException as another:  # of a class that answers for itself what Python asks it
        return f"{name_of(error)}, of which nothing can be said ({name_of(another)})"


def _sentence(method: str | None, error: BaseException) -> str:
    if isinstance(error, PolicyError | CodeError):
        return shown(error)
    if isinstance(error, SystemExit) and method is not None:
        return f"{method}() called sys.exit({shown(error)}). Raise an exception instead, or return an action."
    text = one_line(error) if method in ("act", "act_batch", None) else f"{method}() raised {one_line(error)}"
    line = shown(line_of(error), LONGEST_PLACE)
    return f"{text} ({line})" if line else text


def _tried(function: Callable[..., Any], *arguments: Any) -> Any:
    """What it returns; None where it fails, as for a folder that is gone, or a descriptor that is closed."""
    with suppress(Exception):
        return function(*arguments)
