"""The file of an episode's actions: one `.npz` without pickles, with a hash of the state after each action."""

import io
import os
import shlex
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from vlagen_bench.errors import RunError
from vlagen_bench.utils.text import shown

DAMAGE = (
    ValueError, KeyError, IndexError, OSError, EOFError, zipfile.BadZipFile, zlib.error, struct.error, RuntimeError,
    OverflowError, MemoryError, SyntaxError, TypeError, AttributeError,
)  # fmt: skip
"""what zipfile and NumPy raise about a file that is not as they wrote it"""


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
            f"The run {run} has no recorded actions of episode {episode_id}. It was made with another plan, or the file "
            f"was lost. {_again(run, episode_id)}"
        ) from None
    except DAMAGE as error:
        raise RunError(f"{path} is damaged ({shown(error)}). {_again(run, episode_id)}") from None
    fits = action_dim is None or not len(actions) or actions.shape[-1] == action_dim
    if actions.dtype != np.float32 or actions.ndim != 2 or not fits:
        belongs = f"float32 (T, {'D' if action_dim is None else action_dim})"
        raise RunError(
            f"{path} holds {actions.dtype} {actions.shape} where {belongs} belongs. {_again(run, episode_id)}"
        )
    if hashes.dtype != np.uint64 or hashes.ndim != 1:
        raise RunError(
            f"{path} holds {hashes.dtype} {hashes.shape} where the state hashes, uint64 (T + 1,), belong. {_again(run, episode_id)}"
        )
    return actions, [f"{int(value):016x}" for value in hashes]


def _again(run: Path, episode_id: str) -> str:
    """How the episode is played once more: without its line, it has no result."""
    remove = shlex.join(["sed", "-i", f'/"id": "{episode_id}"/d', str(run / "episodes.jsonl")])
    return f"To have the episode played again: {remove}, then repeat the command of the run."
