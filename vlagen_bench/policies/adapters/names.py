"""The adapters by name, and the reading of `NAME:REST`.

What stands before the first colon decides. If it is an adapter's name, the policy is that adapter. A module of the same name may
exist, such as that of LeRobot: then `lerobot:Policy` could mean its class, and is an error that says how to write both.
"""

import importlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.policies.modules import classes_of, module_of

if TYPE_CHECKING:
    from vlagen_bench.policies.adapters.base import Adapter

ADAPTERS = {
    "gr00t": "vlagen_bench.policies.adapters.gr00t:Gr00t",
    "lerobot": "vlagen_bench.policies.adapters.lerobot:LeRobot",
    "octo": "vlagen_bench.policies.adapters.simpler:Octo",
    "onnx": "vlagen_bench.policies.adapters.onnx:Onnx",
    "openpi": "vlagen_bench.policies.adapters.openpi:OpenPi",
    "openvla": "vlagen_bench.policies.adapters.openvla:OpenVLA",
    "openvla_oft": "vlagen_bench.policies.adapters.openvla_oft:OpenVLAOFT",
    "sb3": "vlagen_bench.policies.adapters.sb3:StableBaselines3",
    "simpler": "vlagen_bench.policies.adapters.simpler:Simpler",
    "torchscript": "vlagen_bench.policies.adapters.torchscript:TorchScript",
}
"""name -> class; each is imported when it is used"""


@dataclass(frozen=True, kw_only=True)
class AdapterName:
    """A policy's name that names an adapter."""

    name: str
    checkpoint: str
    """what stands behind the colon"""


def adapter_in(name: str) -> AdapterName | None:
    """The adapter that a policy's name means; None: it is another kind of name.

    Raises:
        PolicyError: it could be a class of a module as well, or has nothing behind the colon.
    """
    first, _, rest = name.partition(":")
    if first not in ADAPTERS:
        return None
    if not rest:
        example = adapter_class(first)
        raise PolicyError(
            f"The adapter {first} is given without {example.REST}. Name it: --policy {first}:{example.REST}"
        )
    if rest.isidentifier() and _is_module(first):
        raise PolicyError(
            f"The policy {name} could be the adapter {first} with {rest}, or the class {rest} of the module {first}, which is "
            f"here too. Write {first}:./{rest} for the adapter, or the class by its file: path/to/{first}.py:{rest}"
        )
    return AdapterName(name=first, checkpoint=rest)


def adapter_class(name: str) -> "type[Adapter]":
    """The class of an adapter; raises `PolicyError` for an unknown name."""
    if name not in ADAPTERS:
        raise PolicyError(unknown("adapter", name, ADAPTERS))
    module, _, kind = ADAPTERS[name].partition(":")
    found: type[Adapter] = getattr(importlib.import_module(module), kind)
    return found


def own_class(name: str) -> "type[Adapter]":
    """An adapter of the user's own, by `module:Class` or `path/to/file.py:Class`; raises `PolicyError` for what is none."""
    from vlagen_bench.policies.adapters.base import Adapter

    where, _, kind = name.rpartition(":")
    module = module_of(where)
    found = getattr(module, kind, None)
    if found is None:
        raise PolicyError(f"{where}: {unknown('class', kind, classes_of(module))}")
    if not (isinstance(found, type) and issubclass(found, Adapter)):
        raise PolicyError(
            f"{name} has no conversion that could be checked. Let it inherit from vlagen_bench.policies.adapters.base.Adapter, "
            f"and say in declare() what the model was trained with."
        )
    return found


def _is_module(name: str) -> bool:
    """Whether a module of this name could be imported, from the current folder too."""
    return Path(f"{name}.py").is_file() or importlib.util.find_spec(name) is not None
