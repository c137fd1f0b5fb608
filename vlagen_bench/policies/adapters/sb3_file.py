"""What a file of Stable-Baselines3 says of a policy, read without running any code that it holds.

Such a file pickles its spaces, its policy's class and much that only training needs. A pickle may run whatever it names, so that here
it may name spaces, arrays and classes of known libraries and nothing else; what playing does not need is not read at all.
"""

import base64
import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

from vlagen_bench.errors import PolicyError

NEEDED = ("policy_class", "policy_kwargs", "observation_space", "action_space", "train_freq")
"""what is read of what is pickled"""
SCHEDULES = ("lr_schedule", "clip_range", "clip_range_vf")
"""functions of the progress of a training; in their place stands one that is never asked"""
ALLOWED = {
    "collections": ("OrderedDict", "deque"),
    "gymnasium.spaces.box": ("Box",),
    "gymnasium.spaces.dict": ("Dict",),
    "numpy": ("dtype", "ndarray"),
    "numpy._core.multiarray": ("_reconstruct", "scalar"),
    "numpy._core.numeric": ("_frombuffer",),
    "numpy.core.multiarray": ("_reconstruct", "scalar"),
    "numpy.core.numeric": ("_frombuffer",),
    "numpy.random._pcg64": ("PCG64",),
    "numpy.random._pickle": ("__bit_generator_ctor", "__generator_ctor"),
    "numpy.random.bit_generator": ("__pyx_unpickle_SeedSequence", "SeedSequence"),
    "stable_baselines3.common.type_aliases": ("TrainFreq", "TrainFrequencyUnit"),
}
"""module -> names that make a space, an array or a setting, and do nothing else"""


class _Reader(pickle.Unpickler):
    """Makes what is allowed, and refuses the rest before it is run."""

    def find_class(self, module: str, name: str) -> Any:
        if name in ALLOWED.get(module, ()):
            return super().find_class(module, name)
        if "." not in name and module.startswith(("torch.", "stable_baselines3.")):
            import torch
            from stable_baselines3.common.policies import BaseModel

            found = super().find_class(module, name)
            kinds = (torch.nn.Module, torch.optim.Optimizer, BaseModel)
            if isinstance(found, type) and issubclass(found, kinds):
                return found
        raise PolicyError(f"{module}.{name}")


def settings(path: Path) -> dict[str, Any]:
    """The `custom_objects` with which `load` unpickles nothing by itself: what playing needs, and None for what it does not.

    Raises:
        PolicyError: it is no such file, or names code of its own.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            said = json.loads(archive.read("data"))
        pickled = {name: value for name, value in said.items() if isinstance(value, dict) and ":serialized:" in value}
        return {name: _read(path, name, value[":serialized:"]) for name, value in pickled.items()}
    except (zipfile.BadZipFile, KeyError, ValueError, AttributeError) as error:
        raise PolicyError(f"sb3: {path} is no file of Stable-Baselines3, or is damaged: {error}.") from None


def _read(path: Path, name: str, text: str) -> Any:
    if name in SCHEDULES:
        return 0.0
    if name not in NEEDED:
        return None
    try:
        return _Reader(io.BytesIO(base64.b64decode(text))).load()
    except PolicyError as error:
        raise PolicyError(
            f"sb3: the {name} of {path} names {error}, which is code that is not run from a file. Load the policy by yourself, in a "
            f"class with act(obs, instr): --policy my_policy.py:Policy"
        ) from None
    except Exception as error:  # whatever a damaged pickle leads to
        raise PolicyError(f"sb3: the {name} of {path} is damaged: {type(error).__name__}.") from None
