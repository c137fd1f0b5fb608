"""The check of a policy's answer: an action is finite, of the right shape and type."""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.arrays import UnreadableTensor, as_array
from vlagen_bench.utils.text import name_of, shown

LONGEST_CHUNK = 10_000
"""actions; episodes have some hundred steps"""


@dataclass(frozen=True, kw_only=True)
class Wording:
    """How the sentences about wrong actions begin and end, by who gave the actions."""

    given: str = "act() returned"
    give: str = "Return"
    several: str = "(H, {dim}) for a chunk of H actions"
    """the other shape that is allowed; empty: none is"""

    def shapes(self, dim: int | None) -> str:
        """The allowed shapes."""
        several = self.several.format(dim=dim or "D")
        return f"({dim or 'D'},)" + (f", or {several}" if several else "")


OF_POLICY = Wording()
OF_STEP = Wording(given="step() was given", give="Give", several="")


def checked(answer: Any, dim: int | None = None, wording: Wording = OF_POLICY) -> np.ndarray:
    """The answer as float32 (H, dim), H >= 1.

    Args:
        answer: what `act` returned.
        dim: how many numbers an action of the robot has; None: not known on this side, so that any number will do.
        wording: of the sentences; where it allows no chunk, H is 1.

    Raises:
        PolicyError: no numbers, a wrong shape, too long, or NaN or infinity.
    """
    given, give, shapes = wording.given, wording.give, wording.shapes(dim)
    try:
        array = as_array(answer)
    except ValueError as error:
        raise PolicyError(
            f"{given} a ragged {name_of(answer)} ({shown(error, 200)}). {give} floats of shape {shapes}."
        ) from None
    except UnreadableTensor as error:
        raise PolicyError(f"{given} a tensor that cannot be read ({error}). {give} floats of shape {shapes}.") from None
    if array.dtype.kind not in "fiu":
        raise PolicyError(
            f"{given} {name_of(answer)} of dtype {shown(array.dtype, 100)}. {give} floats of shape {shapes}."
        )
    allowed = (1, 2) if wording.several else (1,)
    if array.ndim not in allowed or 0 in array.shape or (dim is not None and array.shape[-1] != dim):
        batch = array.ndim == max(allowed) + 1 and array.shape[0] == 1 and array.shape[-1] == dim and array.size
        cure = " It looks like a batch of one: take its element [0]." if batch else ""
        raise PolicyError(f"{given} the shape {array.shape}. {give} {shapes}.{cure}")
    if array.ndim == 2 and len(array) > LONGEST_CHUNK:
        raise PolicyError(f"{given} a chunk of {len(array)} actions. {give} {LONGEST_CHUNK} at most.")
    # What is too large for float32 becomes infinity, and is refused; whatever the policy wants numpy to raise.
    with np.errstate(all="ignore"):
        array = array.astype(np.float32).reshape(-1, array.shape[-1])
    if not np.isfinite(array).all():
        raise PolicyError(
            f"{given} NaN or infinity. {give} finite numbers: metres, radians, and the gripper in [-1, 1]."
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
