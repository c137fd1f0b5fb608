"""The check of a policy's answer: an action is finite, of the right shape and type."""

import itertools
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError

LONGEST_CHUNK = 10_000
"""actions; episodes have some hundred steps"""


def checked(answer: Any, dim: int | None = None) -> np.ndarray:
    """The answer as float32 (H, dim), H >= 1.

    Args:
        answer: what `act` returned.
        dim: how many numbers an action of the robot has; None: not known on this side, so that any number will do.

    Raises:
        PolicyError: no numbers, a wrong shape, too long, or NaN or infinity.
    """
    one, chunk = f"({dim or 'D'},)", f"(H, {dim or 'D'})"
    try:
        array = np.asarray(answer)
    except ValueError as error:
        raise PolicyError(
            f"act() returned a ragged {type(answer).__name__} ({error}). Return floats of shape {one} or {chunk}."
        ) from None
    if array.dtype.kind not in "fiu":
        raise PolicyError(
            f"act() returned {type(answer).__name__} of dtype {array.dtype}. Return floats of shape {one} or {chunk}."
        )
    if array.ndim not in (1, 2) or 0 in array.shape or (dim is not None and array.shape[-1] != dim):
        raise PolicyError(f"act() returned the shape {array.shape}. Return {one}, or {chunk} for a chunk of H actions.")
    if array.ndim == 2 and len(array) > LONGEST_CHUNK:
        raise PolicyError(f"act() returned a chunk of {len(array)} actions. Return {LONGEST_CHUNK} at most.")
    # What is too large for float32 becomes infinity, and is refused; whatever the policy wants numpy to raise.
    with np.errstate(all="ignore"):
        array = array.astype(np.float32).reshape(-1, array.shape[-1])
    if not np.isfinite(array).all():
        raise PolicyError(
            "act() returned NaN or infinity. Return finite numbers: metres, radians, and the gripper in [-1, 1]."
        )
    return array


def one_for_each(answers: Any, number: int) -> list[Any]:
    """What `act_batch` returned, if it is as many answers as there were observations; raises `PolicyError`."""
    taken = list(itertools.islice(answers, number + 1))
    if len(taken) == number:
        return taken
    count = f"more than {number}" if len(taken) > number else len(taken)
    raise PolicyError(
        f"act_batch() returned {count} answers to {number} observations. Return one for each: an action, or a chunk of actions."
    )
