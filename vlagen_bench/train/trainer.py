"""A network in training: weights, their moving average, the optimiser, and the file that it goes on from."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from vlagen_bench.errors import RunError
from vlagen_bench.policies.compact.network import CompactNetwork

MOMENTS = ("exp_avg", "exp_avg_sq", "step")
"""what AdamW keeps of each parameter"""


class Schedule(Protocol):
    """What a trainer needs to know of a config."""

    @property
    def learning_rate(self) -> float: ...

    @property
    def warmup(self) -> int: ...

    @property
    def weight_decay(self) -> float: ...

    @property
    def average(self) -> float: ...

    @property
    def precision(self) -> str: ...


@dataclass(kw_only=True)
class Trainer:
    """A network on its way: weights, their moving average, the optimiser and how many iterations are done."""

    config: Schedule
    network: CompactNetwork
    total: int
    done: int = 0

    def __post_init__(self) -> None:
        self.network = self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.AdamW(
            _groups(self.network, self.config.weight_decay), lr=self.config.learning_rate, betas=(0.9, 0.99)
        )
        self.average = {name: weight.detach().clone() for name, weight in self.network.state_dict().items()}

    def rate(self) -> float:
        """The present learning rate: a rise, then half a cosine down to a hundredth."""
        rise = min(1.0, (self.done + 1) / max(1, self.config.warmup))
        fall = 0.5 * (1 + np.cos(np.pi * self.done / self.total))
        return float(self.config.learning_rate * rise * max(0.01, fall))

    def step(self, loss_of: Callable[[CompactNetwork], tuple[Tensor, dict[str, float]]]) -> dict[str, float]:
        """One iteration; the numbers to log."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config.precision == "bfloat16"):
            loss, numbers = loss_of(self.network)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.done += 1
        self._average()
        return {**numbers, "loss": float(loss.detach()), "gradient": float(norm), "rate": self.rate()}

    @torch.no_grad()
    def _average(self) -> None:
        # While there are few iterations the average would be of the first, random weights.
        share = min(self.config.average, (1 + self.done) / (10 + self.done))
        for name, weight in self.network.state_dict().items():
            self.average[name].lerp_(weight, 1 - share)

    def averaged(self) -> CompactNetwork:
        """A network of the averaged weights."""
        network = CompactNetwork(self.network.config)
        network.load_state_dict(self.average)
        return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def save(self, path: Path, about: dict[str, Any]) -> None:
        """Writes everything that the next iteration depends on, into one file, whole or not at all."""
        from safetensors.torch import save_file

        tensors = {f"network.{name}": weight for name, weight in self.network.state_dict().items()}
        tensors |= {f"average.{name}": weight for name, weight in self.average.items()}
        for number, kept in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{number}.{name}": kept[name] for name in MOMENTS}
        header = json.dumps({"done": self.done, "total": self.total, "about": about})
        partial = path.with_suffix(".partial")
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial, metadata={"state": header})
        partial.replace(path)

    def resume(self, path: Path, about: dict[str, Any]) -> bool:
        """Goes on from what `save` wrote; False where there is nothing.

        Raises:
            RunError: the file is of another config.
        """
        from safetensors import safe_open

        if not path.is_file():
            return False
        with safe_open(path, framework="pt") as file:
            kept = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if kept["about"] != about or kept["total"] != self.total:
            raise RunError(
                f"{path.parent} holds a training with another config. Give another --out, or remove that folder."
            )
        self.network.load_state_dict(_under("network.", tensors))
        self.average = _under("average.", tensors)
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _under("optimiser.", tensors).items():
            number, _, moment = name.partition(".")
            state.setdefault(int(number), {})[moment] = tensor
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": state})
        self.done = kept["done"]
        return True


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _groups(network: CompactNetwork, weight_decay: float) -> list[dict[str, Any]]:
    """Parameters with and without weight decay: matrices and kernels with it, vectors without."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return [
        {"params": [one for one in parameters if one.ndim > 1], "weight_decay": weight_decay},
        {"params": [one for one in parameters if one.ndim <= 1], "weight_decay": 0.0},
    ]
