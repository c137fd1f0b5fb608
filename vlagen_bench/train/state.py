"""The state of a training run in one file: weights, optimiser and counters, written whole or not at all, and no pickle."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from vlagen_bench.errors import RunError
from vlagen_bench.runs.durable import sync
from vlagen_bench.train.rates import BASE
from vlagen_bench.utils.text import one_line

FORMAT = "vlagen-train-1"
RATES = ("lr", BASE)
"""what of an optimiser's groups changes as a run goes on"""
MODEL, OPTIMISER = "model.", "optimiser."


@dataclass(frozen=True, kw_only=True)
class Counters:
    """How far a run is."""

    iterations: int = 0
    """that are done"""
    control_steps: int = 0
    episodes: int = 0
    seconds: float = 0.0
    """of rollouts and updates, in all sittings"""


def save(path: Path, model: nn.Module, optimizer: Optimizer, counters: Counters, line: Mapping[str, Any]) -> None:
    """Writes the state after an iteration, and the line of the log that belongs to it.

    There are no random streams in it: what is drawn in an iteration comes from streams that begin anew with
    (seed, iteration), PyTorch's own included, so that the number of the next iteration is all that has to be known.

    Raises:
        OSError: it cannot be written; the state that is there stays.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    tensors = {MODEL + name: tensor.detach().contiguous() for name, tensor in model.state_dict().items()}
    tensors |= {OPTIMISER + name: tensor for name, tensor in _of_optimiser(optimizer).items()}
    header = {"format": FORMAT, "counters": json.dumps(vars(counters)), "line": json.dumps(line)}
    header["rates"] = json.dumps(
        [{key: group[key] for key in RATES if key in group} for group in optimizer.param_groups]
    )
    partial = path.with_suffix(".partial")
    try:
        save_file(tensors, partial, metadata=header)
    except SafetensorError as error:  # as the library says that the disk is full
        raise OSError(f"{path.name}: {one_line(error)}") from None
    sync(partial)
    os.replace(partial, path)


def load(path: Path, model: nn.Module, optimizer: Optimizer) -> tuple[Counters, dict[str, Any]]:
    """Puts a saved state into a model and an optimiser that were made in the same way; its counters, and its log line.

    Raises:
        RunError: the file is damaged or of another version.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if header.get("format") != FORMAT:
            raise ValueError(f"its format is {header.get('format')!r}, not {FORMAT!r}")
        model.load_state_dict(_part(tensors, MODEL))
        _into_optimiser(optimizer, _part(tensors, OPTIMISER))
        for group, rates in zip(optimizer.param_groups, json.loads(header.get("rates", "[]")), strict=False):
            group.update(rates)
        return Counters(**json.loads(header["counters"])), json.loads(header["line"])
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, IndexError) as error:
        raise RunError(
            f"{path} is damaged or of another version ({one_line(error)}). Begin anew in another folder: --out DIR"
        ) from error


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _parameters(optimizer: Optimizer) -> list[nn.Parameter]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _of_optimiser(optimizer: Optimizer) -> dict[str, Tensor]:
    """`<number of the parameter>.<name>` -> tensor; a parameter that was never stepped has none."""
    return {
        f"{number}.{name}": value.detach().contiguous()
        for number, parameter in enumerate(_parameters(optimizer))
        for name, value in optimizer.state.get(parameter, {}).items()
    }


def _into_optimiser(optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    parameters = _parameters(optimizer)
    optimizer.state.clear()
    for key, value in tensors.items():
        number, _, name = key.partition(".")
        parameter = parameters[int(number)]
        # In the parameter's own memory layout, as the optimiser makes them; but for its count of steps, which is float32 on the CPU.
        is_count = name == "step" or value.shape != parameter.shape
        kept = value if is_count else torch.empty_like(parameter).copy_(value).detach()
        optimizer.state[parameter][name] = kept
