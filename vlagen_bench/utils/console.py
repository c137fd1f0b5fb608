"""The console that commands and progress print on: plain text, which no name from outside can style, and no full disk can end."""

import io
import os
import sys
from contextlib import suppress
from typing import IO, Any, TextIO, cast

from rich.console import Console
from rich.text import Text

from vlagen_bench.utils.text import printable

UNLIMITED = 1000
"""columns where the output is no terminal: nothing is cut there, and tables choose their width (`utils.tables`)"""
PLAIN = {"–": "-", "—": "-", "−": "-", "…": "...", "×": "x", "≤": "<=", "≥": ">=", "’": "'", "±": "+-"}
"""what is printed where the encoding of the output lacks a letter"""


class StandardOutput:
    """Standard output as a file that takes everything: what cannot be written is dropped, and `lost` says why.

    No line of a log is worth a run, whose results are in its folder.
    """

    def __init__(self) -> None:
        self.lost: OSError | ValueError | None = None
        """what writing failed with; from then on nothing is written to that stream, as another one may take its place"""
        self._dead: TextIO | None = None
        self._is_ours = False
        """whether the whole process is ours, and with it the file behind standard output"""

    @property
    def encoding(self) -> str:
        """Of the stream behind it; rich draws tables in ASCII where that is not UTF-8."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    @property
    def _stream(self) -> TextIO | None:
        """What `sys.stdout` is now; of rich's own stand-in, what is behind it."""
        stream: TextIO | None = getattr(sys.stdout, "rich_proxied_file", sys.stdout)
        return stream

    def write(self, text: str) -> int:
        """Writes it, as far as that is possible."""
        stream = self._stream
        if stream is not None and stream is not self._dead:
            try:
                stream.write(encodable(text, self.encoding))
            except (OSError, ValueError) as error:
                self._give_up(stream, error)
        return len(text)

    def flush(self) -> None:
        """Sees to it that all is written, as far as that is possible."""
        stream = self._stream
        if stream is not None and stream is not self._dead:
            try:
                stream.flush()
            except (OSError, ValueError) as error:
                self._give_up(stream, error)

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        try:
            return self._stream is not None and self._stream.isatty()
        except ValueError:  # it is closed
            return False

    def fileno(self) -> int:
        """The number of its file."""
        if self._stream is None:
            raise OSError("there is no standard output")
        return self._stream.fileno()

    def take_over(self) -> None:
        """Makes this process's output one that nothing fails at, also for a policy that prints; for commands only.

        A missing standard stream becomes an empty one: its number would go to the next file that is opened, and whatever a
        library prints would be written there.
        """
        self.lost, self._dead, self._is_ours = None, None, True
        for number in range(3):
            try:
                os.fstat(number)
            except OSError:
                os.open(os.devnull, os.O_RDWR)  # which takes the lowest number that is free
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")

    def _give_up(self, stream: TextIO, error: OSError | ValueError) -> None:
        self.lost, self._dead = error, stream
        if self._is_ours and isinstance(error, OSError):
            with suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 1)  # else Python fails once more as it ends, at what is left to be written
                os.close(nowhere)
        if not isinstance(error, BrokenPipeError):  # whoever closed a pipe has read enough
            complain(
                f"warning: standard output cannot be written ({reason(error)}). Everything else goes on without it."
            )


class PlainConsole(Console):
    """Takes text as it is: square brackets are no styles, `:name:` is no picture, control characters are not passed on."""

    def __init__(self, *, file: Any = None, width: int | None = None) -> None:
        """A console on standard output, or on another file."""
        super().__init__(
            file=cast(IO[str], file or OUTPUT),
            width=width,
            markup=False,
            emoji=False,
            highlight=False,
            soft_wrap=False,
            force_jupyter=False,
        )

    def render_str(self, text: str, **how: Any) -> Text:
        """The text, its control characters replaced."""
        return super().render_str(printable(text), **how)


OUTPUT = StandardOutput()
"""of this process, of which there is one"""


def console() -> Console:
    """Standard output as plain text; where it is no terminal, lines are as long as what they say, unless COLUMNS limits them."""
    out = PlainConsole()
    return out if out.is_terminal or "COLUMNS" in os.environ else PlainConsole(width=UNLIMITED)


def complain(text: str) -> None:
    """Prints a line on standard error, if that is possible."""
    with suppress(OSError, ValueError):
        print(printable(text), file=sys.stderr, flush=True)


def encodable(text: str, encoding: str) -> str:
    """The text in letters that the encoding has."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(letter if _has(encoding, letter) else PLAIN.get(letter, "?") for letter in text)
    except LookupError:  # an encoding of nobody's
        pass
    return text


def _has(encoding: str, letter: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def reason(error: OSError | ValueError) -> str:
    """Why writing failed, in words."""
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
