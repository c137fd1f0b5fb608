"""A device that is none: tensors that say they are on `meta` and hold numbers all the same, and refuse to meet those of the CPU."""

from contextlib import contextmanager, nullcontext

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

AWAY = torch.device("meta")
MOVING = {torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default}
"""what may have tensors of both devices"""
INDEXING = {torch.ops.aten.index.Tensor, torch.ops.aten.index_put_.default, torch.ops.aten._index_put_impl_.default}
"""whose indices may be on the CPU, as on a GPU; the other way round they may not"""


class Elsewhere(torch.Tensor):
    """A tensor of the device that is none."""

    @staticmethod
    def __new__(cls, inner):
        return torch.Tensor._make_wrapper_subclass(
            cls, inner.size(), strides=inner.stride(), storage_offset=inner.storage_offset(), dtype=inner.dtype,
            device=AWAY,
        )  # fmt: skip

    def __init__(self, inner):
        self.inner = inner

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        return _done(function, args, kwargs or {})


class _Watched(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        return _done(function, args, kwargs or {})


def _tensors(value):
    found = []
    tree_map(lambda one: found.append(one) if isinstance(one, torch.Tensor) else None, value)
    return found


def _done(function, args, kwargs):
    """What the CPU makes of it; on the device that is none if what it was made of is."""
    met = _tensors(args[:1] if function in INDEXING else (args, kwargs))
    away = [one for one in _tensors((args, kwargs)) if isinstance(one, Elsewhere)]
    # A single number of the CPU may meet tensors of any device.
    here = [one for one in met if not isinstance(one, Elsewhere) and one.ndim]
    if away and here and function not in MOVING:
        raise AssertionError(f"{function} is given tensors of two devices")
    asked = kwargs.get("device")
    is_away = bool(away) if asked is None else torch.device(asked) == AWAY
    if function is torch.ops.aten.copy_.default:
        is_away = isinstance(args[0], Elsewhere)
    kwargs = kwargs if asked is None else {**kwargs, "device": torch.device("cpu")}
    plain = tree_map(lambda one: one.inner if isinstance(one, Elsewhere) else one, (args, kwargs))
    same = {id(one.inner): one for one in away}

    def wrapped(one):
        if not isinstance(one, torch.Tensor) or not is_away:
            return one
        return same[id(one)] if id(one) in same else Elsewhere(one)

    return tree_map(wrapped, function(*plain[0], **plain[1]))


def inner_of(tensor):
    """The numbers of a tensor of either device."""
    return tensor.inner if isinstance(tensor, Elsewhere) else tensor


@contextmanager
def elsewhere(monkeypatch):
    """Inside, tensors can be moved to `AWAY`, and autocast is asked for nothing but it; gives the device types it was asked for."""
    kinds = []

    def autocast(device_type, *args, **kwargs):
        kinds.append(device_type)
        return nullcontext()

    before = torch.__future__.get_overwrite_module_params_on_conversion()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        with monkeypatch.context() as patched, _Watched():
            patched.setattr(torch, "autocast", autocast)
            yield kinds
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(before)
