"""Numbers of any framework as a numpy array: tensors of any device, of a type that numpy lacks, or with a gradient."""

import sys
from typing import Any

import numpy as np

from vlagen_bench.utils.text import shown


class UnreadableTensor(Exception):
    """PyTorch does not give the numbers of a tensor; says why."""


def as_array(value: Any) -> np.ndarray:
    """The value as numpy has it; of tensors the numbers, wherever they are and whatever is recorded of them.

    No framework is imported: a tensor exists only where its own was.

    Raises:
        UnreadableTensor: a tensor that holds no numbers, or not in this process.
        ValueError: a ragged list.
        Exception: what the value itself raises when it is read.
    """
    if type(value) in (list, tuple) and any(map(_is_foreign, value)):
        value = [as_array(one) if _is_foreign(one) else one for one in value]
    elif _is_tensor(value):
        value = _of_torch(value)
    array = np.asarray(value)
    return array.astype(np.float32) if _is_short_float(array.dtype) else array


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _is_foreign(value: Any) -> bool:
    """Whether it becomes an array in its own way, which it does not as an item of a list."""
    return hasattr(type(value), "__array__") and not isinstance(value, np.ndarray | np.generic)


def _of_torch(tensor: Any) -> np.ndarray:
    try:
        tensor = tensor.detach().cpu()
        # numpy has no bfloat16 and no float8; float32 holds every value of theirs.
        short = tensor.is_floating_point() and tensor.element_size() < 4
        array: np.ndarray = (tensor.float() if short else tensor).resolve_conj().resolve_neg().numpy()
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise UnreadableTensor(shown(str(error).partition("\n")[0], 200)) from None
    return array


def _is_short_float(dtype: np.dtype) -> bool:
    """Whether it is a bfloat16 or float8 of `ml_dtypes`, in which jax and TensorFlow hand over theirs."""
    return dtype.kind == "V" and dtype.type.__module__.partition(".")[0] == "ml_dtypes" and "float" in dtype.name
