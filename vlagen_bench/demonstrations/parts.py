"""Finished attempts, a file or two each, from which a dataset is made: what a killed collection has done is not done again."""

import io
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vlagen_bench.demonstrations import features as columns
from vlagen_bench.demonstrations import labels, privileged
from vlagen_bench.demonstrations.arrow import arrow, parquet
from vlagen_bench.demonstrations.play import Frame, Recording
from vlagen_bench.errors import RunError
from vlagen_bench.runs.durable import write_atomically

FOLDER = "parts"
COMPRESSION = 1
"""of zlib: a rendered picture of 128 pixels takes a millisecond, and a tenth more room than at 6"""
KEY = b"vlagen"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What became of one index of the distribution."""

    index: int
    outcome: Literal["success", "failure", "error"]
    kept: bool
    """whether its frames are in the dataset"""
    steps: int = 0
    frames: int = 0
    """that are kept"""
    cpu_s: float = 0.0
    """of the worker's process"""
    error: str | None = None


def stem(folder: Path, index: int) -> Path:
    """The path of an attempt's files, without what tells them apart."""
    return folder / FOLDER / f"attempt-{index:07d}"


def write(folder: Path, index: int, recording: Recording, features: columns.Features, *, idle_kept: bool) -> int:
    """Writes the frames of an episode; gives how many they are."""
    frames = recording.frames
    if not idle_kept:
        executed = np.array([frame.executed for frame in frames])
        keep = labels.worth_keeping(executed, np.array([frame.success for frame in frames]))
        frames = tuple(frame for frame, wanted in zip(frames, keep, strict=True) if wanted)
    pa = arrow()
    schema = columns.schema(features, without=columns.COUNTED)
    # Parts always hold pictures; videos are made of them at the end.
    for name in columns.cameras_in(features).values():
        if name not in schema.names:
            schema = schema.append(pa.field(name, pa.struct([("bytes", pa.binary()), ("path", pa.string())])))
    data = {name: _column(name, frames) for name in schema.names}
    facts = json.dumps(_facts(recording)).encode()
    table = pa.Table.from_pydict(data, schema=schema.with_metadata({KEY: facts}))
    path = stem(folder, index).with_suffix(".parquet")
    partial = path.with_suffix(".partial")
    parquet().write_table(table, partial, compression="NONE")
    os.replace(partial, path)
    return len(frames)


def _column(name: str, frames: tuple[Frame, ...]) -> list[Any]:
    if name.startswith(columns.IMAGES):
        camera = name.removeprefix(columns.IMAGES)
        return [{"bytes": png(frame.observation["images"][camera]), "path": None} for frame in frames]
    if name.startswith(privileged.PREFIX):
        key = name.removeprefix(privileged.PREFIX)
        return [frame.privileged[key] for frame in frames]
    if name == columns.STATE:
        return [frame.observation["state"] for frame in frames]
    attribute = {columns.ACTION: "action", columns.EXECUTED: "executed"}.get(name, name)
    return [getattr(frame, attribute) for frame in frames]


def _facts(recording: Recording) -> dict[str, Any]:
    """What is kept of an episode beside its frames: enough to play it again and compare every state."""
    return {
        "episode": recording.episode.to_dict(),
        "success": recording.success,
        "actions": [frame.executed.tolist() for frame in recording.frames],
        "state_hashes": list(recording.state_hashes),
    }


def png(picture: np.ndarray) -> bytes:
    """A picture uint8 (H, W, 3) as a PNG file, without loss."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG", compress_level=COMPRESSION)
    return file.getvalue()


def picture(data: bytes) -> np.ndarray:
    """A PNG file as uint8 (H, W, 3)."""
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(data)))


def matrix(column: Any) -> np.ndarray:
    """A column of a table as (N, D)."""
    flat = column.combine_chunks()
    width = getattr(flat.type, "list_size", 1)
    values: np.ndarray = (flat.flatten() if width > 1 else flat).to_numpy(zero_copy_only=False)
    return values.reshape(-1, width)


def read(folder: Path, index: int) -> tuple[Any, dict[str, Any]]:
    """The table of an episode's frames, and what is kept beside them."""
    table = parquet().read_table(stem(folder, index).with_suffix(".parquet"))
    return table, json.loads(table.schema.metadata[KEY])


def finish(folder: Path, attempt: Attempt) -> None:
    """Writes that an attempt is over: from now on it is done. Its frames, if any are kept, are written before."""
    write_atomically(stem(folder, attempt.index).with_suffix(".json"), json.dumps(asdict(attempt)))


def finished(folder: Path) -> Iterator[Attempt]:
    """The attempts that are over; raises `RunError` for a file that says something else."""
    for path in sorted((folder / FOLDER).glob("attempt-*.json")):
        try:
            yield Attempt(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError):
            raise RunError(f"{path} is damaged. Remove it: the attempt is made again.") from None


def remove(folder: Path, index: int) -> None:
    """Removes what there is of an attempt."""
    for suffix in (".json", ".parquet", ".partial"):
        stem(folder, index).with_suffix(suffix).unlink(missing_ok=True)
