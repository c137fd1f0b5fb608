"""How is a policy's code called in this process? What it raises becomes a sentence, and what it changes stays its own.

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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.base import one_line, shown

SIGNALS = (signal.SIGINT, signal.SIGALRM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGTERM)
"""whose handlers the harness relies on: Ctrl-C, time-outs, the end of workers, closed pipes"""
MODULES = (builtins, json, math, np, np.linalg, np.random, os, random, time)
"""whose functions the harness and the simulator call, so that a replaced one would change what others see"""
STREAMS = ("stdin", "stdout", "stderr")
SETTINGS: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (os.getcwd, os.chdir),
    (np.geterr, lambda found: np.seterr(**found)),
    (sys.getrecursionlimit, sys.setrecursionlimit),
)
"""how each is read and written"""


class Guard:
    """Keeps the process-wide things that a policy changed for its own calls, and from everyone else."""

    def __init__(self) -> None:
        self._settings: list[tuple[Callable[[Any], Any], Any]] = []
        self._names: list[tuple[dict[str, Any], dict[str, Any]]] = []

    @contextmanager
    def calling(self) -> Iterator[None]:
        """The policy is called inside; raises `PolicyError` for a Ctrl-C that nobody pressed."""
        with _signals(), _descriptors(), self._settings_of_its_own(), self._names_of_its_own(), _one_process():
            yield

    @contextmanager
    def _settings_of_its_own(self) -> Iterator[None]:
        ours = [(read, write, _tried(read)) for read, write in SETTINGS]
        for write, value in self._settings:
            _tried(write, value)
        try:
            yield
        finally:
            now = [(write, _tried(read), before) for read, write, before in ours]
            self._settings = [(write, value) for write, value, before in now if value != before]
            for write, value, before in now:
                if value != before:
                    _tried(write, before)

    @contextmanager
    def _names_of_its_own(self) -> Iterator[None]:
        """Functions that it put in the place of others, and the standard streams."""
        spaces = [vars(module) for module in MODULES]
        ours = [dict(space) for space in spaces] + [{name: vars(sys)[name] for name in STREAMS}]
        spaces.append(vars(sys))
        for space, changed in self._names:
            space.update(changed)
        try:
            yield
        finally:
            self._names = []
            for space, before in zip(spaces, ours, strict=True):
                changed = {name: space.get(name) for name, value in before.items() if space.get(name) is not value}
                if changed:
                    self._names.append((space, changed))
                    space.update(before)


def sentence(method: str, error: BaseException) -> str:
    """Why a policy's method gave no answer."""
    if isinstance(error, PolicyError):
        return shown(error)
    if isinstance(error, SystemExit):
        return f"{method}() called sys.exit({shown(error)}). Raise an exception instead, or return an action."
    return one_line(error) if method in ("act", "act_batch") else f"{method}() raised {one_line(error)}"


def _tried(function: Callable[..., Any], *arguments: Any) -> Any:
    """What it returns; None where it fails, as in a folder that is gone."""
    with suppress(Exception):
        return function(*arguments)


@contextmanager
def _one_process() -> Iterator[None]:
    """A copy of this process that a policy made by `fork` ends here, before it plays the same episodes."""
    own = os.getpid()
    leave = os._exit
    try:
        yield
    finally:
        if os.getpid() != own:
            leave(0)


@contextmanager
def _signals() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = False

    def interrupt(*_: object) -> None:
        nonlocal pressed
        pressed = True
        raise KeyboardInterrupt

    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    ours = handlers[signal.SIGINT] is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        if pressed or not ours:
            raise
        raise PolicyError("It raised KeyboardInterrupt, but nobody pressed Ctrl-C.") from None
    finally:
        for number, handler in handlers.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if pressed:  # also where the policy went on as if nothing had happened
            raise KeyboardInterrupt


@contextmanager
def _descriptors() -> Iterator[None]:
    """Standard input, output and error stay what they are: a file that takes a free number could be the run's."""
    kept = {}
    for number in range(len(STREAMS)):
        with suppress(OSError):
            kept[number] = os.dup(number)
    try:
        yield
    finally:
        for number, copy in kept.items():
            with suppress(OSError):
                if not _same_file(number, copy):
                    os.dup2(copy, number)
                os.close(copy)
        for number, stream in ((1, sys.__stdout__), (2, sys.__stderr__)):
            if stream is not None and stream.closed:
                # In place, since others hold this very object.
                stream.__init__(open(number, "wb", closefd=False), line_buffering=True)  # noqa: SIM115


def _same_file(number: int, other: int) -> bool:
    try:
        return os.path.samestat(os.fstat(number), os.fstat(other))
    except OSError:
        return False
