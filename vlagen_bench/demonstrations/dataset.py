"""The reader of datasets of demonstrations: episodes as arrays, decoded by several threads."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from vlagen_bench.demonstrations import features as columns
from vlagen_bench.demonstrations import labels, layout, parts, privileged
from vlagen_bench.demonstrations.arrow import parquet, reading
from vlagen_bench.demonstrations.videos import VideoReader
from vlagen_bench.errors import RunError, unknown
from vlagen_bench.plan.plan import episode_from_dict
from vlagen_bench.types import Episode
from vlagen_bench.utils.text import one_line


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """One episode of a dataset. T frames: what was seen at a step, and what was done then."""

    episode: Episode
    success: bool
    instruction: str
    images: Mapping[str, np.ndarray]
    """camera -> uint8 (T, H, W, 3)"""
    state: np.ndarray
    """float32 (T, 15), as `RobotSpec.state_layout` names it"""
    action: np.ndarray
    """float32 (T, 7): what was decided, which is the label"""
    executed: np.ndarray
    """float32 (T, 7): what was done, with noise"""
    is_label: np.ndarray
    """bool (T,): False where another policy acted, before the demonstrator took over"""
    is_noisy: np.ndarray
    """bool (T,)"""
    privileged: Mapping[str, np.ndarray]
    """`source_m` float32 (T, 3), `source_px` (T, 2), the same of target and distractor; NaN where nothing is in the role.
    World positions in metres, and pixels of the primary camera's picture as it is stored"""
    actions: np.ndarray
    """float32 (steps, 7): everything that was executed, also where the idle filter left frames out"""
    state_hashes: tuple[str, ...]
    """after the reset, and after each of `actions`"""

    def __len__(self) -> int:
        return len(self.action)

    def chunks(self, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """Labels float32 (T, horizon, 7), and which are within the episode, bool (T, horizon): see `labels.chunk_labels`."""
        return labels.chunk_labels(self.action, self._done(), horizon)

    def _done(self) -> np.ndarray:
        """What was executed from each frame up to the next, also where the idle filter left some out between them."""
        if len(self.actions) == len(self):
            return self.executed
        kept = labels.worth_keeping(self.actions, np.zeros(len(self.actions), bool))
        steps = np.flatnonzero(kept)[: len(self)]  # what comes after enough successes is left out at the end alone
        if not np.array_equal(self.actions[steps], self.executed):
            raise RunError(
                f"The episode {self.episode.id}: its frames are not those that the idle filter keeps of its actions."
            )
        return labels.done_until_next(self.actions, steps)


class Dataset:
    """A dataset of demonstrations on the disk."""

    def __init__(self, folder: str | Path) -> None:
        """Opens it; raises `RunError` if it is none, or not complete yet."""
        self.folder = Path(folder)
        self.facts = layout.facts(self.folder)
        """how it was made"""
        path = self.folder / layout.INFO
        if not path.is_file():
            raise RunError(f"{self.folder} has no {layout.INFO} yet: its collection was interrupted. Give it again.")
        self.info: dict[str, Any] = _info(path)
        """what LeRobot knows of it"""

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The table of episodes."""
        return layout.episode_rows(self.folder)

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names of the cameras, the primary one first."""
        return tuple(columns.cameras_in(self.info["features"]))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> Demonstration:
        if not -len(self) <= number < len(self):
            raise IndexError(f"The dataset has {len(self)} episodes, not number {number}.")
        return next(self.read(episodes=[number % len(self)], threads=1))

    def __iter__(self) -> Iterator[Demonstration]:
        return self.read()

    def read(
        self, *, episodes: Sequence[int] | None = None, cameras: Sequence[str] | None = None, threads: int = 2
    ) -> Iterator[Demonstration]:
        """Episodes in the order of the dataset.

        Args:
            episodes: numbers of those that are wanted; None: all.
            cameras: whose pictures are decoded; None: all.
            threads: that decode.

        Raises:
            RunError: the dataset has no such camera.
        """
        wanted = range(len(self)) if episodes is None else sorted(set(episodes))
        names = self.cameras if cameras is None else tuple(cameras)
        for name in names:
            if name not in self.cameras:
                raise RunError(f"{self.folder}: {unknown('camera', name, self.cameras)}")
        with ThreadPoolExecutor(threads) as pool:
            for path, numbers in groupby(wanted, key=lambda number: self._places[number][0]):
                yield from self._of_file(path, list(numbers), names, pool)

    def _of_file(
        self, path: Path, numbers: Sequence[int], cameras: Sequence[str], pool: ThreadPoolExecutor
    ) -> Iterator[Demonstration]:
        with reading(path):
            file = parquet().ParquetFile(path)
        left_out = {columns.IMAGES + name for name in self.cameras if name not in cameras}
        kept = [name for name in file.schema_arrow.names if name not in left_out]
        with ExitStack() as opened:
            videos = {
                name: opened.enter_context(VideoReader(self._video(self.rows[numbers[0]], name)))
                for name in (columns.IMAGES + camera for camera in cameras)
                if name not in kept
            }
            for number in numbers:
                with reading(path):
                    row, mine = self.rows[number], file.read_row_group(self._places[number][1], columns=kept)
                images = {name: self._pictures(row, columns.IMAGES + name, mine, videos, pool) for name in cameras}
                yield _demonstration(row, mine, images)

    def _video(self, row: Mapping[str, Any], name: str) -> Path:
        place = {key: row[f"videos/{name}/{key}"] for key in ("chunk_index", "file_index")}
        return self.folder / layout.VIDEO.format(video_key=name, **place)

    def _pictures(
        self, row: Mapping[str, Any], name: str, table: Any, videos: Mapping[str, VideoReader], pool: ThreadPoolExecutor
    ) -> np.ndarray:
        if name in videos:
            first = round(row[f"videos/{name}/from_timestamp"] * self.info["fps"])
            return videos[name].frames(first, first + row["length"])
        files = table.column(name).combine_chunks().field("bytes").to_pylist()
        return np.stack(list(pool.map(parts.picture, files)))

    @cached_property
    def _places(self) -> list[tuple[Path, int]]:
        """By episode: the file that holds its frames, and its row group there; each episode is one."""
        places, counted = [], Counter[Path]()
        for row in self.rows:
            where = {"chunk_index": row["data/chunk_index"], "file_index": row["data/file_index"]}
            path = self.folder / layout.DATA.format(**where)
            places.append((path, counted[path]))
            counted[path] += 1
        return places


def _info(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("it is no mapping")
    except ValueError as error:
        raise RunError(
            f"{path} is damaged ({one_line(error)}). Give the collection again: it writes it anew."
        ) from None
    return found


def _demonstration(row: Mapping[str, Any], table: Any, images: Mapping[str, np.ndarray]) -> Demonstration:
    numbers = {
        name: parts.matrix(table.column(name)) for name in table.schema.names if not name.startswith(columns.IMAGES)
    }
    episode = episode_from_dict(json.loads(row[layout.OURS + "episode"]))
    return Demonstration(
        episode=episode,
        success=row[layout.OURS + "success"],
        instruction=episode.instruction,
        images=images,
        state=numbers[columns.STATE],
        action=numbers[columns.ACTION],
        executed=numbers[columns.EXECUTED],
        is_label=numbers[columns.IS_LABEL][:, 0],
        is_noisy=numbers[columns.IS_NOISY][:, 0],
        privileged={name: numbers[privileged.PREFIX + name] for name in privileged.WIDTHS},
        actions=np.array(row[layout.OURS + "actions"], dtype=np.float32),
        state_hashes=tuple(row[layout.OURS + "state_hashes"]),
    )
