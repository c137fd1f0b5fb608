"""The writer of a dataset: frames, episodes, tasks and statistics, in LeRobot's format v3.0."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vlagen_bench.demonstrations import features as columns
from vlagen_bench.demonstrations import layout, parts
from vlagen_bench.demonstrations.arrow import arrow, parquet
from vlagen_bench.demonstrations.job import Job
from vlagen_bench.demonstrations.layout import CHUNK_FILES, FILE_MB, OURS
from vlagen_bench.demonstrations.parts import Attempt
from vlagen_bench.demonstrations.statistics import PictureStatistics, of_numbers
from vlagen_bench.demonstrations.videos import VideoFiles, VideoReader
from vlagen_bench.runs.durable import write_atomically

SAMPLED = 100
"""pictures of a file that its statistics are of"""


def write(folder: Path, job: Job, known: Mapping[int, Attempt], *, pictures: str) -> None:
    """Puts all finished attempts into the dataset, and removes their parts.

    What is in the dataset counts from the moment that `meta/vlagen.json` says so, which is written last.
    """
    before = list(layout.attempts(folder))
    fresh = sorted(known.keys() - {attempt.index for attempt in before})
    frames = _FrameFiles(
        folder,
        columns.features_of(job.scene, pictures=pictures),
        fps=job.scene.control_hz,
        used={attempt.index for attempt in before if attempt.kept},
    )
    for index in fresh:
        if known[index].kept:
            frames.add(index, *parts.read(folder, index))
    frames.close()
    _write_meta(folder, job, frames)
    layout.write_attempts(folder, [known[index] for index in sorted(known) if known[index].outcome != "error"])
    for index in fresh:
        parts.remove(folder, index)


class _FrameFiles:
    """The files with frames, to which episodes are added behind those that are there; each new file begins empty."""

    def __init__(self, folder: Path, features: columns.Features, *, fps: int, used: set[int]) -> None:
        self.features, self.fps = features, fps
        self.rows = [row for row in layout.episode_rows(folder) if row[OURS + "attempt"] in used]
        tasks = layout.task_names(folder) if self.rows else []
        self.tasks = {task: number for number, task in enumerate(tasks)}
        self.frames = sum(row["length"] for row in self.rows)
        self._folder, self._schema = folder, columns.schema(features)
        self._cameras = columns.cameras_in(features)
        self._filmed = [name for name in self._cameras.values() if features[name]["dtype"] == "video"]
        self._file = 1 + max(map(_file_number, self.rows), default=-1)
        self._table: Any = None
        self._videos: VideoFiles | None = None

    def add(self, attempt: int, table: Any, kept: Mapping[str, Any]) -> None:
        """One more episode: its frames, and what is kept of it beside them."""
        if self._table is None:
            self._begin()
        length, episode = len(table), len(self.rows)
        instruction = kept["episode"]["values"]["instruction"]["text"]
        task = self.tasks.setdefault(instruction, len(self.tasks))
        counted = {
            "timestamp": np.arange(length, dtype=np.float32) / np.float32(self.fps),
            "frame_index": np.arange(length),
            "episode_index": np.full(length, episode),
            "index": np.arange(self.frames, self.frames + length),
            "task_index": np.full(length, task),
        }
        names = self._schema.names
        data = {name: counted[name] if name in counted else table.column(name) for name in names}
        self._table.write_table(arrow().table(data, schema=self._schema))
        place = dict(zip(("chunk_index", "file_index"), divmod(self._file, CHUNK_FILES), strict=True))
        self.rows.append(
            {
                "episode_index": episode, "tasks": [instruction], "length": length,
                "dataset_from_index": self.frames, "dataset_to_index": self.frames + length,
                **{f"data/{key}": value for key, value in place.items()},
                **{f"meta/episodes/{key}": 0 for key in place},
                **self._film(table, place),
                **{
                    OURS + key: value
                    for key, value in {
                        **kept,
                        "attempt": attempt,
                        "seed": kept["episode"]["seed"],
                        "episode": json.dumps(kept["episode"], sort_keys=True),
                    }.items()
                },
            }
        )  # fmt: skip
        self.frames += length
        self._in_file += length
        if self._partial.stat().st_size > FILE_MB * 1e6:
            self.close()

    def _film(self, table: Any, place: Mapping[str, int]) -> dict[str, Any]:
        """Appends the pictures to the videos; where they are there."""
        found: dict[str, Any] = {}
        for name in self._filmed:
            assert self._videos is not None, "videos begin with their file"
            for value in table.column(name).to_pylist():
                self._videos.add(name, parts.picture(value["bytes"]))
            times = {
                "from_timestamp": self._in_file / self.fps,
                "to_timestamp": (self._in_file + len(table)) / self.fps,
            }
            found |= {f"videos/{name}/{key}": value for key, value in {**place, **times}.items()}
        return found

    def _begin(self) -> None:
        path = self._path(layout.DATA)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._partial, self._in_file = path.with_suffix(".partial"), 0
        self._table = parquet().ParquetWriter(self._partial, self._schema, compression="snappy")
        if self._filmed:
            paths = {name: self._path(layout.VIDEO, video_key=name) for name in self._filmed}
            self._videos = VideoFiles(paths, self.fps)

    def _path(self, template: str, **more: str) -> Path:
        chunk, number = divmod(self._file, CHUNK_FILES)
        return self._folder / template.format(chunk_index=chunk, file_index=number, **more)

    def close(self) -> None:
        """Ends the present file; the next episode begins a new one."""
        if self._table is None:
            return
        self._table.close()
        if self._videos is not None:
            self._videos.close()
        os.replace(self._partial, self._path(layout.DATA))
        self._table, self._videos, self._file = None, None, self._file + 1


def _file_number(row: Mapping[str, Any]) -> int:
    return int(row["data/chunk_index"]) * CHUNK_FILES + int(row["data/file_index"])


def _write_meta(folder: Path, job: Job, frames: _FrameFiles) -> None:
    """The tables of `meta/`: tasks, episodes, statistics, and what LeRobot asks first, `info.json`."""
    pa, names = arrow(), list(frames.tasks)
    tasks = pa.table({"task_index": pa.array(range(len(names)), pa.int64()), layout.TASK: pa.array(names, pa.string())})
    _write_table(folder / layout.TASKS, tasks.replace_schema_metadata(_pandas_index(layout.TASK)))
    _write_table(folder / layout.EPISODES, pa.Table.from_pylist(frames.rows, schema=_episode_schema(frames.features)))
    write_atomically(folder / layout.STATS, json.dumps(_statistics(folder, frames)))
    info = {
        "codebase_version": layout.VERSION,
        "robot_type": job.scene.robot.name,
        "total_episodes": len(frames.rows),
        "total_frames": frames.frames,
        "total_tasks": len(names),
        "chunks_size": CHUNK_FILES,
        "data_files_size_in_mb": FILE_MB,
        "video_files_size_in_mb": layout.VIDEO_MB,
        "fps": frames.fps,
        "splits": {"train": f"0:{len(frames.rows)}"},
        "data_path": layout.DATA,
        "video_path": layout.VIDEO if any(one["dtype"] == "video" for one in frames.features.values()) else None,
        "features": frames.features,
    }
    write_atomically(folder / layout.INFO, json.dumps(info, indent=1) + "\n")


def _statistics(folder: Path, frames: _FrameFiles) -> dict[str, Any]:
    numbers: dict[str, list[np.ndarray]] = {}
    pictures = {name: PictureStatistics() for name in columns.cameras_in(frames.features).values()}
    for chunk, number in sorted({(row["data/chunk_index"], row["data/file_index"]) for row in frames.rows}):
        place = {"chunk_index": chunk, "file_index": number}
        table = parquet().read_table(folder / layout.DATA.format(**place))
        some = range(0, len(table), max(1, len(table) // SAMPLED))
        for name, statistics in pictures.items():
            if name in table.schema.names:
                for value in table.column(name).take(list(some)).to_pylist():
                    statistics.add(parts.picture(value["bytes"]))
            else:
                with VideoReader(folder / layout.VIDEO.format(**place, video_key=name)) as video:
                    for frame in some:
                        statistics.add(video.frames(frame, frame + 1)[0])
        for name in set(table.schema.names) - pictures.keys():
            numbers.setdefault(name, []).append(parts.matrix(table.column(name)))
    found: dict[str, Any] = {name: of_numbers(np.concatenate(values)) for name, values in sorted(numbers.items())}
    return found | {name: counted.stored() for name, counted in pictures.items() if counted.pictures}


def _pandas_index(name: str) -> dict[bytes, bytes]:
    """The metadata by which pandas knows a column as the index."""
    kinds = {"task_index": ("int64", "int64"), name: ("unicode", "object")}
    described = [
        {
            "name": None if key == name else key,
            "field_name": key,
            "pandas_type": kind,
            "numpy_type": of,
            "metadata": None,
        }
        for key, (kind, of) in kinds.items()
    ]
    value = {"index_columns": [name], "column_indexes": [], "columns": described, "pandas_version": "2.2.0"}
    return {b"pandas": json.dumps(value).encode()}


def _episode_schema(features: columns.Features) -> Any:
    pa = arrow()
    whole, text, seconds = pa.int64(), pa.string(), pa.float64()
    places = ["data", "meta/episodes"]
    filmed = [f"videos/{name}" for name, feature in features.items() if feature["dtype"] == "video"]
    return pa.schema(
        [
            ("episode_index", whole), ("tasks", pa.list_(text)), ("length", whole),
            ("dataset_from_index", whole), ("dataset_to_index", whole),
            *((f"{place}/{key}", whole) for place in (*places, *filmed) for key in ("chunk_index", "file_index")),
            *((f"{name}/{key}", seconds) for name in filmed for key in ("from_timestamp", "to_timestamp")),
            (OURS + "attempt", whole), (OURS + "episode", text), (OURS + "seed", whole), (OURS + "success", pa.bool_()),
            (OURS + "actions", pa.list_(pa.list_(pa.float32()))), (OURS + "state_hashes", pa.list_(text)),
        ]
    )  # fmt: skip


def _write_table(path: Path, table: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    parquet().write_table(table, partial)
    os.replace(partial, path)
