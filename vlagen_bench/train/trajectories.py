"""What rollouts give: trajectories of decisions, and the same decisions as one table to train on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vlagen_bench.policies.compact.network import Batch
from vlagen_bench.train.devices import CPU
from vlagen_bench.types import Episode


@dataclass(frozen=True, kw_only=True)
class Job:
    """An episode that is to be played, and the stream of its samples."""

    slot: int
    """its place in the iteration"""
    episode: Episode
    draws: int
    """seed of what the policy draws in it; depends on the run's seed, the iteration and the slot alone"""


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """One played episode as T decisions, each of a chunk of K actions of which the first `executed` were carried out."""

    slot: int
    images: Mapping[str, np.ndarray]
    """camera -> uint8 (T, side, side, 3)"""
    state: np.ndarray
    """float32 (T, state_dim)"""
    sentence: np.ndarray
    """the instruction as the policy reads it"""
    tokens: np.ndarray
    """int16 (T, K, 7)"""
    log_probs: np.ndarray
    """float32 (T, K): of each action's seven tokens together, at the temperature of the run; 0 where it was not executed"""
    values: np.ndarray
    """float32 (T,): what the critic said before each decision"""
    rewards: np.ndarray
    """float32 (T, K): of each control step; 0 where there was none"""
    executed: np.ndarray
    """int64 (T,): 1 to K"""
    success: bool
    """at the end"""
    truncated: bool
    """whether time ran out; the state after the last action has a value then"""
    last_value: float
    """what the critic said after the last action; 0 where the episode is over for good"""

    @property
    def log_prob(self) -> np.ndarray:
        """float32 (T,): of each decision."""
        return self.log_probs.sum(1)

    @property
    def steps(self) -> int:
        """Control steps."""
        return int(self.executed.sum())

    @property
    def total_reward(self) -> float:
        """Undiscounted."""
        return float(self.rewards.sum())

    def discounted(self, gamma: float) -> float:
        """The rewards discounted by control steps; all actions of all decisions but the last are executed."""
        flat = self.rewards.reshape(-1)
        return float((flat * gamma ** np.arange(len(flat))).sum())


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """The N decisions of several trajectories, one after the other.

    The pictures, which are most of it, are on the CPU; all else is on the device of the update. Rows are asked for from either.
    """

    images: Mapping[str, Tensor]
    state: Tensor
    sentence: Tensor
    tokens: Tensor
    executed: Tensor
    log_probs: Tensor
    """float32 (N, K), as in the rollout"""
    values: Tensor
    """float32 (N,), as in the rollout"""
    trajectory: Tensor
    """int64 (N,): which trajectory each is of"""
    seen: Tensor | None = None
    """float32 (N, n): as in `Batch`"""

    @classmethod
    def of(cls, trajectories: Sequence[Trajectory], device: torch.device = CPU) -> "Decisions":
        """All decisions of these trajectories, at least one, in order, for an update on a device."""

        def joined(arrays: Sequence[np.ndarray]) -> Tensor:
            return torch.from_numpy(np.concatenate(arrays)).to(device)

        lengths = [len(one.values) for one in trajectories]
        sentences = np.repeat(np.stack([one.sentence for one in trajectories]), lengths, axis=0)
        return cls(
            images={
                name: torch.from_numpy(np.concatenate([one.images[name] for one in trajectories]))
                for name in trajectories[0].images
            },
            state=joined([one.state for one in trajectories]),
            sentence=torch.from_numpy(sentences).to(device),
            tokens=joined([one.tokens for one in trajectories]),
            executed=joined([one.executed for one in trajectories]),
            log_probs=joined([one.log_probs for one in trajectories]),
            values=joined([one.values for one in trajectories]),
            trajectory=torch.from_numpy(np.repeat(np.arange(len(trajectories)), lengths)).to(device),
        )

    def __len__(self) -> int:
        return len(self.executed)

    @property
    def device(self) -> torch.device:
        """Of the update."""
        return self.state.device

    def batch(self, rows: Tensor) -> Batch:
        """What the network is shown of these rows; without pictures where it is known what it sees in them."""
        if self.seen is not None:
            return Batch(images={}, state=self.state[rows], sentence=self.sentence[rows], seen=self.seen[rows])
        images = {name: pictures[rows.cpu()].to(self.device) for name, pictures in self.images.items()}
        return Batch(images=images, state=self.state[rows], sentence=self.sentence[rows])


def minibatches(count: int, size: int, random: np.random.RandomState) -> list[Tensor]:
    """All of `count` rows in a random order, in parts of about `size` that differ by one row at most."""
    parts = np.array_split(random.permutation(count), max(1, round(count / size)))
    return [torch.from_numpy(part) for part in parts]
