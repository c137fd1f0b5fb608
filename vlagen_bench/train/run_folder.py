"""The folder of a training run: its configuration, its state, its log and its checkpoints."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from vlagen_bench.errors import RunError
from vlagen_bench.runs.durable import write_atomically
from vlagen_bench.runs.folder import writing_to
from vlagen_bench.runs.lock import locked
from vlagen_bench.types import canonical_json
from vlagen_bench.utils.text import shown

FREE = ("iterations", "evaluation", "log", "threads", "rollouts.workers", "device")
"""keys of a configuration that may change when a run goes on: they change none of its numbers, or, of the last three, no more than
how they are rounded. In imitation `iterations` also says how fast the learning rate falls, and a change of it is told"""
ALGORITHM = "algorithm"
EMPTY = ("lock", "config.json", "inputs.json")
"""files of a run that ended before it had anything to go on with, such as one whose `model` has no such name"""


@dataclass(frozen=True, kw_only=True)
class TrainFolder:
    """Names of the files of a run."""

    path: Path
    before: Mapping[str, Any] = field(default_factory=dict)
    """the configuration that it was last opened with; empty for a new one"""

    @property
    def config(self) -> Path:
        """What was asked for, as JSON."""
        return self.path / "config.json"

    @property
    def inputs(self) -> Path:
        """What the run is made from, as far as the configuration names it by a path alone."""
        return self.path / "inputs.json"

    @property
    def log(self) -> Path:
        """One JSON line for each iteration."""
        return self.path / "log.jsonl"

    @property
    def state(self) -> Path:
        """What the run goes on with."""
        return self.path / "state.safetensors"

    @property
    def start(self) -> Path:
        """The policy that it began with."""
        return self.path / "start.safetensors"

    @property
    def policy(self) -> Path:
        """The policy after the last iteration that is done, to be played."""
        return self.path / "policy.safetensors"

    def has_begun(self) -> bool:
        """Whether there is anything but a configuration."""
        return any(entry.name not in EMPTY for entry in self.path.iterdir())

    def kept(self, iteration: int) -> Path:
        """The policy that was scored after an iteration."""
        return self.path / "checkpoints" / f"{iteration:05d}.safetensors"

    def evaluation(self, iteration: int) -> Path:
        """The run folder of that score."""
        return self.path / "evaluations" / f"{iteration:05d}"

    def lines(self) -> list[dict[str, Any]]:
        """The log so far."""
        if not self.log.is_file():
            return []
        return [self._parsed(number, line) for number, line in enumerate(self._text().splitlines(), 1)]

    def require_start(self) -> None:
        """Raises `RunError` if the policy that the run began with is gone: its state cannot go on from another one."""
        if not self.start.is_file():
            raise RunError(
                f"{self.start} is gone, the policy that this run began with. Put it back, or begin anew in another folder: "
                f"--out DIR"
            )

    def require_same(self, what: str, value: str) -> None:
        """Keeps what an input of the run is, such as a dataset.

        Raises:
            RunError: there is a state of the run, which was reached with another one.
        """
        kept = _mapping_in(self.inputs) if self.inputs.is_file() else {}
        if kept.get(what) == value:
            return
        if what in kept and any(self.path.glob("state*.safetensors")):
            raise RunError(
                f"{self.path} was begun with another {what}: {shown(kept[what])}, not {value}, though its name is the same. Put back what "
                f"was there, or choose another folder: --out DIR"
            )
        with writing_to(self.path):
            write_atomically(self.inputs, json.dumps({**kept, what: value}, indent=1) + "\n")

    def mend_log(self, iterations: int, last: Mapping[str, Any]) -> None:
        """Makes the log that of the first `iterations`, whenever the run was interrupted; `last` is the last one's line."""
        kept = [line for line in self._whole_lines() if line["iteration"] < iterations]
        text = "".join(json.dumps(line) + "\n" for line in [*kept, *([last] if last else [])])
        write_atomically(self.log, text)

    def append(self, line: Mapping[str, Any]) -> None:
        """Adds a line to the log."""
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _whole_lines(self) -> Iterator[dict[str, Any]]:
        text = self._text() if self.log.is_file() else ""
        for number, line in enumerate(text.splitlines(keepends=True), 1):
            if line.endswith("\n"):  # the last one may have been cut off
                yield self._parsed(number, line)

    def _text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _parsed(self, number: int, text: str) -> dict[str, Any]:
        try:
            line = json.loads(text)
            if not isinstance(line, dict) or not isinstance(line.get("iteration"), int):
                raise ValueError
        except ValueError:
            raise RunError(
                f"{self.log}, line {number}, is damaged: {shown(text)}. Restore the log, or remove that line, which is then lost."
            ) from None
        return line


@contextmanager
def opened(path: Path, algorithm: str, config: Any) -> Iterator[TrainFolder]:
    """The folder of a run, new or gone on with; no other process writes it meanwhile.

    Raises:
        RunError: it holds a run of another configuration, or something else, or another process writes it.
    """
    folder = TrainFolder(path=path)
    path.mkdir(parents=True, exist_ok=True)
    with locked(path / "lock"):
        mine = json.loads(canonical_json({ALGORITHM: algorithm, **asdict(config)}))
        old = _recorded(folder) if folder.config.is_file() else None
        # Other programs have files of this name, too.
        if old is not None and (folder.has_begun() or ALGORITHM not in old):
            _compare(folder, old, mine, json.loads(canonical_json(_usual(config))))
        elif any(entry.name not in EMPTY and entry.suffix != ".partial" for entry in path.iterdir()):
            raise RunError(f"{path} holds other things than a training run. Choose another folder: --out DIR")
        with writing_to(path):
            write_atomically(folder.config, json.dumps(mine, indent=1) + "\n")
        yield replace(folder, before=old or {})


def _recorded(folder: TrainFolder) -> dict[str, Any]:
    """The configuration in a folder; raises `RunError` where it is damaged."""
    return _mapping_in(folder.config)


def _mapping_in(path: Path) -> dict[str, Any]:
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(old, dict):
            raise ValueError("it is no mapping")
    except ValueError:
        raise RunError(f"{path} is damaged. Begin anew in another folder: --out DIR") from None
    return old


def _usual(config: Any) -> dict[str, Any]:
    """The values that keys have where they are not given: what a run was made with before there was such a key."""
    usual: dict[str, Any] = {}
    for one in fields(config):
        value = getattr(config, one.name)
        if is_dataclass(value):
            usual[one.name] = _usual(value)
        elif one.default is not MISSING:
            usual[one.name] = one.default
    return usual


def _compare(folder: TrainFolder, old: Mapping[str, Any], mine: Mapping[str, Any], usual: Mapping[str, Any]) -> None:
    kept, wanted = dict(_flat(usual)) | dict(_flat(old)), dict(_flat(mine))
    for key in (*wanted, *kept):
        if not key.startswith(FREE) and kept.get(key) != wanted.get(key):
            raise RunError(
                f"{folder.path} holds a run with another `{key}`: {kept.get(key)!r}, not {wanted.get(key)!r}. Go on with its "
                f"own configuration, or choose another folder: --out DIR"
            )


def _flat(config: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its whole name, such as `rollouts.episodes`."""
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value
