"""The algorithms of reinforcement learning as the loop sees them: which episodes an iteration has, and what is learned from them."""

import copy
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import torch
from torch.optim import AdamW

from vlagen_bench.train import dpo, grpo, ppo
from vlagen_bench.train.actor_critic import ActorCritic
from vlagen_bench.train.config import CriticKind, DpoConfig, GroupConfig, GrpoConfig, PpoConfig, TrainConfig
from vlagen_bench.train.devices import CPU
from vlagen_bench.train.policy import Policy
from vlagen_bench.train.training_episodes import episode_of
from vlagen_bench.train.trajectories import Job, Trajectory
from vlagen_bench.utils.seeding import stream

Kind = TypeVar("Kind", bound=TrainConfig)
Numbers = dict[str, float]


class Algorithm(ABC, Generic[Kind]):
    """One way to learn from rollouts."""

    name: ClassVar[str]

    def __init__(self, config: Kind, start: Policy, device: torch.device = CPU) -> None:
        """Takes the policy that the run begins with, which is trained itself, on a device."""
        self.config = config
        self.model = ActorCritic(start, self.critic).to(device).eval()
        self.model.freeze(config.frozen)
        self.optimizer = self.make_optimizer()

    @property
    def critic(self) -> CriticKind:
        """Where values come from."""
        return "detached"

    @property
    def group(self) -> int:
        """Rollouts of each episode."""
        return 1

    @abstractmethod
    def make_optimizer(self) -> AdamW:
        """Of the model."""

    @abstractmethod
    def update(self, iteration: int, played: list[Trajectory], random: np.random.RandomState) -> Numbers:
        """Learns from the rollouts of an iteration; what is logged of it."""

    def jobs(self, iteration: int) -> list[Job]:
        """The episodes of an iteration, which no other one has; those of a group follow each other."""
        config = self.config
        each = config.rollouts.episodes // self.group
        episodes = [
            episode_of(config.rollouts.distribution, index=iteration * each + number, seed=config.training_seed)
            for number in range(each)
        ]
        draws = stream(config.seed, "rollouts", iteration).randint(2**62, size=config.rollouts.episodes, dtype=np.int64)
        return [
            Job(slot=slot, episode=episodes[slot // self.group], draws=int(draw)) for slot, draw in enumerate(draws)
        ]


class Ppo(Algorithm[PpoConfig]):
    """See `ppo`."""

    name = "ppo"

    @property
    def critic(self) -> CriticKind:
        return self.config.critic

    def make_optimizer(self) -> AdamW:
        return ppo.optimiser(self.model, self.config)

    def update(self, iteration: int, played: list[Trajectory], random: np.random.RandomState) -> Numbers:
        value_only = iteration < self.config.value_iterations
        return ppo.update(self.model, self.optimizer, played, self.config, random, value_only=value_only)


Group = TypeVar("Group", bound=GroupConfig)


class OfGroups(Algorithm[Group]):
    """What learns from rollouts of the same episode, without a critic."""

    @property
    def group(self) -> int:
        return self.config.group

    def make_optimizer(self) -> AdamW:
        return grpo.optimiser(self.model, self.config)


class Grpo(OfGroups[GrpoConfig]):
    """See `grpo`."""

    name = "grpo"

    def __init__(self, config: GrpoConfig, start: Policy, device: torch.device = CPU) -> None:
        super().__init__(config, start, device)
        # The penalty alone asks it, and a second copy of a large policy is not made for nothing.
        self._reference = copy.deepcopy(start) if config.kl_coefficient else start

    def update(self, iteration: int, played: list[Trajectory], random: np.random.RandomState) -> Numbers:
        return grpo.update(self.model, self.optimizer, played, self.config, random, reference=self._reference)


class Dpo(OfGroups[DpoConfig]):
    """See `dpo`."""

    name = "dpo"

    def __init__(self, config: DpoConfig, start: Policy, device: torch.device = CPU) -> None:
        super().__init__(config, start, device)
        self._start = copy.deepcopy(start) if config.reference == "start" else None

    def update(self, iteration: int, played: list[Trajectory], random: np.random.RandomState) -> Numbers:
        reference = copy.deepcopy(self.model.policy) if self._start is None else self._start
        return dpo.update(self.model, self.optimizer, played, self.config, random, reference=reference)


ALGORITHMS: dict[str, tuple[type[TrainConfig], type[Algorithm[Any]]]] = {
    Ppo.name: (PpoConfig, Ppo), Grpo.name: (GrpoConfig, Grpo), Dpo.name: (DpoConfig, Dpo),
}  # fmt: skip
"""name -> its configuration and itself"""
