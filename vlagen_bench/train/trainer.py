"""A network that learns by imitation: its weights, their moving average, and the optimiser with its learning rate."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.train.config import Precision
from vlagen_bench.train.devices import autocast

Loss = Callable[[CompactNetwork], tuple[Tensor, dict[str, float]]]
"""network -> what is to become small, and the numbers to log"""


class Schedule(Protocol):
    """What a trainer needs to know of a configuration."""

    @property
    def learning_rate(self) -> float: ...

    @property
    def warmup(self) -> int: ...

    @property
    def weight_decay(self) -> float: ...

    @property
    def average(self) -> float: ...

    @property
    def precision(self) -> Precision: ...


@dataclass(kw_only=True)
class Trainer:
    """A network on its way through `total` iterations."""

    config: Schedule
    network: CompactNetwork
    total: int
    done: int = 0

    def __post_init__(self) -> None:
        self.network = self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = copy.deepcopy(self.network)
        """of the weights so far: what is kept at the end"""
        self.model = nn.ModuleDict({"network": self.network, "average": self.averaged})
        self.optimizer = torch.optim.AdamW(
            _groups(self.network, self.config.weight_decay), lr=self.config.learning_rate, betas=(0.9, 0.99)
        )

    def rate(self) -> float:
        """The learning rate of the next iteration: a rise, then half a cosine down to a hundredth."""
        rise = min(1.0, (self.done + 1) / max(1, self.config.warmup))
        fall = 0.5 * (1 + np.cos(np.pi * self.done / self.total))
        return float(self.config.learning_rate * rise * max(0.01, fall))

    def step(self, loss_of: Loss) -> dict[str, float]:
        """One iteration; the numbers to log."""
        rate = self.rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        with autocast(self.config.precision, self.network.device):
            loss, numbers = loss_of(self.network)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.done += 1
        self._average()
        return {**numbers, "loss": float(loss.detach()), "gradient": float(norm), "rate": rate}

    @torch.no_grad()
    def _average(self) -> None:
        # While there are few iterations the average would be of the first, random weights.
        share = min(self.config.average, (1 + self.done) / (10 + self.done))
        for kept, weight in zip(self.averaged.state_dict().values(), self.network.state_dict().values(), strict=True):
            kept.lerp_(weight, 1 - share)


def _groups(network: CompactNetwork, weight_decay: float) -> list[dict[str, Any]]:
    """Parameters with and without weight decay: matrices and kernels with it, vectors without."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return [
        {"params": [one for one in parameters if one.ndim > 1], "weight_decay": weight_decay},
        {"params": [one for one in parameters if one.ndim <= 1], "weight_decay": 0.0},
    ]
