"""The one reader of run folders: header, plan, attempts and actions, typed and checked against each other.

Everything that reads a run uses it: resuming, reports, `load_run`, comparisons, replay and submissions. So a damaged folder
is refused everywhere with the same sentence, which names the file, the line and what repairs it.
"""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import numpy as np

from vlagen_bench.errors import RunError, VlagenError
from vlagen_bench.plan.options import options
from vlagen_bench.plan.plan import episode_from_dict, task_of
from vlagen_bench.runs import outside
from vlagen_bench.runs.actions import read_actions
from vlagen_bench.runs.records import SCHEMA, EpisodeLine, EpisodeRecord, Header, faults
from vlagen_bench.scenes import specs
from vlagen_bench.types import Episode, Plan, Suite, canonical_json
from vlagen_bench.utils.parsing import build
from vlagen_bench.utils.text import shown

T = TypeVar("T")
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
        """One of its episodes with its actions; raises `RunError` if these are missing or damaged."""
        robot = specs.scene(task_of(episode.task).scene).robot
        actions, hashes = read_actions(self.path, episode.id, robot.action_dim)
        return RecordedEpisode(
            episode=episode, record=self.results[episode.id], actions=actions, state_hashes=tuple(hashes)
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
    return _recorded(path, header, content)


def stored(path: Path) -> RecordedRun:
    """As `read`, whether or not everything that the run took from outside the package is here."""
    return _recorded(path, *_header(path))


def header(path: Path) -> Header:
    """The header of a run folder; raises `RunError` if it is damaged."""
    return _header(path)[0]


def header_json(path: Path) -> dict[str, Any]:
    """The header of a run folder as it is stored; raises `RunError` if it is damaged."""
    return _header(path)[1]


def _recorded(path: Path, header: Header, content: Mapping[str, Any]) -> RecordedRun:
    plan = _plan(path, header, content)
    attempts, size = _attempts(path / RESULTS, plan)
    return RecordedRun(path=path, header=header, header_json=content, plan=plan, attempts=attempts, size=size)


def of_run(path: Path, only: str | None = None) -> Iterator[RecordedEpisode]:
    """The takes of a run folder, as `RecordedRun.takes`; raises as `read` does."""
    return read(path).takes(only)


def _header(path: Path) -> tuple[Header, dict[str, Any]]:
    file = path / HEADER
    if not file.is_file():
        damaged = f" It has results, so it is damaged. {RESTORE}" if _has_results(path) else ""
        raise RunError(f"{path} is not a run folder: it has no {HEADER}.{damaged}")
    content = _json(file, RESTORE)
    if not isinstance(content, dict):
        raise RunError(f"{file} cannot be read: it is not a mapping. {RESTORE}")
    if content.get("schema") != SCHEMA:
        raise RunError(
            f"{path} was written in schema {shown(content.get('schema'))}, and this release reads {SCHEMA}. "
            f"Use the release that made the run."
        )
    return _built(Header, content, str(file), RESTORE), content


def _has_results(path: Path) -> bool:
    try:
        return (path / RESULTS).stat().st_size > 0
    except OSError:
        return False


def _plan(path: Path, header: Header, stored_header: Mapping[str, Any]) -> Plan:
    file = path / PLAN
    made = options(header.suite.name, header.suite.task, header.conditions, header.episodes_per_condition, header.seed)
    included = outside.include_options(stored_header)
    repair = f"Write it again: {shlex.join(['vlagen', 'plan', *included, *made, '--out', str(file)])}"
    if changed := " ".join(outside.changes(stored_header)):
        repair = f"{changed} Restore what the run was made with. {repair}"
    content = _json(file, repair)
    if not isinstance(content, dict) or not isinstance(content.get("episodes"), list):
        raise RunError(f"{file} cannot be read: it has no list of episodes. {repair}")
    suite = _built(Suite, content.get("suite"), f"{file}: suite", repair)
    plan = Plan(suite=suite, episodes=tuple(_episodes(content["episodes"], file, repair)))
    named = header.suite
    same = (named.name, named.version, named.task) == (suite.name, suite.version, suite.task)
    if not plan.episodes or plan.hash != header.plan_hash or not same or header.conditions != suite.conditions:
        raise RunError(f"{file} is not the plan that {HEADER} names. {repair}")
    return plan


def _episodes(listed: Iterable[Any], file: Path, repair: str) -> Iterator[Episode]:
    for number, content in enumerate(listed):
        where = f"{file}: episodes[{number}]"
        line = _built(EpisodeLine, content, where, repair)
        try:
            yield episode_from_dict(line.of())
        except VlagenError as error:
            raise RunError(f"{where}: {shown(error)} {repair}") from None
        except (ValueError, TypeError, RecursionError):
            raise RunError(f"{where} has values that no episode has: it was edited. {repair}") from None


def _attempts(file: Path, plan: Plan) -> tuple[dict[str, tuple[EpisodeRecord, ...]], int]:
    attempts: dict[str, tuple[EpisodeRecord, ...]] = {}
    size = 0
    for number, line in complete_lines(file):
        record = _record(line, plan, file, number)
        earlier = attempts.get(record.id, ())
        if earlier and earlier[-1].outcome != "error":
            _refuse(file, number, f": the episode {record.id} has a result already")
        attempts[record.id] = (*earlier, record)
        size += len(line)
    return attempts, size


def complete_lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that have their end, numbered from 1: a killed process may leave a last one without."""
    try:
        content = file.read_bytes() if file.exists() else b""
    except OSError as error:
        raise RunError(f"{file} cannot be read: {error.strerror}. {RESTORE}") from None
    for number, line in enumerate(content.splitlines(keepends=True), 1):
        if line.endswith(b"\n"):
            yield number, line


def _record(line: bytes, plan: Plan, file: Path, number: int) -> EpisodeRecord:
    try:
        content = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        _refuse(file, number, ", is not a record of an episode")
    name = content.get("id")
    if not isinstance(name, str) or name not in plan.by_id:
        _refuse(file, number, f": the episode {shown(name)} is not in {PLAN}")
    record = _built(EpisodeRecord, content, f"{file}, line {number}", _line_repair(file, number))
    for key, planned in plan.by_id[name].to_dict().items():
        if not _same(record.of()[key], planned):
            _refuse(file, number, f": '{key}' is not that of the episode {name} in {PLAN}")
    if fault := faults(record):
        _refuse(file, number, f": {shown(fault)}")
    return record


def _refuse(file: Path, number: int, what: str) -> NoReturn:
    raise RunError(f"{file}, line {number}{what}. {_line_repair(file, number)}")


def _line_repair(file: Path, number: int) -> str:
    """What makes a run of a folder with one wrong line: without it, the episode has no result and is played again."""
    return f"Remove that line (sed -i {number}d {shlex.quote(str(file))}), then repeat the command of the run."


def _built(kind: type[T], content: Any, where: str, repair: str) -> T:
    try:
        return build(kind, content, where)
    except VlagenError as error:
        raise RunError(f"{shown(error)} {repair}") from None
    except (TypeError, ValueError, RecursionError):
        raise RunError(f"{where} has values of a wrong type. {repair}") from None


def _json(file: Path, repair: str) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"), parse_constant=_no_number)
    except FileNotFoundError:
        raise RunError(f"{file} cannot be read: there is no such file. {repair}") from None
    except OSError as error:
        raise RunError(f"{file} cannot be read: {error.strerror}. {repair}") from None
    except (ValueError, RecursionError) as error:
        raise RunError(f"{file} cannot be read: it is not JSON ({shown(error)}). {repair}") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _same(one: Any, other: Any) -> bool:
    try:
        return canonical_json(one) == canonical_json(other)
    except (ValueError, RecursionError):  # an infinite number, such as 1e999; or depth
        return False
