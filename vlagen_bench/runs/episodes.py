"""The recorded episodes of a run: lines and actions, read strictly, since a file may be damaged or forged."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from vlagen_bench.errors import RunError, VlagenError
from vlagen_bench.plan.plan import episode_from_dict
from vlagen_bench.runs.actions import read_actions
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.types import Episode, Outcome, canonical_json
from vlagen_bench.utils.parsing import build


@dataclass(frozen=True, kw_only=True)
class EpisodeLine:
    """The JSON form of an episode, with its types."""

    id: str
    task: str
    condition: str
    index: int
    seed: int
    values: dict[str, Any]
    twin: str | None = None
    official_id: int | None = None

    def of(self) -> dict[str, Any]:
        """What it says of the episode, in the form of `Episode.to_dict`."""
        return {field.name: getattr(self, field.name) for field in fields(EpisodeLine)}


@dataclass(frozen=True, kw_only=True)
class EpisodeRecord(EpisodeLine):
    """A line of `episodes.jsonl`, with its types."""

    outcome: Outcome
    success_once: bool | None
    success_at_end: bool | None
    steps: int
    metrics: dict[str, Any]
    timings: dict[str, Any]
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecordedEpisode:
    """An episode as it was played: enough to play it again, and to see whether it goes the same way."""

    episode: Episode
    record: EpisodeRecord
    actions: np.ndarray
    """float32 (T, 7)"""
    state_hashes: tuple[str, ...]
    """after the reset, and after each action"""


def of_run(path: Path, only: str | None = None) -> Iterator[RecordedEpisode]:
    """The takes of a run folder, in the order of its plan; episodes without a result are left out.

    Args:
        path: the run folder.
        only: the id of one episode, or its beginning.

    Raises:
        RunError: it is no run folder, is damaged, or has no such episode.
        ConfigError: a value in it has a wrong type, or its task is not of this release.
    """
    results = RunFolder.reading(path).results
    planned = [planned_episode for planned_episode in episodes(path / "plan.json") if planned_episode.id in results]
    if only is not None:
        planned = [planned_episode for planned_episode in planned if planned_episode.id.startswith(only)]
        if len(planned) != 1:
            raise RunError(
                f"{path} has {len(planned)} recorded episodes whose id begins with '{only}', where one is meant. "
                f"The ids stand in its episodes.jsonl."
            )
    for episode in planned:
        record = build(EpisodeRecord, dict(results[episode.id]), f"{path / 'episodes.jsonl'}: {episode.id}")
        if not _same(record.of(), episode.to_dict()):
            raise RunError(f"{path}: the line of {episode.id} is not of the episode in plan.json: one was edited.")
        actions, hashes = read_actions(path, episode.id)
        yield RecordedEpisode(episode=episode, record=record, actions=actions, state_hashes=tuple(hashes))


def episodes(path: Path) -> list[Episode]:
    """The episodes of a `plan.json`; raises `VlagenError` if one was edited, or is of another release."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        listed = content["episodes"]
        if not isinstance(listed, list):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise RunError(f"{path} cannot be read: the run folder is damaged. Restore the file, or run anew.") from None
    return list(_episodes(listed, path))


def _episodes(listed: Iterable[Any], path: Path) -> Iterator[Episode]:
    for number, content in enumerate(listed):
        line = build(EpisodeLine, content, f"{path}: episodes[{number}]")
        try:
            yield episode_from_dict(line.of())
        except VlagenError as error:
            raise RunError(f"{path}: {error}") from None
        except (ValueError, TypeError, RecursionError):
            raise RunError(f"{path}: episodes[{number}] has values that no episode has: it was edited.") from None


def _same(first: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    try:
        return canonical_json(first) == canonical_json(other)
    except (ValueError, RecursionError):  # NaN, which Python's parser takes for a number; or depth
        return False


def scored(record: EpisodeRecord) -> Mapping[str, bool | None]:
    """What a record says of success."""
    return {"success": record.success_at_end, "success_once": record.success_once}
