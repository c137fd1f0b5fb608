"""The words of a command line, checked before they are parsed: no empty ones, no unknown options; a parser's box as a sentence."""

import contextlib
import dataclasses
import inspect
import io
import re
import sys
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from tyro.conf import Positional

from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.utils.console import OUTPUT

T = TypeVar("T")
ALWAYS = ("--help", "-h", "--tyro-print-completion", "--tyro-write-completion")
"""options that the parser adds to each command"""
POSITIONAL = typing.get_args(Positional[int])[1]
FOOTER = re.compile(r" ?For full helptext, (run|see):? .*| \(required\)")
VALUE = re.compile(r"Error parsing (\S+): .*?\[(.*?)\].*?helptext: \S+ (\S+) .*")
"""what the parser says of a value that has another type than the option, and more that is of no use"""
BOX = re.compile(r"[─━│┃╭╮╰╯┌┐└┘├┤]+")
"""what the parser draws around its errors"""


def check(words: Sequence[str], command: Callable[..., Any], called: str) -> None:
    """Raises `ConfigError` for an empty word, and for an option that the command does not have.

    Args:
        words: what follows the name of the command.
        command: a function, or a dataclass, whose arguments are the options.
        called: the name of the command.
    """
    known = list(options(command))
    allowed = {*known, *(one.replace("--", "--no-", 1) for one in known), *ALWAYS}
    before = ""
    for word in words:
        name, equals, value = word.partition("=")
        option = name.replace("_", "-")
        if not word.strip() or (word.startswith("--") and equals and not value.strip()):
            what = name if equals else before if before.startswith("-") else "a word"
            raise ConfigError(f"{called}: {what} is empty. Give it a value, or leave it out: {called} --help")
        if word.startswith("--") and option not in allowed:
            help = f"{called} --help"
            said = unknown("option", name, known, of=f"The command {called}", help=help)
            raise ConfigError(said if said.endswith(help) else f"{said} What each of them does: {help}")
        before = word


def options(command: Callable[..., Any]) -> Iterator[str]:
    """Every option of a command, as `--max-errors`."""
    hints = typing.get_type_hints(command, include_extras=True)
    if dataclasses.is_dataclass(command):
        names = [field.name for field in dataclasses.fields(command)]
    else:
        names = list(inspect.signature(command).parameters)
    for name in names:
        kind: Any = hints[name]
        marks: tuple[Any, ...] = ()
        while hasattr(kind, "__metadata__"):
            kind, marks = kind.__origin__, (*marks, *kind.__metadata__)
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            yield from options(kind)
            continue
        if POSITIONAL in marks:
            continue
        # Of the marks, one may hold another name; tyro's own type for that is private.
        named = next((mark.name for mark in marks if isinstance(getattr(mark, "name", None), str)), name)
        yield f"--{named.replace('_', '-')}"


def parsed(parse: Callable[[], T], called: str) -> T:
    """What the parser makes of the words; raises `ConfigError` where it would draw a box."""
    said, told = io.StringIO(), _Page(OUTPUT.encoding, is_terminal=OUTPUT.isatty())
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(told):
            return parse()
    except SystemExit as end:
        if not end.code:
            sys.stderr.write(said.getvalue())
            raise
        raise ConfigError(f"{called}: {sentence(said.getvalue())} What it takes: {called} --help") from None
    finally:
        OUTPUT.write(told.getvalue())  # which a closed pipe does not fail


class _Page(io.StringIO):
    """What is printed, held back; drawn and coloured as it would be there where it goes to."""

    encoding = ""  # of the class above it can only be read

    def __init__(self, encoding: str, *, is_terminal: bool) -> None:
        super().__init__()
        self.encoding, self._is_terminal = encoding, is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def sentence(box: str) -> str:
    r"""A box of text as one sentence.

    >>> sentence("╭─ Invalid choice ───╮\n│ Expected one of    │\n│ a, b.              │\n╰────────────────────╯")
    'Invalid choice: Expected one of a, b.'
    """
    lines = [" ".join(BOX.sub(" ", line).split()) for line in box.splitlines()]
    title, *rest = list(filter(None, lines)) or ["it cannot be read."]
    text = FOOTER.sub("", " ".join(rest))
    if wrong := VALUE.fullmatch(text):
        option, value, kind = wrong.groups()
        wanted = kind.replace("{None}|", "").lstrip("[")
        return f"{option} is {value}, where {wanted} belongs."
    text = text if not text or text.startswith(title) else f"{title}: {text}"
    return f"{(text or title).rstrip('.')}."
