"""How far is the run? A bar with an estimate in a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    track,
)

from vlagen_bench.harness.player import Played

LINE_EVERY_S = 10.0
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
        if now - line_at >= LINE_EVERY_S or done == total:
            line_at = now
            left_s = (now - start) / done * (total - done)
            console.print(f"{label}: {done}/{total}, about {left_s:.0f} s left", highlight=False)


class RunProgress:
    """A listener that shows episodes done, the running success rate and errors, and the time that is left."""

    def __init__(self, console: Console, *, total: int, done: int) -> None:
        self._console, self._total, self._done = console, total, done
        self._scored = self._successes = self._errors = 0
        self._start = self._line_at = time.monotonic()
        self._fresh = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[rate]}"),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> "RunProgress":
        self._bar.start()
        self._task = self._bar.add_task("episodes", total=self._total, completed=self._done, rate="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def ended(self, played: Played) -> None:
        """Counts an episode."""
        self._done += 1
        self._fresh += 1
        if played.result.outcome == "error":
            self._errors += 1
        else:
            self._scored += 1
            self._successes += played.result.outcome == "success"
        self._bar.update(self._task, completed=self._done, rate=self._rate())
        if not self._console.is_terminal:
            self._line()

    def _rate(self) -> str:
        parts = [f"{self._successes}/{self._scored} succeeded"] if self._scored else []
        return ", ".join([*parts, f"{self._errors} ended as errors"] if self._errors else parts)

    def _line(self) -> None:
        now = time.monotonic()
        if now - self._line_at < LINE_EVERY_S and self._done < self._total:
            return
        self._line_at = now
        left_s = (now - self._start) / self._fresh * (self._total - self._done)
        self._console.print(
            f"{self._done}/{self._total} episodes, {self._rate()}, about {left_s:.0f} s left", highlight=False
        )
