"""The outcomes of evaluations: read from run folders, kept as small tables, and paired over the same episodes."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.runs import episodes as recorded
from vlagen_bench.runs.durable import write_atomically
from vlagen_bench.runs.records import EpisodeRecord
from vlagen_bench.types import Episode
from vlagen_bench.utils.parsing import build

COLUMNS = (
    "condition", "index", "outcome", "once", "steps", "reached", "grasped", "over_target", "trouble", "object", "receptacle",
)  # fmt: skip
STAGES = ("reached", "grasped", "over_target")
"""how far an episode came, before success"""
RESTORE = (
    "Restore the records, for example with git; or remove study.json among them, and repeat the command that wrote them: vlagen study report, or, "
    "in the folder of a study, vlagen study run --records"
)
"""what to do about records that are damaged"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What became of one episode."""

    condition: str
    index: int
    """its scene; episodes of one index share their base draws"""
    outcome: Literal["success", "failure", "error"]
    once: bool
    """whether the task was done at some step"""
    steps: int
    reached: bool
    grasped: bool
    over_target: bool
    trouble: str
    """what went wrong; empty: nothing was named"""
    object: str
    receptacle: str

    @property
    def key(self) -> tuple[str, int]:
        return self.condition, self.index


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The outcomes of one policy on one plan, complete or not."""

    rows: tuple[Row, ...]

    @cached_property
    def by_key(self) -> dict[tuple[str, int], Row]:
        """Those that have an outcome: errors have none."""
        return {row.key: row for row in self.rows if row.outcome != "error"}

    @property
    def errors(self) -> int:
        return sum(row.outcome == "error" for row in self.rows)

    @property
    def conditions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.condition for row in self.rows))

    def of_all(self, conditions: Iterable[str]) -> tuple[Row, ...]:
        """The rows of some conditions; none if one of them was not scored, since a mean of some misleads beside one of all."""
        wanted = set(conditions)
        return self.of(wanted) if wanted <= {*self.conditions} else ()

    def of(self, conditions: Iterable[str]) -> tuple[Row, ...]:
        """The rows of some conditions that have an outcome."""
        wanted = set(conditions)
        return tuple(row for row in self.by_key.values() if row.condition in wanted)

    def won(self, condition: str, index: int) -> bool | None:
        """Whether an episode succeeded; None: it has no outcome."""
        row = self.by_key.get((condition, index))
        return None if row is None else row.outcome == "success"


def merged(evaluations: Iterable[Evaluation]) -> Evaluation:
    """Evaluations of one policy as one: the suite's conditions and those of the confirmation."""
    return Evaluation(rows=tuple(row for one in evaluations for row in one.rows))


def of_run(folder: Path) -> tuple[Evaluation, str]:
    """The outcomes in a run folder, in the order of its plan, and the plan's hash; raises `RunError` if it is damaged."""
    run = recorded.read(folder)
    rows = [_row(episode, run.results[episode.id]) for episode in run.plan.episodes if episode.id in run.results]
    return Evaluation(rows=tuple(rows)), run.plan.hash


def _row(episode: Episode, record: EpisodeRecord) -> Row:
    metrics = record.metrics
    return Row(
        condition=episode.condition,
        index=episode.index,
        outcome=record.outcome,
        once=bool(record.success_once),
        steps=record.steps,
        trouble=str(metrics.get("trouble") or ""),
        object=str(episode.values.get("object", "")),
        receptacle=str(episode.values.get("receptacle", "")),
        **{name: bool(metrics.get(name)) for name in STAGES},
    )


def rate_of(folder: Path) -> float | None:
    """The success rate in a run folder; None where it has no outcome."""
    evaluation, _ = of_run(folder)
    outcomes = [row.outcome == "success" for row in evaluation.by_key.values()]
    return sum(outcomes) / len(outcomes) if outcomes else None


def write(evaluation: Evaluation, path: Path) -> None:
    """Writes the table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(getattr(row, name)) for name in COLUMNS] for row in evaluation.rows)
    write_atomically(path, text.getvalue())


def read(path: Path) -> Evaluation:
    """The table in a file; raises `RunError` if it is none."""
    if not path.is_file():
        raise RunError(f"The table {path} is missing. {RESTORE}")
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        try:
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise RunError(f"{path} is no table of outcomes: its columns are {reader.fieldnames}. {RESTORE}")
            return Evaluation(rows=tuple(_parsed(line, path) for line in reader))
        except (ValueError, TypeError, ConfigError, csv.Error):
            raise RunError(f"{path}, line {reader.line_num}, is no outcome. {RESTORE}") from None


def _cell(value: str | int | bool) -> str | int:
    return int(value) if isinstance(value, bool) else value


def _parsed(line: Mapping[str, str], path: Path) -> Row:
    whole = {name: int(line[name]) for name in ("index", "steps")}
    flags = {name: line[name] == "1" for name in ("once", *STAGES)}
    return build(Row, {**line, **whole, **flags}, str(path))


def paired(first: Evaluation, other: Evaluation, conditions: Sequence[str]) -> dict[int, list[tuple[str, bool, bool]]]:
    """Scene -> (condition, whether the first succeeded, whether the other did), where both have an outcome."""
    scenes: dict[int, list[tuple[str, bool, bool]]] = {}
    for condition in conditions:
        indices = [row.index for row in first.of([condition])]
        for index in indices:
            mine, theirs = first.won(condition, index), other.won(condition, index)
            if mine is not None and theirs is not None:
                scenes.setdefault(index, []).append((condition, mine, theirs))
    return dict(sorted(scenes.items()))
