"""The trained networks: the policy with its value head, or with a critic of its own; what each decision's numbers are."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.policies.compact import checkpoint
from vlagen_bench.policies.compact.checkpoint import ModelCard
from vlagen_bench.policies.compact.config import ACTION_DIM, CompactConfig
from vlagen_bench.policies.compact.network import Batch, CompactNetwork
from vlagen_bench.train.config import CriticKind, TrainConfig
from vlagen_bench.train.devices import autocast
from vlagen_bench.train.policy import Policy, Said, asked
from vlagen_bench.train.trajectories import Decisions

MOST_TOKENS = int(np.iinfo(np.int16).max) + 1
"""that a policy can choose from: trajectories keep the chosen ones as int16"""


class ActorCritic(nn.Module):
    """A policy and its critic."""

    def __init__(self, policy: Policy, critic: CriticKind) -> None:
        """The critic is the policy's value head, unless it is `separate`: then it is a copy of the whole network."""
        super().__init__()
        self.policy: Policy = policy
        self.kind: CriticKind = critic
        self.critic = copy.deepcopy(policy) if critic == "separate" else None

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits (B, chunk, 7, bins) and values (B,).

        Raises:
            ConfigError: a policy of the user's own says something of another shape, which would be learnt from all the same.
        """
        with asked(self.policy, "forward"):
            output = self.policy(batch)
            _check(output, len(batch), self.policy.config.chunk)
            # A model of bfloat16 weights says bfloat16 numbers, in which probabilities are too coarse to be compared.
            logits, value = output.logits.float(), output.value.float()
            if self.critic is not None:
                return logits, self.critic(batch).value.float()
        return logits, value if self.kind == "shared" else self._head(output.hidden.detach())

    def looked_at(self, data: Decisions, config: TrainConfig) -> Decisions:
        """The decisions with what the policy sees in their pictures, where no update changes that; else as they are.

        Pictures are most of an update's work, and the memory of batches of many sizes is not given back.
        """
        policy = self.policy
        if self.critic is not None or not isinstance(policy, CompactNetwork) or not policy.is_looking_fixed():
            return data
        with torch.no_grad(), autocast(config.precision, data.device):
            parts = torch.arange(len(data)).split(config.minibatch)
            return replace(data, seen=torch.cat([policy.look(data.batch(rows))[0] for rows in parts]))

    def frozen_values(self, data: Decisions, size: int) -> Callable[[Tensor], Tensor]:
        """Values of rows of a table, through which nothing but the critic is trained.

        What a head reads is computed once, `size` rows at a time, since the policy stays as it is meanwhile.
        """
        critic = self.critic
        if critic is not None:
            return lambda rows: critic(data.batch(rows)).value.float()
        with torch.no_grad():
            parts = torch.arange(len(data)).split(size)
            hidden = torch.cat([self.policy(data.batch(rows)).hidden for rows in parts])
        return lambda rows: self._head(hidden[rows])

    @property
    def device(self) -> torch.device:
        """Of its parameters."""
        return next(self.policy.parameters()).device

    def _head(self, hidden: Tensor) -> Tensor:
        with asked(self.policy, "critic"), torch.autocast(hidden.device.type, enabled=False):  # as in the network
            values: Tensor = self.policy.critic(hidden)
            return values.float()

    def critic_parameters(self) -> list[nn.Parameter]:
        """What the value loss alone trains."""
        return list((self.critic or self.policy.critic).parameters())

    def policy_parameters(self) -> list[nn.Parameter]:
        """All of the policy but its value head, and but what is frozen."""
        head = {id(parameter) for parameter in self.policy.critic.parameters()}
        return [one for one in self.policy.parameters() if one.requires_grad and id(one) not in head]

    def freeze(self, parts: Sequence[str]) -> None:
        """Keeps parts of the policy as they are; raises `ConfigError` for a name that is none, or where nothing is left to train."""
        known = dict(self.policy.named_children())
        for part in parts:
            if part not in known or part == "critic":
                raise ConfigError(f"frozen: {unknown('part', part, [name for name in known if name != 'critic'])}")
            known[part].requires_grad_(False)
        if not self.policy_parameters():
            raise ConfigError(
                f"frozen: {', '.join(parts)}: nothing of the policy is left that can be trained. Name fewer parts."
            )


def _check(said: Said, count: int, chunk: int) -> None:
    shape = tuple(said.logits.shape)
    if len(shape) == 4 and shape[3] > MOST_TOKENS:
        raise ConfigError(
            f"model: its logits are of {shape[3]} tokens, and more than {MOST_TOKENS} cannot be kept. Give those of its action tokens "
            f"alone, and let `decode` count from the first of them."
        )
    if len(shape) != 4 or shape[:3] != (count, chunk, ACTION_DIM):
        raise ConfigError(
            f"model: its logits have the shape {shape}, not ({count}, {chunk}, {ACTION_DIM}, bins): observations, actions of a "
            f"decision, numbers of an action, tokens."
        )
    if tuple(said.value.shape) != (count,):
        raise ConfigError(
            f"model: its value has the shape {tuple(said.value.shape)}, not ({count},): one for each observation."
        )


def begin(start: str, sizes: CompactConfig | None, seed: int) -> tuple[CompactNetwork, ModelCard]:
    """The policy of a checkpoint, or one with random weights."""
    if start:
        return checkpoint.load(Path(start))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = CompactNetwork(sizes or CompactConfig())
    card = ModelCard(name="random", trained_by="nothing")
    return network.to(memory_format=torch.channels_last), card  # type: ignore[call-overload]
