"""Where the numbers of a training run go beside its own log: TensorBoard, Weights & Biases."""

import dataclasses
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from vlagen_bench.harness import loggers
from vlagen_bench.types import content_hash
from vlagen_bench.utils.text import one_line


class Sinks:
    """What `log` of a configuration names; a context manager, at whose end all are closed."""

    def __init__(self, config: Any, algorithm: str, out: Path, note: Callable[[str], None]) -> None:
        """Opens nothing yet.

        Args:
            config: of the run, a dataclass with `log`.
            algorithm: its name.
            out: the folder of the run.
            note: receives a line where one stops working.
        """
        self._config, self._algorithm, self._out, self._note = config, algorithm, out, note

    def __enter__(self) -> "Sinks":
        header = {**dataclasses.asdict(self._config), "algorithm": self._algorithm}
        header["plan_hash"] = content_hash(header)
        self._sinks: dict[str, loggers.Sink] = {}
        with ExitStack() as opened:
            for text in self._config.log:
                self._sinks[text] = loggers.sink(text, self._out, header)
                opened.callback(self._sinks[text].close)
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def write(self, line: Mapping[str, Any]) -> None:
        """Sends a line of the log to all that still work."""
        numbers = {name: value for name, value in line.items() if isinstance(value, int | float)}
        for text, sink in list(self._sinks.items()):
            try:
                sink.write(numbers, line["iteration"])
            except Exception as error:  # no log is worth a run
                del self._sinks[text]
                self._note(f"The log {text} stopped working: {one_line(error)}. The run goes on without it.")
