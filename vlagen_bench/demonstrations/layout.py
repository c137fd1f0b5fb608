"""The files of a dataset in LeRobot's format v3.0, made of finished attempts.

`data/` and `meta/` are as LeRobotDataset reads them; `meta/vlagen.json` says how the dataset was made, and what became of
every attempt. New episodes go into new files; the tables of `meta/` are written over, each at once.
"""

import json
import os
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from vlagen_bench.demonstrations import features as columns
from vlagen_bench.demonstrations import parts
from vlagen_bench.demonstrations.arrow import arrow, parquet
from vlagen_bench.demonstrations.job import Job
from vlagen_bench.demonstrations.parts import Attempt
from vlagen_bench.demonstrations.statistics import PictureStatistics, of_numbers
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.runs.durable import write_atomically
from vlagen_bench.utils import installing

VERSION = "v3.0"
FORMAT = 1
"""of `meta/vlagen.json`"""
FACTS, INFO, STATS = "meta/vlagen.json", "meta/info.json", "meta/stats.json"
TASKS, EPISODES = "meta/tasks.parquet", "meta/episodes/chunk-000/file-000.parquet"
DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
CHUNK_FILES, FILE_MB = 1000, 100
"""files in a folder, and the size after which a new file begins; LeRobot's own defaults"""
OURS = "vlagen/"
"""begins the names of our columns in the table of episodes"""


def is_collection(folder: Path) -> bool:
    """Whether a folder holds a dataset that a collection writes."""
    return (folder / FACTS).is_file()


def facts(folder: Path) -> dict[str, Any]:
    """How a dataset was made; raises `RunError` if the file is missing or damaged."""
    try:
        found: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise RunError(f"{folder / FACTS} has the format {found['format']}; this release reads {FORMAT}.")
        return found
    except FileNotFoundError:
        raise RunError(
            f"{folder} is no dataset of demonstrations: it has no {FACTS}. Make one: vlagen collect"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise RunError(f"{folder / FACTS} is damaged. Collect into another folder: --out DIR") from None


def begin(folder: Path, job: Job, pictures: str) -> None:
    """Writes how a dataset is made, or checks that the one which is there is made so.

    Raises:
        ConfigError: it is made otherwise.
    """
    asked = json.loads(json.dumps({"job": job.stored(), "pictures": pictures}))
    if is_collection(folder):
        known = facts(folder)
        for key, value in {"pictures": pictures, **asked["job"]}.items():
            before = known["pictures"] if key == "pictures" else known["job"].get(key)
            if before != value:
                raise ConfigError(
                    f"{folder} was begun with other settings: {key} is {json.dumps(before)} there, and now "
                    f"{json.dumps(value)}. Use the same, or another folder: --out DIR"
                )
        return
    (folder / "meta").mkdir(parents=True, exist_ok=True)
    _write_facts(
        folder,
        {
            "format": FORMAT,
            "vlagen_bench": metadata.version(installing.NAME),
            "task": job.task.ref,
            **asked,
            "attempts": [],
        },
    )


def _write_facts(folder: Path, value: Mapping[str, Any]) -> None:
    write_atomically(folder / FACTS, json.dumps(value, indent=1) + "\n")


def attempts(folder: Path) -> Iterator[Attempt]:
    """The attempts whose episodes are in the dataset, and those that were left out of it."""
    for attempt in facts(folder)["attempts"]:
        yield Attempt(**attempt)


def write(folder: Path, job: Job, known: Mapping[int, Attempt], *, pictures: str) -> None:
    """Puts all finished attempts into the dataset, and removes their parts.

    What is in the dataset counts from the moment that `meta/vlagen.json` says so, which is written last.
    """
    in_dataset = {attempt.index for attempt in attempts(folder)}
    fresh = sorted(index for index in known if index not in in_dataset)
    features = columns.features_of(job.scene, pictures=pictures)
    table = _Tables(folder, features, fps=job.scene.control_hz, used={a.index for a in attempts(folder) if a.kept})
    for index in fresh:
        if known[index].kept:
            table.add(index, *parts.read(folder, index))
    table.close()
    table.write_meta(job)
    attempted = [vars(known[index]) for index in sorted(known) if known[index].outcome != "error"]
    _write_facts(folder, facts(folder) | {"attempts": attempted})
    for index in fresh:
        parts.remove(folder, index)


class _Tables:
    """The tables of a dataset while episodes are added behind those that are there."""

    def __init__(self, folder: Path, features: columns.Features, *, fps: int, used: set[int]) -> None:
        self._folder, self._features, self._fps = folder, features, fps
        self._rows = [row for row in episode_rows(folder) if row[OURS + "attempt"] in used]
        tasks = task_names(folder) if self._rows else []
        self._tasks = {task: number for number, task in enumerate(tasks)}
        self._frames = sum(row["length"] for row in self._rows)
        self._file = 1 + max((_number(row) for row in self._rows), default=-1)
        self._schema = columns.schema(features)
        self._writer: Any = None
        self._partial: Path | None = None

    def add(self, index: int, table: Any, kept: Mapping[str, Any]) -> None:
        """One more episode: its frames, and what is kept of it beside them."""
        if self._writer is None:
            self._begin()
        length, episode = len(table), len(self._rows)
        instruction = kept["episode"]["values"]["instruction"]["text"]
        task = self._tasks.setdefault(instruction, len(self._tasks))
        counted = {
            "timestamp": np.arange(length, dtype=np.float32) / np.float32(self._fps),
            "frame_index": np.arange(length),
            "episode_index": np.full(length, episode),
            "index": np.arange(self._frames, self._frames + length),
            "task_index": np.full(length, task),
        }
        data = [counted[name] if name in counted else table.column(name) for name in self._schema.names]
        pa = arrow()
        self._writer.write_table(pa.table(dict(zip(self._schema.names, data, strict=True)), schema=self._schema))
        chunk, number = divmod(self._file, CHUNK_FILES)
        self._rows.append(
            {
                "episode_index": episode, "tasks": [instruction], "length": length,
                "data/chunk_index": chunk, "data/file_index": number,
                "dataset_from_index": self._frames, "dataset_to_index": self._frames + length,
                "meta/episodes/chunk_index": 0, "meta/episodes/file_index": 0,
                OURS + "attempt": index,
                OURS + "episode": json.dumps(kept["episode"], sort_keys=True),
                OURS + "seed": kept["episode"]["seed"],
                OURS + "success": kept["success"],
                OURS + "actions": kept["actions"],
                OURS + "state_hashes": kept["state_hashes"],
            }
        )  # fmt: skip
        self._frames += length
        if self._partial is not None and self._partial.stat().st_size > FILE_MB * 1e6:
            self.close()

    def _begin(self) -> None:
        path = self._data_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._partial = path.with_suffix(".partial")
        self._writer = parquet().ParquetWriter(self._partial, self._schema, compression="snappy")

    def _data_path(self) -> Path:
        chunk, number = divmod(self._file, CHUNK_FILES)
        return self._folder / DATA.format(chunk_index=chunk, file_index=number)

    def close(self) -> None:
        """Ends the present file; the next episode begins a new one."""
        if self._writer is not None and self._partial is not None:
            self._writer.close()
            os.replace(self._partial, self._data_path())
            self._writer, self._partial, self._file = None, None, self._file + 1

    def write_meta(self, job: Job) -> None:
        """The tables of `meta/`: tasks, episodes, statistics, and what LeRobot asks first, `info.json`."""
        pa = arrow()
        names = list(self._tasks)
        tasks = pa.table({"task_index": pa.array(range(len(names)), pa.int64()), INDEX: pa.array(names, pa.string())})
        _write_table(self._folder / TASKS, tasks.replace_schema_metadata(_pandas_index(INDEX)))
        if self._rows:
            _write_table(self._folder / EPISODES, pa.Table.from_pylist(self._rows, schema=_episode_schema()))
        write_atomically(self._folder / STATS, json.dumps(self._statistics()))
        info = {
            "codebase_version": VERSION,
            "robot_type": job.scene.robot.name,
            "total_episodes": len(self._rows),
            "total_frames": self._frames,
            "total_tasks": len(names),
            "chunks_size": CHUNK_FILES,
            "data_files_size_in_mb": FILE_MB,
            "video_files_size_in_mb": 500,
            "fps": self._fps,
            "splits": {"train": f"0:{len(self._rows)}"},
            "data_path": DATA,
            "video_path": VIDEO if any(one["dtype"] == "video" for one in self._features.values()) else None,
            "features": self._features,
        }
        write_atomically(self._folder / INFO, json.dumps(info, indent=1) + "\n")

    def _statistics(self) -> dict[str, Any]:
        files = sorted({(row["data/chunk_index"], row["data/file_index"]) for row in self._rows})
        numbers: dict[str, list[np.ndarray]] = {}
        pictures = {name: PictureStatistics() for name in columns.cameras_in(self._features).values()}
        for chunk, number in files:
            table = parquet().read_table(self._folder / DATA.format(chunk_index=chunk, file_index=number))
            for name in table.schema.names:
                if name in pictures:
                    for value in table.column(name)[:: max(1, len(table) // SAMPLED)].to_pylist():
                        pictures[name].add(parts.picture(value["bytes"]))
                else:
                    numbers.setdefault(name, []).append(parts.matrix(table.column(name)))
        found: dict[str, Any] = {name: of_numbers(np.concatenate(values)) for name, values in numbers.items()}
        return found | {name: counted.stored() for name, counted in pictures.items() if counted.pictures}


SAMPLED = 100
"""pictures of a file that its statistics are of"""
INDEX = "__index_level_0__"
"""how pandas calls a column of a Parquet file that is its index: LeRobot looks tasks up by it"""


def _pandas_index(name: str) -> dict[bytes, bytes]:
    kinds = {name: ("unicode", "object"), "task_index": ("int64", "int64")}
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


def _episode_schema() -> Any:
    pa = arrow()
    whole, text = pa.int64(), pa.string()
    return pa.schema(
        [
            ("episode_index", whole), ("tasks", pa.list_(text)), ("length", whole), ("data/chunk_index", whole),
            ("data/file_index", whole), ("dataset_from_index", whole), ("dataset_to_index", whole),
            ("meta/episodes/chunk_index", whole), ("meta/episodes/file_index", whole), (OURS + "attempt", whole),
            (OURS + "episode", text), (OURS + "seed", whole), (OURS + "success", pa.bool_()),
            (OURS + "actions", pa.list_(pa.list_(pa.float32()))), (OURS + "state_hashes", pa.list_(text)),
        ]
    )  # fmt: skip


def _write_table(path: Path, table: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    parquet().write_table(table, partial)
    os.replace(partial, path)


def _number(row: Mapping[str, Any]) -> int:
    return int(row["data/chunk_index"]) * CHUNK_FILES + int(row["data/file_index"])


def episode_rows(folder: Path) -> list[dict[str, Any]]:
    """The table of episodes; none where there is no dataset yet."""
    path = folder / EPISODES
    rows: list[dict[str, Any]] = parquet().read_table(path).to_pylist() if path.is_file() else []
    return rows


def task_names(folder: Path) -> list[str]:
    """The instructions, by task index."""
    table = parquet().read_table(folder / TASKS).to_pylist()
    return [row[INDEX] for row in sorted(table, key=lambda row: row["task_index"])]
