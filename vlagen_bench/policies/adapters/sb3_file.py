"""What a file of Stable-Baselines3 says of a policy, read without running any code that it holds.

Such a file pickles its spaces, its policy's class and much that only training needs. A pickle may run whatever it names, so that here
it may name spaces, arrays and classes of known libraries and nothing else; what playing does not need is not read at all.
"""

import base64
import io
import json
import pickle
import zipfile
import zlib
from pathlib import Path
from typing import Any

from vlagen_bench.errors import PolicyError
from vlagen_bench.utils.text import one_line

NEEDED = ("policy_class", "policy_kwargs", "observation_space", "action_space", "train_freq")
"""what is read of what is pickled"""
SCHEDULES = ("learning_rate", "lr_schedule", "clip_range", "clip_range_vf")
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
    "stable_baselines3.common.policies": (
        "ActorCriticCnnPolicy", "ActorCriticPolicy", "MultiInputActorCriticPolicy",
    ),
    "stable_baselines3.common.torch_layers": ("CombinedExtractor", "FlattenExtractor", "NatureCNN"),
    "stable_baselines3.sac.policies": ("CnnPolicy", "MultiInputPolicy", "SACPolicy"),
    "stable_baselines3.td3.policies": ("CnnPolicy", "MultiInputPolicy", "TD3Policy"),
    "torch.nn.modules.activation": ("ELU", "GELU", "LeakyReLU", "Mish", "ReLU", "SiLU", "Sigmoid", "Softplus", "Tanh"),
    "torch.optim.adam": ("Adam",),
    "torch.optim.adamw": ("AdamW",),
    "torch.optim.rmsprop": ("RMSprop",),
    "torch.optim.sgd": ("SGD",),
}  # fmt: skip
"""module -> names of what a space, an array or a setting is made of. No more: many classes of PyTorch run what their attributes say"""
DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, ValueError, AttributeError, TypeError, RuntimeError,
)  # fmt: skip
"""what a damaged archive leads to; a RuntimeError is a password, an unknown compression or endless brackets"""
PLAIN = (bool, int, float, str, type(None))


class _Reader(pickle.Unpickler):
    """Makes what is allowed, and refuses the rest before it is run."""

    def find_class(self, module: str, name: str) -> Any:
        if name in ALLOWED.get(module, ()):
            return super().find_class(module, name)
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
    except DAMAGED as error:
        raise PolicyError(
            f"sb3: {path} is no file of Stable-Baselines3, or is damaged: {one_line(error).rstrip('.')}."
        ) from None


def _read(path: Path, name: str, text: str) -> Any:
    if name in SCHEDULES:
        return 0.0
    if name not in NEEDED:
        return None
    try:
        value = _Reader(io.BytesIO(base64.b64decode(text))).load()
        if not _is_right(name, value):
            raise PolicyError(f"a {type(value).__name__}, or holds what is neither a number nor a known class")
        return value
    except PolicyError as error:
        raise PolicyError(
            f"sb3: the {name} of {path} names {error}, which is code that is not run from a file. Load the policy by yourself, in a "
            f"class with act(obs, instr): --policy my_policy.py:Policy"
        ) from None
    except Exception as error:  # whatever a damaged pickle leads to
        raise PolicyError(f"sb3: the {name} of {path} is damaged: {type(error).__name__}.") from None


def _is_right(name: str, value: Any) -> bool:
    """Whether it is what stands under this name in a file of Stable-Baselines3, and nothing that acts when it is used."""
    from gymnasium import spaces
    from stable_baselines3.common.policies import BasePolicy
    from stable_baselines3.common.type_aliases import TrainFreq

    if name == "policy_class":
        return isinstance(value, type) and issubclass(value, BasePolicy)
    if name == "policy_kwargs":
        return isinstance(value, dict) and _is_plain(value)
    if name == "train_freq":
        return type(value) is TrainFreq
    return type(value) in (spaces.Box, spaces.Dict)


def _is_plain(value: Any) -> bool:
    """Numbers, words and classes, in whatever lists and mappings: no object that somebody made."""
    if isinstance(value, dict):
        return type(value) is dict and all(map(_is_plain, (*value, *value.values())))
    if isinstance(value, list | tuple):
        return type(value) in (list, tuple) and all(map(_is_plain, value))
    return isinstance(value, type) or type(value) in PLAIN
