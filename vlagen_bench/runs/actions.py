"""The file of an episode's actions: one `.npz` without pickles, with a hash of the state after each action."""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vlagen_bench.errors import RunError
from vlagen_bench.utils.text import shown

DAMAGE = (
    ValueError, KeyError, IndexError, OSError, EOFError, zipfile.BadZipFile, zlib.error, struct.error, RuntimeError,
    OverflowError, MemoryError, SyntaxError, TypeError, AttributeError,
)  # fmt: skip
"""what zipfile and NumPy raise about a file that is not as they wrote it"""
AGAIN = "To have that episode played again, repeat the command of the run with --retry-lost."
HEADERS = 256
"""bytes of a file beside its numbers, at least: each of its two arrays has a header of 128"""


def write_actions(run: Path, episode_id: str, actions: list[np.ndarray], state_hashes: list[str]) -> None:
    """Writes `actions/<id>.npz`: `actions` float32 (T, D), `state_hashes` uint64 (T + 1,), the first after reset."""
    buffer = io.BytesIO()
    np.savez(
        buffer,
        actions=np.asarray(actions, dtype=np.float32).reshape(len(actions), len(actions[0]) if len(actions) else 0),
        state_hashes=np.array([int(text, 16) for text in state_hashes], dtype=np.uint64),
    )
    path = run / "actions" / f"{episode_id}.npz"
    partial = path.with_suffix(".partial")
    partial.write_bytes(buffer.getvalue())
    os.replace(partial, path)


def lost(run: Path, steps: Mapping[str, int], action_dim: int) -> tuple[str, ...]:
    """The episodes, of these with so many steps, whose file is missing or shorter than what it has to hold."""
    try:
        with os.scandir(run / "actions") as files:
            sizes = {file.name: file.stat().st_size for file in files if file.is_file()}
    except OSError:
        sizes = {}
    least = (
        (name, HEADERS + count * (action_dim * np.float32().nbytes + np.uint64().nbytes))
        for name, count in steps.items()
    )
    return tuple(name for name, size in least if sizes.get(f"{name}.npz", 0) < size)


def read_actions(run: Path, episode_id: str, action_dim: int | None = None) -> tuple[np.ndarray, list[str]]:
    """The actions float32 (T, D) and the state hashes (16 hex digits) of one episode.

    Args:
        run: the run folder.
        episode_id: of the episode.
        action_dim: how many numbers an action has to have; None: any.

    Raises:
        RunError: the run did not record it, or the file is damaged.
    """
    path = run / "actions" / f"{episode_id}.npz"
    try:
        # numpy leaves a file open that is no archive, so it is opened here.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            actions, hashes = stored["actions"], stored["state_hashes"]
    except FileNotFoundError:
        raise RunError(
            f"The run {run} has no recorded actions of episode {episode_id}: it was made with another plan, or the "
            f"file was lost. {AGAIN}"
        ) from None
    except DAMAGE as error:
        raise RunError(f"{path} is damaged ({shown(error)}). {AGAIN}") from None
    fits = action_dim is None or not len(actions) or actions.shape[-1] == action_dim
    if actions.dtype != np.float32 or actions.ndim != 2 or not fits:
        belongs = f"float32 (T, {'D' if action_dim is None else action_dim})"
        raise RunError(f"{path} holds {actions.dtype} {actions.shape} where {belongs} belongs. {AGAIN}")
    if hashes.dtype != np.uint64 or hashes.ndim != 1:
        raise RunError(
            f"{path} holds {hashes.dtype} {hashes.shape} where the state hashes, uint64 (T + 1,), belong. {AGAIN}"
        )
    return actions, [f"{int(value):016x}" for value in hashes]
