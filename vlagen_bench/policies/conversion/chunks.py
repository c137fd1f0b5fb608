"""Chunks of actions: a queue that asks again after some of them, and the mean of all chunks that foresaw a step."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from vlagen_bench.policies.conversion.rotations import unit


def ensemble_weights(count: int, m: float) -> np.ndarray:
    """(count,) the weights of predictions of one step, the oldest first: exp(-m * i), which sum up to 1.

    ACT has m = 0.01, so that the oldest counts most; SimplerEnv's ensemble has m = 0, the plain mean. A negative m lets the
    newest count most.
    """
    exponents = -m * np.arange(count)
    weights = np.exp(exponents - exponents.max())
    return weights / weights.sum()


@dataclass(kw_only=True)
class TemporalEnsemble:
    """Averages what the last chunks foresaw for the present step. One for each episode; asked at every step."""

    m: float = 0.0
    quaternion: slice | None = None
    """where a quaternion stands among the numbers: its sign means nothing, and its length stays 1"""
    _chunks: list[np.ndarray] = field(default_factory=list)
    """the oldest first, each from the present step on"""

    def next(self, chunk: np.ndarray) -> np.ndarray:
        """The action (D,) of this step, after the model answered the chunk (H, D)."""
        self._chunks.append(np.asarray(chunk, np.float64))
        now = np.stack([foreseen[0] for foreseen in self._chunks])
        if self.quaternion is not None:
            signs = np.sign(now[:, self.quaternion] @ now[-1, self.quaternion])
            now[:, self.quaternion] *= np.where(signs < 0, -1.0, 1.0)[:, None]
        action = np.asarray(ensemble_weights(len(self._chunks), self.m) @ now)
        if self.quaternion is not None:
            action[self.quaternion] = unit(action[self.quaternion])
        self._chunks = [foreseen[1:] for foreseen in self._chunks if len(foreseen) > 1]
        return action


@dataclass(kw_only=True)
class ChunkQueue:
    """Plays the first actions of a chunk, and says when the model is to be asked again. One for each episode."""

    replan_steps: int
    """actions of a chunk that are played; those behind them are dropped"""
    _waiting: deque[np.ndarray] = field(default_factory=deque)

    @property
    def empty(self) -> bool:
        """Whether the model is to be asked."""
        return not self._waiting

    def put(self, chunk: np.ndarray) -> None:
        """Takes a new chunk (H, D) in place of what is left of the last."""
        self._waiting = deque(chunk[: self.replan_steps])

    def next(self) -> np.ndarray:
        """The action (D,) of this step."""
        return self._waiting.popleft()
