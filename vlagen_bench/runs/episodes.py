"""The one reader of run folders: header, plan, attempts and actions, typed and checked against each other.

Everything that reads a run uses it: resuming, reports, `load_run`, comparisons, replay and submissions. So a damaged folder
is refused everywhere with the same sentence, which names the file, the line and what repairs it.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from vlagen_bench.errors import RunError
from vlagen_bench.plan.plan import task_of
from vlagen_bench.runs import actions, commands, outside, stored_plan
from vlagen_bench.runs.consistency import contradiction, header_fault
from vlagen_bench.runs.records import SCHEMA, EpisodeRecord, Header
from vlagen_bench.runs.stored_json import built, load, parse, same
from vlagen_bench.scenes import specs
from vlagen_bench.types import Episode, Plan, Task
from vlagen_bench.utils.text import shown

HEADER, PLAN, RESULTS = "header.json", "plan.json", "episodes.jsonl"
RESTORE = "Restore it from a copy, or start a new run in another folder: --out DIR"


@dataclass(frozen=True, kw_only=True)
class RecordedEpisode:
    """An episode as it was played: enough to play it again, and to see whether it goes the same way."""

    episode: Episode
    record: EpisodeRecord
    actions: np.ndarray
    """float32 (T, 7)"""
    state_hashes: tuple[str, ...]
    """after the reset, and after each action"""


@dataclass(frozen=True, kw_only=True)
class RecordedRun:
    """A run folder, complete or not, whose parts belong together."""

    path: Path
    header: Header
    header_json: Mapping[str, Any]
    """the header as it is stored"""
    plan: Plan
    attempts: Mapping[str, tuple[EpisodeRecord, ...]]
    """id -> its records in order; all but the last are errors"""
    size: int
    """bytes of `episodes.jsonl` up to the end of its last complete line"""
    torn: int = 0
    """bytes after that: what a killed process left of a line"""

    @property
    def task(self) -> Task:
        """Of all its episodes."""
        return task_of(self.plan.episodes[0].task)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was found damaged and does not count, a sentence each."""
        if not self.torn:
            return ()
        return (
            f"The last line of {self.path / RESULTS} is not complete ({self.torn} bytes): it does not count. Repeating the "
            f"command of the run removes it, and plays its episode.",
        )

    @cached_property
    def lost(self) -> tuple[str, ...]:
        """The episodes with a result whose actions are missing, or cannot be all there."""
        steps = {name: record.steps for name, record in self.results.items()}
        return actions.lost(self.path, steps, specs.of_task(self.task).robot.action_dim)

    def unreadable(self) -> tuple[str, ...]:
        """As `lost`, and those whose actions are damaged or not of their steps: every file is read for that."""
        return tuple(filter(self._is_unreadable, self.results))

    def _is_unreadable(self, name: str) -> bool:
        try:
            self.take(self.plan.by_id[name])
        except RunError:
            return True
        return False

    @cached_property
    def results(self) -> Mapping[str, EpisodeRecord]:
        """The record that counts of each episode."""
        return {name: records[-1] for name, records in self.attempts.items()}

    @cached_property
    def plain_results(self) -> dict[str, Mapping[str, Any]]:
        """`results` in JSON form, and under `attempts` how often that episode was tried."""
        return {
            name: {**record.to_dict(), "attempts": attempts_in(self.attempts[name])}
            for name, record in self.results.items()
        }

    def take(self, episode: Episode) -> RecordedEpisode:
        """One of its episodes with its actions; raises `RunError` if these are missing, damaged or not of its steps."""
        robot = specs.of_task(task_of(episode.task)).robot
        table, hashes = actions.read_actions(self.path, episode.id, robot.action_dim)
        steps = self.results[episode.id].steps
        if len(table) != steps:
            raise RunError(
                f"{self.path / 'actions' / episode.id}.npz holds {len(table)} actions, but the episode has {steps} steps in "
                f"{RESULTS}: one of both was edited. {actions.AGAIN}"
            )
        return RecordedEpisode(
            episode=episode, record=self.results[episode.id], actions=table, state_hashes=tuple(hashes)
        )

    def takes(self, only: str | None = None) -> Iterator[RecordedEpisode]:
        """The episodes with a result, in the order of the plan.

        Args:
            only: the id of one episode, or its beginning.

        Raises:
            RunError: there is no such episode, or actions are missing or damaged.
        """
        played = [episode for episode in self.plan.episodes if episode.id in self.results]
        if only is not None:
            played = [episode for episode in played if episode.id.startswith(only)]
            if len(played) != 1:
                raise RunError(
                    f"{self.path} has {len(played)} recorded episodes whose id begins with '{only}', where one is meant. "
                    f"The ids stand in its episodes.jsonl."
                )
        return map(self.take, played)


def attempts_in(records: Iterable[EpisodeRecord]) -> int:
    """How often an episode was tried, by its records: each is the end of an attempt, and may have been begun before."""
    return sum(1 + record.restarts for record in records)


def read(path: Path) -> RecordedRun:
    """The run in a folder. A last line that was not completed does not count: its episode has no result yet.

    Raises:
        RunError: it is no run folder, is damaged, or needs what is not included here.
    """
    header, content = _header(path)
    outside.require(path, content)  # before the plan, which names tasks and axes
    return _with_actions(_recorded(path, header, content))


def stored(path: Path) -> RecordedRun:
    """As `read`, whether or not everything that the run took from outside the package is here."""
    return _with_actions(_recorded(path, *_header(path)))


def records(path: Path) -> RecordedRun:
    """As `stored`, whether or not the actions of every episode are here, which `lost` says."""
    return _recorded(path, *_header(path))


def header(path: Path) -> Header:
    """The header of a run folder; raises `RunError` if it is damaged."""
    return _header(path)[0]


def header_json(path: Path) -> dict[str, Any]:
    """The header of a run folder as it is stored; raises `RunError` if it is damaged."""
    return _header(path)[1]


def _recorded(path: Path, header: Header, content: Mapping[str, Any]) -> RecordedRun:
    plan = stored_plan.read(path / PLAN, header, content)
    task = task_of(plan.episodes[0].task)
    if fault := header_fault(header, plan, task):
        raise RunError(f"{path / HEADER} was edited: {shown(fault)}. {RESTORE}")
    own = any(one.kind in ("task", "family") for one in header.outside)
    lines, torn = complete_lines(path / RESULTS)
    return RecordedRun(
        path=path,
        header=header,
        header_json=content,
        plan=plan,
        attempts=_attempts(path / RESULTS, lines, plan, None if own else task),
        size=sum(map(len, lines)),
        torn=torn,
    )


def _with_actions(run: RecordedRun) -> RecordedRun:
    """The run; raises `RunError` if actions are lost, without which no score of it can be checked."""
    if run.lost:
        more = f" and {len(run.lost) - 1} more" if len(run.lost) > 1 else ""
        raise RunError(
            f"{run.path / 'actions'} lacks the actions of the episode {run.lost[0]}{more}, or what is there of them is too "
            f"short. Restore it from a copy, or have what is lost played again: "
            f"{commands.resume(run.header_json, run.path, 'retry_lost')}"
        )
    return run


def of_run(path: Path, only: str | None = None) -> Iterator[RecordedEpisode]:
    """The takes of a run folder, as `RecordedRun.takes`; raises as `read` does."""
    return read(path).takes(only)


def is_used(path: Path) -> bool:
    """Whether a folder has anything of a run that began to play."""
    return (path / HEADER).exists() or _has_results(path) or any((path / "actions").glob("*.npz"))


def _header(path: Path) -> tuple[Header, dict[str, Any]]:
    file = path / HEADER
    if not file.is_file():
        damaged = f" It has results, so it is damaged. {RESTORE}" if is_used(path) else ""
        raise RunError(f"{path} is not a run folder: it has no {HEADER}.{damaged}")
    content = load(file, RESTORE)
    if not isinstance(content, dict):
        raise RunError(f"{file} cannot be read: it is not a mapping. {RESTORE}")
    if content.get("schema") != SCHEMA:
        raise RunError(
            f"{path} was written in schema {shown(content.get('schema'))}, and this release reads {SCHEMA}. "
            f"Use the release that made the run."
        )
    return built(Header, content, str(file), RESTORE), content


def _has_results(path: Path) -> bool:
    try:
        return (path / RESULTS).stat().st_size > 0
    except OSError:
        return False


def _attempts(
    file: Path, lines: Iterable[bytes], plan: Plan, task: Task | None
) -> dict[str, tuple[EpisodeRecord, ...]]:
    attempts: dict[str, tuple[EpisodeRecord, ...]] = {}
    for number, line in enumerate(lines, 1):
        record = _record(line, plan, task, file, number)
        earlier = attempts.get(record.id, ())
        if earlier and earlier[-1].outcome != "error":
            _refuse(file, number, f": the episode {record.id} has a result already")
        attempts[record.id] = (*earlier, record)
    return attempts


def complete_lines(file: Path) -> tuple[list[bytes], int]:
    """The lines of a file that have their end, and the bytes after them: a killed process may leave a last one without."""
    try:
        content = file.read_bytes() if file.exists() else b""
    except OSError as error:
        raise RunError(f"{file} cannot be read: {error.strerror}. {RESTORE}") from None
    *lines, rest = content.split(b"\n")
    return [line + b"\n" for line in lines], len(rest)


def _record(line: bytes, plan: Plan, task: Task | None, file: Path, number: int) -> EpisodeRecord:
    try:
        content = parse(line)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        _refuse(file, number, ", is not a record of an episode")
    name = content.get("id")
    if not isinstance(name, str) or name not in plan.by_id:
        _refuse(file, number, f": the episode {shown(name)} is not in {PLAN}")
    record = built(EpisodeRecord, content, f"{file}, line {number}", _line_repair(file, number))
    for key, planned in plan.by_id[name].to_dict().items():
        if not same(record.of()[key], planned):
            _refuse(file, number, f": '{key}' is not that of the episode {name} in {PLAN}")
    if fault := contradiction(record, task):
        _refuse(file, number, f": {shown(fault)}")
    return record


def _refuse(file: Path, number: int, what: str) -> NoReturn:
    raise RunError(f"{file}, line {number}{what}. {_line_repair(file, number)}")


def _line_repair(file: Path, number: int) -> str:
    """What makes a run of a folder with one wrong line: without it, the episode has no result and is played again."""
    return (
        f"Remove that line (sed -i.bak {number}d {shlex.quote(str(file))}), which leaves a copy of the file beside it, then "
        f"repeat the command of the run, which plays the episode again."
    )
