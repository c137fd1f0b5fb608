"""The run folder: append-only, survives kill -9, resumes, and refuses to mix two runs."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import numpy as np

from vlagen_bench.errors import RunError
from vlagen_bench.plan.plan import write as write_plan
from vlagen_bench.runs import episodes, identity, outside
from vlagen_bench.runs.actions import write_actions
from vlagen_bench.runs.durable import sync, write_atomically
from vlagen_bench.runs.lock import locked
from vlagen_bench.runs.repair import give_up_lost, repairs
from vlagen_bench.scenes.cameras import described
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
        """id -> the record that counts, and under `attempts` how often the episode was tried"""
        self._header: dict[str, Any] = {}
        self.remarks: list[str] = []
        """what was repaired when it was opened, a sentence each"""
        self._lost: frozenset[str] = frozenset()
        """episodes whose actions are lost, and that are played again"""
        self._with_first_result: dict[str, Any] = {}
        """what the header says from this session's first result on"""
        self._check_held: Callable[[], None] = lambda: None
        self._committed = 0
        """bytes of `episodes.jsonl` that are on the disk for good"""

    @classmethod
    @contextmanager
    def writing(
        cls,
        path: Path,
        header: Mapping[str, Any],
        plan: Plan,
        *,
        changed_policy: bool = False,
        retry_lost: bool = False,
    ) -> Iterator[Self]:
        """Opens a folder for this run, alone, new or to be resumed.

        Args:
            path: the folder.
            header: of this session.
            plan: what is played.
            changed_policy: whether a run may go on with another policy, or in another environment.
            retry_lost: episodes whose actions are lost or damaged are not done; what they had is an error of that attempt.

        Raises:
            RunError: it cannot be written, another process writes it, it holds another run, or it is damaged.
        """
        run = cls(path)
        with ExitStack() as held:
            with writing_to(path):
                for folder in (path, path / "actions", path / "videos"):
                    folder.mkdir(parents=True, exist_ok=True)
                if retry_lost:  # under a lock of its own, since it replaces the file that is locked
                    run._lost = give_up_lost(path, lambda old: run._check(old, header, changed_policy))
                run._check_held = held.enter_context(locked(path / episodes.RESULTS))
                run._open(header, plan, changed_policy)
            yield run

    @classmethod
    def reading(cls, path: Path) -> "RunFolder":
        """Opens a finished or unfinished run to look at it; raises `RunError` if it is no run."""
        run = cls(path)
        run.results = episodes.read(path).plain_results
        return run

    @property
    def header(self) -> Mapping[str, Any]:
        """The header as it is stored."""
        return self._header

    @property
    def changed(self) -> tuple[str, ...]:
        """What is other in this session than when the results were made, a clause each, until the header says it."""
        changes = self._with_first_result.get("fingerprint_changes")
        return tuple(changes[-1]["what"]) if changes else ()

    def _open(self, header: Mapping[str, Any], plan: Plan, changed_policy: bool) -> None:
        header_path, lines_path = self.path / episodes.HEADER, self.path / episodes.RESULTS
        if episodes.is_used(self.path):
            known = episodes.header_json(self.path)
            if outside.missing(known) is not None:  # then its plan cannot be read, and it is another run
                _check_same(self.path, header, known)
            old = episodes.records(self.path) if self._lost else episodes.stored(self.path)
            self._with_first_result = self._check(old, header, changed_policy)
            self._header = dict(old.header_json)
            self.results = old.plain_results
            self._committed = old.size
            self.remarks += repairs(old, self._lost)
        else:
            self._header = dict(header)
            write_plan(plan, self.path / episodes.PLAN)
            sync(self.path / episodes.PLAN)
            write_atomically(header_path, json.dumps(header, indent=1, sort_keys=True) + "\n")
        with open(lines_path, "ab") as lines:
            lines.truncate(self._committed)  # what a killed process left of its last line
        sync(self.path)

    def _check(self, old: episodes.RecordedRun, header: Mapping[str, Any], changed_policy: bool) -> dict[str, Any]:
        """What the header says of a changed policy from now on; raises `RunError` if this session must not go on with that run."""
        _check_same(self.path, header, old.header_json)
        scored = sum(record.outcome != "error" for record in old.results.values())
        return identity.resumed(self.path, old.header_json, header, episodes=scored, allowed=changed_policy)

    def done(self, episode_id: str, *, retry_errors: bool) -> bool:
        """Whether the episode needs no run: it has a result, and is not an error that shall be tried again."""
        record = self.results.get(episode_id)
        if episode_id in self._lost:
            return False
        return record is not None and not (retry_errors and record["outcome"] == "error")

    def amend(self, **facts: Any) -> None:
        """Lets the header say something that became known later; None: what it never says otherwise."""
        path = self.path / "header.json"
        if any(self._header.get(name) != value for name, value in facts.items()):
            self._check_held()
            self._header |= facts
            with writing_to(self.path):
                write_atomically(path, json.dumps(self._header, indent=1, sort_keys=True) + "\n")

    def note_files(self, files: Mapping[str, str]) -> None:
        """Lets the header name source files of the policy that were imported since it was written."""
        fingerprint = self._header.get("fingerprint")
        if fingerprint is not None and not self._with_first_result:
            self.amend(fingerprint={**fingerprint, "files": {**files, **fingerprint["files"]}})

    def note_attempts(self) -> None:
        """Lets the header say how often episodes were tried."""
        attempts = sum(record["attempts"] for record in self.results.values())
        self.amend(attempts={"episodes": len(self.results), "attempts": attempts})

    def note_executor(self, how: Mapping[str, Any]) -> None:
        """Lets the header say who plays, after those who played before: a run may go on with others."""
        known = self._header.get("players", [])
        self.amend(players=[*known, *([] if how in known else [how])])

    def add(self, result: EpisodeResult, actions: list[np.ndarray], state_hashes: list[str]) -> None:
        """Writes the actions, then the line that makes the episode count; raises `RunError` if the disk refuses.

        That survives the end of this process at any moment; `commit` makes it survive that of the machine, too.
        """
        with writing_to(self.path):
            self._check_held()
        self.amend(**self._with_first_result)
        self._with_first_result = {}
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
        self._lost -= {result.episode.id}
        earlier = self.results.get(result.episode.id, {}).get("attempts", 0)
        self.results[result.episode.id] = {**record, "attempts": earlier + 1 + result.restarts}

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
    _check_cameras(path, new, old)
    outside.check_same(path, new, old)


def _check_cameras(path: Path, new: Mapping[str, Any], old: Mapping[str, Any]) -> None:
    """Raises `RunError` if the policy is shown other pictures than in the run that is there."""
    now = new.get("cameras")
    if not now:
        return
    # Runs of earlier releases recorded the size of the one camera that there was, without its name.
    was = old.get("cameras") or {next(iter(now)): old.get("robot_spec", {}).get("image_px")}
    if was != now:
        raise RunError(
            f"{path} holds another run: its policy saw {described(was)}, and this one's sees {described(now)} (pixels). Choose "
            f"another folder (--out DIR), or give the same --cameras and --image-size to resume it."
        )


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
