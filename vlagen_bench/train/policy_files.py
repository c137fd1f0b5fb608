"""The policy of a run and its files: the compact one, or one of the user's own."""

from pathlib import Path
from typing import Protocol

from torch import nn

from vlagen_bench.policies.compact import checkpoint
from vlagen_bench.policies.compact.checkpoint import ModelCard
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.train import actor_critic
from vlagen_bench.train.actor_critic import ActorCritic
from vlagen_bench.train.config import TrainConfig
from vlagen_bench.train.own_policy import OwnPolicyFiles
from vlagen_bench.train.policy import Policy, Sizes


class PolicyFiles(Protocol):
    """How a run begins, and what it writes."""

    def begin(self, path: Path) -> tuple[Policy, ModelCard]:
        """The policy that the run begins with, which is kept in this file."""

    def save(self, path: Path, policy: Policy, card: ModelCard) -> None:
        """Writes a policy."""

    def is_whole(self, path: Path, policy: Policy) -> bool:
        """Whether a file is there and can be read: what an interruption or a full disk left may be a part of one."""

    def kept(self, model: ActorCritic) -> nn.Module:
        """What of the networks is the state of a run."""

    def sizes(self, policy: Policy) -> Sizes:
        """What is sent to workers."""


class CompactPolicyFiles:
    """Of the compact policy, which is saved whole."""

    def __init__(self, config: TrainConfig) -> None:
        self._config = config

    def begin(self, path: Path) -> tuple[CompactNetwork, ModelCard]:
        config = self._config
        if not path.is_file():
            checkpoint.save(path, *actor_critic.begin(config.start, config.network, config.seed))
        return checkpoint.load(path)

    def save(self, path: Path, policy: Policy, card: ModelCard) -> None:
        assert isinstance(policy, CompactNetwork), "it came from `begin`"
        checkpoint.save(path, policy, card)

    def is_whole(self, path: Path, policy: Policy) -> bool:
        return checkpoint.is_whole(path)

    def kept(self, model: ActorCritic) -> nn.Module:
        return model

    def sizes(self, policy: Policy) -> Sizes:
        return policy.config


def files_of(config: TrainConfig) -> PolicyFiles:
    """For the policy that a configuration names."""
    return OwnPolicyFiles(config) if config.model else CompactPolicyFiles(config)
