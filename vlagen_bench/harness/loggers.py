"""The loggers of a run: TensorBoard and Weights & Biases, imported only where asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.harness.counts import Counts
from vlagen_bench.harness.episode import PlayedEpisode
from vlagen_bench.types import content_hash
from vlagen_bench.utils import installing
from vlagen_bench.utils.text import one_line


class Sink(Protocol):
    """Takes numbers by name."""

    def write(self, numbers: Mapping[str, float], step: int) -> None: ...

    def close(self) -> None: ...


class TensorBoard:
    """Event files in the run folder: `tensorboard --logdir RUN`."""

    def __init__(self, run: Path, header: Mapping[str, Any], project: str) -> None:
        from tensorboardX import SummaryWriter

        if project:
            raise ConfigError(f"--log tensorboard:{project}: its files go into the run folder. Give --log tensorboard")
        self._writer = SummaryWriter(str(run / "tensorboard"))

    def write(self, numbers: Mapping[str, float], step: int) -> None:
        for name, value in numbers.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class WeightsAndBiases:
    """A run of a project there, gone on with when the run is resumed; WANDB_MODE=offline keeps it here."""

    def __init__(self, run: Path, header: Mapping[str, Any], project: str) -> None:
        import wandb

        if not project:
            raise ConfigError("--log wandb: to which project? Name it, such as --log wandb:vlagen")
        self._run = wandb.init(
            project=project,
            name=run.name,
            id=content_hash([str(run.resolve()), header["plan_hash"]])[:16],
            resume="allow",
            dir=str(run),
            config=dict(header),
        )
        # Its own steps only ever grow, and errors that are tried again are not done any more.
        self._run.define_metric("*", step_metric="episodes")

    def write(self, numbers: Mapping[str, float], step: int) -> None:
        self._run.log({**numbers, "episodes": step})

    def close(self) -> None:
        self._run.finish()


SINKS: dict[str, Callable[[Path, Mapping[str, Any], str], Sink]] = {
    "tensorboard": TensorBoard,
    "wandb": WeightsAndBiases,
}


class RunLogger:
    """A listener that writes the counts, which have to listen before it does. No log is worth a run."""

    def __init__(self, name: str, sink: Sink, counts: Counts, note: Callable[[str], Any]) -> None:
        self._name, self._sink, self._counts, self._note = name, sink, counts, note
        self._broken = False

    def ended(self, played: PlayedEpisode) -> None:
        """Writes the rates so far, and the times of the episode."""
        self._try(lambda: self._sink.write(self._numbers(played), self._counts.all.done))

    def close(self) -> None:
        """Nothing more will be written."""
        self._try(self._sink.close)

    def _numbers(self, played: PlayedEpisode) -> dict[str, float]:
        condition = played.result.episode.condition
        rates = {"success_rate": self._counts.all, f"conditions/{condition}": self._counts.conditions[condition]}
        per_minute = self._counts.per_minute
        return {
            **{name: count.rate for name, count in rates.items() if count.rate is not None},
            "errors": self._counts.all.errors,
            **({} if per_minute is None else {"episodes_per_minute": per_minute}),
            **{f"seconds/{name.removesuffix('_s')}": value for name, value in played.result.timings.items()},
        }

    def _try(self, call: Callable[[], Any]) -> None:
        if self._broken:
            return
        try:
            call()
        except Exception as error:
            self._broken = True
            self._note(f"--log {self._name} stopped working: {one_line(error)}. The run goes on without it.")


@contextmanager
def logs(
    wanted: Iterable[str], run: Path, header: Mapping[str, Any], counts: Counts, note: Callable[[str], Any]
) -> Iterator[tuple[RunLogger, ...]]:
    """The logs that `--log` asks for, such as `tensorboard` or `wandb:PROJECT`.

    Raises:
        ConfigError: there is no such log, its package is not installed, or it cannot be begun.
    """
    with ExitStack() as stack:
        loggers = []
        for text in wanted:
            loggers.append(RunLogger(text, sink(text, run, header), counts, note))
            stack.callback(loggers[-1].close)
        yield tuple(loggers)


def sink(text: str, run: Path, header: Mapping[str, Any]) -> Sink:
    """The log that a word asks for, such as `tensorboard` or `wandb:PROJECT`; raises `ConfigError` as `logs`."""
    name, _, project = text.partition(":")
    if name not in SINKS:
        raise ConfigError(f"--log: {unknown('log', name, SINKS)}")
    try:
        return SINKS[name](run, header, project)
    except ModuleNotFoundError as error:
        raise ConfigError(installing.lacking(f"--log {text}", error.name, name)) from None
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(f"--log {text} cannot be started: {one_line(error)}") from error
