"""The state of the whole process that an evaluation may disturb, put back when it ends."""

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import ModuleType
from typing import Any

import numpy as np


@contextmanager
def process_state_kept() -> Iterator[None]:
    """Restores what the policy, or a library that is imported inside, changes of the process.

    In the main thread: current folder, signal handlers, a running alarm, floating-point errors, and the random states of
    Python, NumPy and PyTorch. In every thread: the import path and PyTorch's grad mode, which is the thread's own. Random
    states are not put back from another thread, since the others may draw meanwhile; the evaluation itself draws none.
    """
    with ExitStack() as kept:
        kept.callback(_restore_path, list(sys.path))
        _keep(kept, _grad_mode())
        if threading.current_thread() is threading.main_thread():
            for reader in (_folder, _handlers, _alarm, _numpy_errors, _python_random, _numpy_random, _torch_random):
                _keep(kept, reader())
        yield


def _keep(kept: ExitStack, restore: Callable[[], Any] | None) -> None:
    if restore is not None:
        kept.callback(restore)


def _restore_path(before: list[str]) -> None:
    if sys.path != before:
        sys.path[:] = before


def _folder() -> Callable[[], Any] | None:
    try:
        before = os.getcwd()
    except OSError:  # it was removed
        return None

    def restore() -> None:
        with suppress(OSError):
            os.chdir(before)

    return restore


def _handlers() -> Callable[[], Any]:
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}

    def restore() -> None:
        for number, handler in before.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)

    return restore


def _alarm() -> Callable[[], Any] | None:
    """Of the caller's own timer, whose signal time limits use, what is left of it then."""
    left_s, interval_s = signal.getitimer(signal.ITIMER_REAL)
    started = time.monotonic()
    if not left_s:
        return None
    return lambda: signal.setitimer(signal.ITIMER_REAL, max(1e-3, left_s - (time.monotonic() - started)), interval_s)


def _numpy_errors() -> Callable[[], Any]:
    before = np.geterr()
    return lambda: np.seterr(**before)


def _python_random() -> Callable[[], Any]:
    before = random.getstate()
    return lambda: random.setstate(before)


def _numpy_random() -> Callable[[], Any]:
    before = np.random.get_state()
    return lambda: np.random.set_state(before)


def _torch() -> ModuleType | None:
    """PyTorch, if the program has loaded it."""
    return sys.modules.get("torch")


def _grad_mode() -> Callable[[], Any] | None:
    torch = _torch()
    if torch is None:
        return None
    before = torch.is_grad_enabled()
    return lambda: torch.set_grad_enabled(before)


def _torch_random() -> Callable[[], Any] | None:
    torch = _torch()
    if torch is None:
        return None
    before = torch.get_rng_state()
    on_gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None

    def restore() -> None:
        torch.set_rng_state(before)
        if on_gpus is not None:
            torch.cuda.set_rng_state_all(on_gpus)

    return restore
