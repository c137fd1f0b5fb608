"""The device that networks are asked and trained on, and the precision there."""

from contextlib import AbstractContextManager

import torch

from vlagen_bench.errors import ConfigError
from vlagen_bench.train.config import Device, Precision

CPU = torch.device("cpu")


def device_of(name: Device) -> torch.device:
    """The device that a configuration asks for; `auto` is the GPU if PyTorch finds one.

    Raises:
        ConfigError: a GPU is asked for, and there is none.
    """
    if name == "cpu":
        return CPU
    if torch.cuda.is_available():
        return torch.device("cuda")
    if name == "auto":
        return CPU
    raise ConfigError(
        f"device: cuda is asked for, and PyTorch {torch.__version__} finds no GPU. Give cpu, or auto, which takes a GPU where "
        f"there is one; or install PyTorch with CUDA, and a driver."
    )


def autocast(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """The context in which networks are asked and trained."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")
