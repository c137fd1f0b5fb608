"""Spawned workers: what happens where they import the program that starts them, and how that is said."""

import multiprocessing
import os

from vlagen_bench.errors import ConfigError

NAME = "vlagen-worker"
"""of worker processes"""
WITHOUT_GUARD = 78  # EX_CONFIG of sysexits.h
"""the exit code of a worker whose program starts the evaluation as it is imported"""
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
