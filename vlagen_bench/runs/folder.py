"""The run folder: append-only, survives kill -9, resumes, and refuses to mix two runs."""

import fcntl
import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import numpy as np

from vlagen_bench.errors import RunError
from vlagen_bench.plan.plan import write as write_plan
from vlagen_bench.runs import episodes, outside
from vlagen_bench.runs.actions import write_actions
from vlagen_bench.types import EpisodeResult, Plan

IDENTITY = ("schema", "plan_hash", "policy")
"""header keys that must be the same for a run to be resumed"""
SELECTION = {
    "suite": "suite",
    "seed": "seed",
    "episodes_per_condition": "episodes per condition",
    "conditions": "conditions",
}
"""header keys that say what makes a plan, and how sentences call them"""


class RunFolder:
    """A run on disk: `header.json`, `plan.json`, `episodes.jsonl`, `actions/`, `videos/`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results: dict[str, Mapping[str, Any]] = {}
        self._header: dict[str, Any] = {}
        self.remarks: list[str] = []
        """what was repaired when it was opened, a sentence each"""
        self._committed = 0
        """bytes of `episodes.jsonl` that are on the disk for good"""

    @classmethod
    @contextmanager
    def writing(cls, path: Path, header: Mapping[str, Any], plan: Plan, *, retry_lost: bool = False) -> Iterator[Self]:
        """Opens a folder for this run, alone, new or to be resumed.

        Args:
            path: the folder.
            header: of this run, for a new folder.
            plan: of this run.
            retry_lost: episodes whose actions are lost or damaged have no result any more; what they had becomes an error of that attempt.

        Raises:
            RunError: it cannot be written, another process writes it, it holds another run, or it is damaged.
        """
        run = cls(path)
        with writing_to(path):
            for folder in (path, path / "actions", path / "videos"):
                folder.mkdir(parents=True, exist_ok=True)
            lock = open(path / "lock", "w")  # noqa: SIM115 - held until the run ends
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunError(
                    f"Another process is writing {path}. Wait for it, or choose another folder: --out DIR"
                ) from None
            except OSError as error:  # some network file systems have no locks
                raise RunError(
                    f"{path} cannot be locked ({error.strerror}), so that two runs could mix there. Choose a folder on "
                    f"another file system: --out DIR"
                ) from None
            with writing_to(path):
                run._open(header, plan, retry_lost=retry_lost)
            yield run
        finally:
            lock.close()

    @classmethod
    def reading(cls, path: Path) -> "RunFolder":
        """Opens a finished or unfinished run to look at it; raises `RunError` if it is no run."""
        run = cls(path)
        run.results = {name: record.to_dict() for name, record in episodes.read(path).results.items()}
        return run

    def _open(self, header: Mapping[str, Any], plan: Plan, *, retry_lost: bool) -> None:
        header_path, lines_path = self.path / episodes.HEADER, self.path / episodes.RESULTS
        if episodes.is_used(self.path):
            known = episodes.header_json(self.path)
            if outside.missing(known) is not None:  # then its plan cannot be read, and it is another run
                _check_same(self.path, header, known)
            old = episodes.records(self.path) if retry_lost else episodes.stored(self.path)
            _check_same(self.path, header, old.header_json)
            self._header = dict(old.header_json)
            self.results = {name: record.to_dict() for name, record in old.results.items()}
            self._committed = old.size
            self._repair(old, old.unreadable() if retry_lost else ())
        else:
            self._header = dict(header)
            write_plan(plan, self.path / episodes.PLAN)
            _sync(self.path / episodes.PLAN)
            _write_atomically(header_path, json.dumps(header, indent=1, sort_keys=True) + "\n")
        with open(lines_path, "ab") as lines:
            lines.truncate(self._committed)  # what a killed process left of its last line
        _sync(self.path)

    def _repair(self, old: episodes.RecordedRun, lost: Collection[str]) -> None:
        """Removes what is left of a torn line, and the results whose actions are lost."""
        if old.torn:
            self.remarks.append(
                f"The last line of {self.path / episodes.RESULTS} was not complete ({old.torn} bytes) and is removed: its "
                f"episode is played again."
            )
        if lost:
            lines = _without(old, lost)
            _write_atomically(self.path / episodes.RESULTS, lines)
            self._committed = len(lines.encode())
            self.results = {name: record for name, record in self.results.items() if name not in lost}
            self.remarks.append(
                f"The actions of {len(lost)} episodes are lost or damaged, so they are played again. What they had ended as stays in "
                f"{self.path / episodes.RESULTS}, as an error of that attempt."
            )

    def done(self, episode_id: str, *, retry_errors: bool) -> bool:
        """Whether the episode needs no run: it has a result, and is not an error that shall be tried again."""
        record = self.results.get(episode_id)
        return record is not None and not (retry_errors and record["outcome"] == "error")

    def amend(self, **facts: Any) -> None:
        """Lets the header say something that became known later; None: what it never says otherwise."""
        path = self.path / "header.json"
        if any(self._header.get(name) != value for name, value in facts.items()):
            self._header |= facts
            with writing_to(self.path):
                _write_atomically(path, json.dumps(self._header, indent=1, sort_keys=True) + "\n")

    def note_executor(self, how: Mapping[str, Any]) -> None:
        """Lets the header say who plays, after those who played before: a run may go on with others."""
        known = self._header.get("players", [])
        self.amend(players=[*known, *([] if how in known else [how])])

    def add(self, result: EpisodeResult, actions: list[np.ndarray], state_hashes: list[str]) -> None:
        """Writes the actions, then the line that makes the episode count; raises `RunError` if the disk refuses.

        That survives the end of this process at any moment; `commit` makes it survive that of the machine, too.
        """
        record = result.to_dict()
        line = (json.dumps(record, sort_keys=True, allow_nan=False) + "\n").encode()
        with writing_to(self.path):
            write_actions(self.path, result.episode.id, actions, state_hashes)
            # Unbuffered: where a disk is full, a buffer would keep the rest of a line and be in the way of truncating it.
            with open(self.path / "episodes.jsonl", "ab", buffering=0) as lines:
                start = lines.tell()
                try:
                    while line:
                        line = line[lines.write(line) :]
                except OSError:
                    with suppress(OSError):
                        lines.truncate(start)
                    raise
        self.results[result.episode.id] = record

    def commit(self) -> None:
        """Puts the lines of all episodes that were added on the disk for good; raises `RunError` if that fails.

        Once for several episodes, since it takes the disk as long as for one. Nothing may report them before.
        """
        with writing_to(self.path), open(self.path / "episodes.jsonl", "ab", buffering=0) as lines:
            try:
                os.fsync(lines.fileno())
            except OSError:
                with suppress(OSError):
                    lines.truncate(self._committed)
                raise
            self._committed = lines.tell()


def _without(run: episodes.RecordedRun, lost: Collection[str]) -> str:
    """The lines of a run, in which an attempt whose actions are lost is an error that says what it had ended as."""
    lines = []
    for line in episodes.complete_lines(run.path / episodes.RESULTS)[0]:
        record = json.loads(line)
        if record["id"] in lost and record["outcome"] != "error":
            said = f"lost: the actions of this attempt, which had ended as {record['outcome']}, so that it was played again"
            ended = {
                "outcome": "error",
                "success_once": None,
                "success_at_end": None,
                "error": f"{said} (--retry-lost).",
            }
            record |= ended
        lines.append(json.dumps(record, sort_keys=True, allow_nan=False) + "\n")
    return "".join(lines)


def _check_same(path: Path, new: Mapping[str, Any], old: Mapping[str, Any]) -> None:
    ways = list(_ways(new, old)) if old.get("plan_hash") != new["plan_hash"] else []
    if ways:
        raise RunError(
            f"{path} holds another run, with {'; '.join(ways)}. Choose another folder (--out DIR), or repeat the first "
            f"command to resume it."
        )
    for key in IDENTITY:
        was, now = old.get(key), new[key]
        if was != now:
            raise RunError(
                f"{path} holds another run: its {key.replace('_', ' ')} is {_short(_differing(was, now))}, but this one's "
                f"is {_short(_differing(now, was))}. Choose another folder (--out DIR), or repeat the first command to "
                f"resume it."
            )
    outside.check_same(path, new, old)


def _ways(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[str]:
    """What differs in what was asked for, which makes the plans differ: the stored first."""
    for key, words in SELECTION.items():
        was, now = old.get(key), new.get(key)
        if was == now:
            continue
        if key == "conditions":
            gone, added = (
                ", ".join(one for one in a if one not in b) for a, b in ((was or [], now or []), (now or [], was or []))
            )
            yield f"{words} {_cut(gone) or 'fewer'} against {_cut(added) or 'fewer'}"
        elif key == "suite":
            yield f"{words} {_suite(was)} against {_suite(now)}"
        else:
            yield f"{words} {was} against {now}"


def _suite(suite: Any) -> str:
    return f"{suite.get('name')} version {suite.get('version')} of {suite.get('task')}" if suite else "none"


def _cut(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."


def _differing(mine: Any, other: Any) -> Any:
    """The part of `one` that is not the same in `other`."""
    if not isinstance(mine, Mapping) or not isinstance(other, Mapping):
        return mine
    return {key: _differing(value, other.get(key)) for key, value in mine.items() if value != other.get(key)}


def _short(value: Any) -> str:
    return _cut(json.dumps(value, sort_keys=True))


def _write_atomically(path: Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    _sync(partial)
    os.replace(partial, path)


def _sync(path: Path) -> None:
    """Puts a file, or the names in a folder, on the disk for good."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turns what the operating system refuses into a sentence."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(
            f"The run folder {path} cannot be written: {reason}. Nothing recorded is lost; make room or choose "
            f"another folder (--out DIR), then repeat the command."
        ) from None
