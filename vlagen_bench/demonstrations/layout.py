"""The files of a dataset in LeRobot's format v3.0, made of finished attempts.

`data/` and `meta/` are as LeRobotDataset reads them; `meta/vlagen.json` says how the dataset was made, and what became of
every attempt. New episodes go into new files; the tables of `meta/` are written over, each at once.
"""

import importlib.metadata
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vlagen_bench.demonstrations import parts
from vlagen_bench.demonstrations.arrow import parquet, reading
from vlagen_bench.demonstrations.job import Job
from vlagen_bench.demonstrations.parts import Attempt
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.harness import header
from vlagen_bench.runs.durable import write_atomically
from vlagen_bench.utils import installing

VERSION = "v3.0"
FORMAT = 1
"""of `meta/vlagen.json`"""
FACTS, INFO, STATS = "meta/vlagen.json", "meta/info.json", "meta/stats.json"
TASKS, EPISODES = "meta/tasks.parquet", "meta/episodes/chunk-000/file-000.parquet"
DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
CHUNK_FILES, FILE_MB, VIDEO_MB = 1000, 100, 500
"""files in a folder, and the sizes after which a new file begins; LeRobot's own defaults"""
TASK = "__index_level_0__"
"""how pandas calls a column of a Parquet file that is its index: LeRobot looks tasks up by it"""
OURS = "vlagen/"
"""begins the names of our columns in the table of episodes"""


def is_collection(folder: Path) -> bool:
    """Whether a folder holds a dataset that a collection writes."""
    return (folder / FACTS).is_file()


def is_bare(folder: Path) -> bool:
    """Whether a folder holds nothing but what a collection leaves that ends before it has written how it is made."""
    ours = {folder / parts.FOLDER / "lock", (folder / FACTS).with_suffix(".partial")}
    return all(path.is_dir() or path in ours for path in folder.rglob("*"))


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


def begin(folder: Path, job: Job, pictures: str, versions: Mapping[str, Any]) -> None:
    """Writes how a dataset is made, or checks that the one which is there is made so.

    Raises:
        ConfigError: it is made otherwise.
    """
    asked = json.loads(json.dumps({"job": job.stored(), "pictures": pictures, "versions": dict(versions)}))
    if is_collection(folder):
        known = facts(folder)
        before = {**known["job"], **{key: known[key] for key in ("pictures", "versions") if key in known}}
        for key, value in {**asked["job"], "pictures": pictures, "versions": asked["versions"]}.items():
            if key in before and before[key] != value:
                raise ConfigError(
                    f"{folder} was begun with other settings: {key} is {json.dumps(before[key])} there, and now "
                    f"{json.dumps(value)}. Use the same, or another folder: --out DIR"
                )
        return
    (folder / "meta").mkdir(parents=True, exist_ok=True)
    made_by = {"vlagen_bench": _version(), "code": header.code_hash()}
    _write_facts(folder, {"format": FORMAT, **made_by, "task": job.task.ref, **asked, "attempts": []})


def _version() -> str | None:
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(installing.NAME)
    return None


def write_attempts(folder: Path, known: Iterable[Attempt]) -> None:
    """Writes which attempts were made; those that are kept are in the dataset from now on."""
    _write_facts(folder, facts(folder) | {"attempts": [asdict(attempt) for attempt in known]})


def _write_facts(folder: Path, value: Mapping[str, Any]) -> None:
    write_atomically(folder / FACTS, json.dumps(value, indent=1) + "\n")


def attempts(folder: Path) -> Iterator[Attempt]:
    """The attempts whose episodes are in the dataset, and those that were left out of it."""
    for attempt in facts(folder)["attempts"]:
        yield Attempt(**attempt)


def episode_rows(folder: Path) -> list[dict[str, Any]]:
    """The table of episodes; none where there is no dataset yet."""
    path = folder / EPISODES
    if not path.is_file():
        return []
    with reading(path):
        rows: list[dict[str, Any]] = parquet().read_table(path).to_pylist()
    return rows


def task_names(folder: Path) -> list[str]:
    """The instructions, by task index."""
    table = parquet().read_table(folder / TASKS).to_pylist()
    return [row[TASK] for row in sorted(table, key=lambda row: row["task_index"])]
