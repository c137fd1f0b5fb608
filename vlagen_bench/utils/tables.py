"""Tables of text and numbers for the terminal: text is folded where it is narrow, a number is never cut."""

import os
from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

PAGE = 110
"""columns that a table takes at most where the output is no terminal, unless its numbers need more"""
NARROWEST = 12
"""columns of a text that is folded"""
BESIDE = 3
"""columns between two cells: a line, and a space on each side"""


class NumberTable(Table):
    """A table with numbers, whose width no terminal forces on them.

    Numbers are the columns on the right, and `whole` ones. Where they do not fit side by side, beside the folded text,
    every row is a paragraph: its texts, and below them each number with its name.
    """

    def __init__(self, title: str | None = None) -> None:
        """An empty table; the title is plain text, in which brackets are no markup."""
        shown = None if title is None else Text(title, style="table.title")
        super().__init__(title=shown, title_justify="left", caption_justify="left", header_style="bold")

    def text(self, *names: str, whole: bool = False) -> "NumberTable":
        """Adds columns of text, which may be folded unless `whole`."""
        for name in names:
            self.add_column(name, no_wrap=whole, overflow="fold")
        return self

    def numbers(self, *names: str) -> "NumberTable":
        """Adds columns of numbers."""
        for name in names:
            self.add_column(name, justify="right", no_wrap=True)
        return self

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for column in self.columns:
            column.no_wrap = column.no_wrap or column.justify == "right"
        needed = self._needed(console)
        if not console.is_terminal and "COLUMNS" not in os.environ:
            options = options.update(max_width=min(options.max_width, max(needed, PAGE)))
        if needed > options.max_width:
            yield from self._paragraphs(console, options.max_width)
        else:
            yield from super().__rich_console__(console, options)

    def _needed(self, console: Console) -> int:
        """Columns that it takes with all numbers whole and all text folded."""
        widths = []
        for column in self.columns:
            cells = [_plain(console, cell) for cell in (column.header, *column.cells)]
            words = cells if column.no_wrap else [word[:NARROWEST] for cell in cells for word in cell.plain.split()]
            widths.append(max((_width(word) for word in words), default=0))
        return sum(widths) + BESIDE * len(widths) + 1

    def _paragraphs(self, console: Console, width: int) -> Iterator[Text]:
        if self.title:
            yield Text(_plain(console, self.title).plain, style="bold")
        heads = [_joined(_plain(console, column.header)) for column in self.columns]
        by_row = zip(*(column.cells for column in self.columns), strict=True)
        for row, cells in zip(self.rows, by_row, strict=True):
            named = [
                (head, _joined(_plain(console, cell)), column)
                for head, cell, column in zip(heads, cells, self.columns, strict=True)
            ]
            texts = "  ".join(cell for _, cell, column in named if cell and not column.no_wrap)
            if texts:
                yield Text(texts, style="bold", overflow="fold")
            numbers = [(head, cell) for head, cell, column in named if cell and column.no_wrap]
            yield from (Text(f"  {line}", overflow="fold") for line in _filled(numbers, width - 2))
            if row.end_section:
                yield Text()
        if self.caption:
            yield Text(_joined(_plain(console, self.caption)), style="dim italic")


def _plain(console: Console, cell: object) -> Text:
    return cell if isinstance(cell, Text) else console.render_str(str(cell))


def _joined(text: Text) -> str:
    """On one line, as it was before it was broken after hyphens."""
    return text.plain.replace("-\n", "-").replace("\n+", "+").replace("\n", " ")


def _width(text: Text | str) -> int:
    return max((Text(line).cell_len for line in str(text).split("\n")), default=0)


def _filled(named: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """`name number` beside each other as long as there is room; no number is divided."""
    pieces: list[str] = []
    for name, number in named:
        whole = f"{name} {number}".strip()
        pieces += [whole] if len(whole) <= width else [name, number]
    line = ""
    for piece in pieces:
        if line and len(line) + 2 + len(piece) > width:
            yield line
            line = piece
        else:
            line = f"{line}, {piece}" if line else piece
    if line:
        yield line
