"""Is an answer of a policy an action? Checked once, here, and handed out one control step at a time."""

from collections import deque
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError

ACTION_DIM = 7


def checked(answer: Any) -> np.ndarray:
    """The answer as float32 (H, 7), H >= 1.

    Raises:
        PolicyError: no numbers, a wrong shape, or NaN or infinity.
    """
    try:
        array = np.asarray(answer)
    except ValueError as error:
        raise PolicyError(
            f"act() returned a ragged {type(answer).__name__} ({error}). Return floats of shape (7,) or (H, 7)."
        ) from None
    if array.dtype.kind not in "fiu":
        raise PolicyError(
            f"act() returned {type(answer).__name__} of dtype {array.dtype}. Return floats of shape (7,) or (H, 7)."
        )
    if array.ndim not in (1, 2) or array.shape[-1] != ACTION_DIM or array.shape[0] == 0:
        raise PolicyError(f"act() returned the shape {array.shape}. Return (7,), or (H, 7) for a chunk of H actions.")
    array = array.astype(np.float32).reshape(-1, ACTION_DIM)
    if not np.isfinite(array).all():
        raise PolicyError(
            "act() returned NaN or infinity. Return finite numbers: metres, radians, and the gripper in [-1, 1]."
        )
    return array


class ActionStream:
    """Asks the policy when it has no action left, and hands out chunks one action at a time."""

    def __init__(self, policy: Any) -> None:
        self._policy = policy
        self._queue: deque[np.ndarray] = deque()

    @property
    def empty(self) -> bool:
        """Whether the next action needs the policy, and so an observation."""
        return not self._queue

    def ask(self, observation: Any, instruction: str) -> None:
        """Fills the queue with one answer; raises what the policy raises, or `PolicyError`."""
        try:
            answer = self._policy.act(observation, instruction)
        except SystemExit as error:
            raise PolicyError(
                f"act() called sys.exit({error.code}). Raise an exception instead, or return an action."
            ) from error
        self._queue.extend(checked(answer))

    def next(self) -> np.ndarray:
        """The next action, float32 (7,)."""
        return self._queue.popleft()
