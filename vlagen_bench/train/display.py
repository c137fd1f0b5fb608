"""How a training run is shown: a line for each iteration, and in a terminal bars with an estimate of the time left."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from vlagen_bench.harness.progress import duration
from vlagen_bench.train.listener import Listener
from vlagen_bench.utils.text import percent

SHOWN = (
    ("return", "return", ".3f"), ("kl_last", "KL", ".4f"), ("optimiser_steps", "steps", ".0f"), ("clip_fraction", "clipped", ".2f"), ("entropy", "entropy", ".2f"),
    ("explained_variance", "explained variance", ".2f"), ("mixed_groups", "mixed groups", ".2f"), ("pairs", "pairs", ".0f"),
    ("loss", "loss", ".3f"), ("token_loss", "loss of tokens", ".3f"), ("place_loss", "loss of places", ".3f"),
)  # fmt: skip
"""key of the log, how it is called, and its format; where an iteration has it"""


class TrainDisplay(Listener):
    """Tells a console how a run goes on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
        )
        self._bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._iterations = self._bars.add_task("iterations", left="")
        self._episodes = self._bars.add_task("episodes", left="")
        self._began, self._done, self._first, self._total = time.monotonic(), 0, 0, 0

    def __enter__(self) -> "TrainDisplay":
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def began(self, done: int, total: int) -> None:
        self._began, self._first, self._done, self._total = time.monotonic(), done, done, total
        self._bars.update(self._iterations, completed=done, total=total)
        if done:
            self.note(f"Goes on after {done} of {total} iterations.")

    def played(self, ended: int, total: int) -> None:
        self._bars.update(self._episodes, completed=ended, total=total)

    def iterated(self, line: Mapping[str, Any]) -> None:
        self._done = line["iteration"]
        self._bars.update(self._iterations, completed=self._done, left=self._left())
        parts = [f"iteration {self._done}/{self._total}"]
        if "success_rate" in line:
            parts.append(f"success {percent(line['success_rate'])}")
        parts += [f"{name} {line[key]:{how}}" for key, name, how in SHOWN if line.get(key) is not None]
        parts += [f"{key} {percent(value)}" for key, value in line.items() if key.startswith("eval/")]
        if "rollout_s" in line:
            parts.append(f"{line['rollout_s']:.0f} + {line['update_s']:.0f} s")
        self.note(", ".join([*parts, *filter(None, [self._left()])]))

    def note(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)

    def _left(self) -> str:
        fresh = self._done - self._first
        if not fresh or self._done >= self._total:
            return ""
        return f"about {duration((time.monotonic() - self._began) / fresh * (self._total - self._done))} left"
