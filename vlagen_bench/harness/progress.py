"""The progress display of a run: a live view in a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TypeVar

from rich.console import Console, Group
from rich.live import Live
from rich.progress import track
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from vlagen_bench.harness.counts import ENVIRONMENT, Counts, OutcomeCount
from vlagen_bench.harness.episode import PlayedEpisode
from vlagen_bench.utils.tables import NumberTable
from vlagen_bench.utils.text import NO_DATA, percent, shown

LINE_EVERY_S = 10.0
RARER_AFTER_S = 500.0
"""from then on lines come more slowly, as the time that has passed: an hour fills no log"""
WORST = 5
"""conditions that are named where there is no room for all"""
AROUND = 8
"""lines of the live view that are not about a condition, and of the screen that it leaves free"""
T = TypeVar("T")


def tracked(items: Iterable[T], *, total: int, label: str, console: Console) -> Iterator[T]:
    """The items, with a bar and an estimate in a terminal, and a plain line now and then elsewhere."""
    if console.is_terminal:
        yield from track(items, label, total=total, console=console)
        return
    start = line_at = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if _due(now - line_at, now - start) or done == total:
            line_at = now
            left_s = (now - start) / done * (total - done)
            console.print(f"{label}: {done}/{total}, about {left_s:.0f} s left")


def _due(silent_s: float, elapsed_s: float) -> bool:
    """Whether it is time for another plain line, so long after the last one and after the start."""
    return silent_s >= LINE_EVERY_S * max(1.0, elapsed_s / RARER_AFTER_S)


class RunProgress:
    """A listener that shows the counts, which have to listen before it does."""

    def __init__(self, console: Console, counts: Counts, *, until: str | None = None) -> None:
        """Shows `counts` on `console`; `until` is the rule that may end the run before its plan."""
        self._console, self._counts, self._until = console, counts, until
        self._line_at = time.monotonic()
        self._live = Live(
            get_renderable=self._view, console=console, auto_refresh=console.is_terminal, refresh_per_second=2,
            transient=True,
        )  # fmt: skip

    def __enter__(self) -> "RunProgress":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        if self._counts.fresh:
            self._print(f"Episodes played: {self._counts.fresh} in {duration(self._counts.elapsed_s)}, {self._pace()}")

    def ended(self, played: PlayedEpisode) -> None:
        """Says so, if it is time."""
        now = time.monotonic()
        if self._console.is_terminal or not _due(now - self._line_at, self._counts.elapsed_s):
            return
        self._line_at = now
        overall = self._counts.all
        self._print(f"{overall.done}/{overall.planned} episodes, {said(overall)}, {self._pace()}, {self._left()}")
        if len(self._counts.conditions) > 1:
            kinds = ", ".join(f"{kind} {short(count)}" for kind, count in self._counts.kinds.items() if count.done)
            lowest = ", ".join(f"{name} {short(self._counts.conditions[name])}" for name in self._counts.worst(WORST))
            self._print(f"  {kinds}; lowest: {lowest or NO_DATA}")

    def _print(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)

    def _view(self) -> Group:
        """What a terminal shows; drawn by another thread than the one that counts."""
        overall = self._counts.all
        head = Table.grid(padding=(0, 2))
        head.add_row(
            f"{overall.done}/{overall.planned} episodes",
            ProgressBar(total=max(overall.planned, 1), completed=overall.done, width=24),
            f"{duration(self._counts.elapsed_s)}, {self._rate()}, {self._left()}",
        )
        trouble = (
            [Text(f"last error: {shown(self._counts.last_error)}", style="red")] if self._counts.last_error else []
        )
        lines = [Text(self._shares()), *trouble]
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Group(head, self._counts_table(), *lines)

    def _counts_table(self) -> NumberTable:
        table = NumberTable().text("kind", "condition").numbers("done", "success", "errors")
        table.box, table.pad_edge, table.padding = None, False, (0, 2, 0, 0)
        counts = self._counts
        if len(counts.conditions) <= self._console.height - AROUND:
            kind = None
            for name, count in counts.conditions.items():
                table.add_row("" if counts.kind_of(name) == kind else counts.kind_of(name), name, *_cells(count))
                kind = counts.kind_of(name)
        else:
            for kind, count in counts.kinds.items():
                table.add_row(kind, "", *_cells(count))
            room = self._console.height - AROUND - len(counts.kinds)
            for number, name in enumerate(counts.worst(max(0, min(WORST, room)))):
                table.add_row("" if number else "lowest", name, *_cells(counts.conditions[name]), style="italic")
        table.add_row("all", "", *_cells(counts.all), style="bold")
        return table

    def _pace(self) -> str:
        return f"{self._rate()}, {self._shares()}"

    def _rate(self) -> str:
        per_minute = self._counts.per_minute
        return "0 episodes/min" if per_minute is None else f"{per_minute:.1f} episodes/min"

    def _shares(self) -> str:
        shares = self._counts.shares
        if not shares:
            return "the first episodes are being played"
        inside = sum(shares[name] for name in ENVIRONMENT)
        parts = ", ".join(f"{name} {100 * shares[name]:.0f}" for name in ENVIRONMENT)
        return (
            f"environment {percent(inside)} ({parts}), policy {percent(shares['policy'])}, "
            f"waiting {percent(shares['waiting'])}"
        )

    def _left(self) -> str:
        left_s = self._counts.left_s
        if left_s is None:
            return "time left unknown"
        return f"{'at most' if self._until else 'about'} {duration(left_s)} left"


def said(count: OutcomeCount) -> str:
    """`7/10 succeeded (70 %), 2 ended as errors`.

    Without an interval: episodes share scenes, the quick ones end first, and one looks all the time, so that an ordinary
    95 % interval covers the rate far less often than that.
    """
    rate = f" ({percent(count.rate)})" if count.n else ""
    errors = f", {count.errors} ended as errors" if count.errors else ""
    return f"{count.successes}/{count.n} succeeded{rate}{errors}"


def short(count: OutcomeCount) -> str:
    """`7/10`, and how many errors beside them."""
    return f"{count.successes}/{count.n}" + (f" + {count.errors} errors" if count.errors else "")


def duration(seconds: float) -> str:
    """`73 s`, `12 min`, `3 h 10 min`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def _cells(count: OutcomeCount) -> tuple[str | Text, ...]:
    errors = Text(str(count.errors), style="red" if count.errors else "")
    return f"{count.done}/{count.planned}", percent(count.rate), errors
