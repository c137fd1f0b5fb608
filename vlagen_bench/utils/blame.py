"""Sentences for what the code of users raises: whose code it is, in which file and line, and the error."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vlagen_bench.errors import CodeError, VlagenError
from vlagen_bench.utils import plugins
from vlagen_bench.utils.text import one_line

OURS = Path(__file__).parents[1]
"""the folder of this package, whose lines tell nothing of a user's code"""


def line_of(error: BaseException) -> str:
    """`mine.py:20`: where in the file that was called from this package it came to the error; empty: in none."""
    trace = BaseException.__dict__["__traceback__"].__get__(error)  # also where a class has its own idea of it
    frames = [(Path(frame.f_code.co_filename), line) for frame, line in traceback.walk_tb(trace)]
    # Python's own names of what has no file begin like this: `<string>`, `<frozen importlib._bootstrap>`.
    theirs = [(path, line) for path, line in frames if OURS not in path.parents and not path.name.startswith("<")]
    lines = [line for path, line in theirs if path == theirs[0][0]]
    return f"{theirs[0][0].name}:{lines[-1]}" if theirs else ""


def file_of(code: Any) -> str:
    """`mine.py`: the file that a class is in; empty where it has none, as in a notebook."""
    file = getattr(sys.modules.get(getattr(code, "__module__", "")), "__file__", None)
    return Path(file).name if file else ""


@contextmanager
def code_of(what: str, code: Any) -> Iterator[None]:
    """Turns what a user's code raises inside into a `CodeError`: `axis dim (dim.py:28): NameError: ...`.

    What ships with this package keeps its traceback, since an error of it is a bug.

    Args:
        what: the axis or family, by its name.
        code: its class.
    """
    try:
        yield
    except VlagenError:
        raise
    except Exception as error:
        if plugins.is_shipped(code):
            raise
        raise CodeError(what, _said(what, code, line_of(error), one_line(error))) from error


def wrong(what: str, code: Any, text: str) -> CodeError:
    """The error of an axis or family that says or returns what is not allowed."""
    return CodeError(what, _said(what, code, "", text))


def _said(what: str, code: Any, line: str, text: str) -> str:
    place = line or file_of(code)
    return f"{what}{f' ({place})' if place else ''}: {text.rstrip('.')}."
