"""A policy of the user's own, which a configuration names as `model: module:build`: made, checked, and saved as far as it is trained."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from vlagen_bench.errors import ConfigError, PolicyError, RunError, VlagenError
from vlagen_bench.policies.compact import checkpoint
from vlagen_bench.policies.compact.checkpoint import ModelCard
from vlagen_bench.policies.modules import module_of
from vlagen_bench.train.actor_critic import ActorCritic
from vlagen_bench.train.config import TrainConfig
from vlagen_bench.train.policy import Policy, Sizes
from vlagen_bench.utils.text import one_line

FORMAT = "vlagen-trained-1"
"""of a file with the trained parameters alone"""
NEEDED = ("config", "critic", "sentence_of", "decode")
"""what `Policy` has beside what every module of PyTorch has"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What workers have to know of it, which they can be sent."""

    cameras: Mapping[str, int]
    chunk: int


def build(name: str, start: str) -> Policy:
    """The policy that a function makes.

    Args:
        name: `module:build`; the current folder is searched too.
        start: is handed to the function, such as the path of an adapter; may be empty.

    Raises:
        ConfigError: there is no such function, it or its module fails, or it gives something else.
    """
    function = _function(name)
    try:
        policy = function(start)
    except VlagenError:
        raise
    except (Exception, SystemExit) as error:  # whatever the user's code raises
        raise ConfigError(f"model: {name} fails when it is called with start={start!r}: {one_line(error)}.") from error
    if not isinstance(policy, nn.Module):
        raise ConfigError(f"model: {name} gives something of type {type(policy).__name__}, not a torch.nn.Module.")
    missing = [part for part in NEEDED if getattr(policy, part, None) is None]
    if missing:
        raise ConfigError(
            f"model: what {name} gives has no {', '.join(missing)}. `vlagen_bench.train.policy.Policy` says what is needed."
        )
    _check(name, cast(Policy, policy))
    return cast(Policy, policy)


def _check(name: str, policy: Policy) -> None:
    """What a run would otherwise stumble over in its middle."""
    if not isinstance(policy.critic, nn.Module):
        raise ConfigError(f"model: the critic of what {name} gives is no torch.nn.Module.")
    head = {id(parameter) for parameter in policy.critic.parameters()}
    if not any(id(parameter) not in head for parameter in trained(cast(nn.Module, policy)).values()):
        raise ConfigError(
            f"model: of what {name} gives no parameter requires a gradient, the critic's aside, so that nothing can be trained."
        )
    try:
        cameras, chunk = policy.config.cameras, policy.config.chunk
        is_right = bool(cameras) and all(_is_count(side) for side in cameras.values()) and _is_count(chunk)
    except AttributeError as error:
        raise ConfigError(f"model: the config of what {name} gives: {one_line(error)}.") from error
    if not is_right:
        raise ConfigError(
            f"model: the config of what {name} gives has cameras={cameras!r} and chunk={chunk!r}. cameras is a mapping of the "
            f"names of cameras to sides in pixels, chunk the number of actions of a decision."
        )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _function(name: str) -> Callable[[str], Any]:
    where, colon, function = name.partition(":")
    if not (where and colon and function):
        raise ConfigError(f"model: {name!r} does not name a function. Give module:function, such as my_policy:build.")
    try:
        found = getattr(module_of(where), function, None)
    except PolicyError as error:
        said = str(error)
        raise ConfigError(f"model: {said[0].lower()}{said[1:]}") from error
    if not callable(found):
        raise ConfigError(f"model: {where} has no function {function}.")
    return cast(Callable[[str], Any], found)


def trained(module: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that require a gradient, by their names."""
    return {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}


class OwnPolicyFiles:
    """Of a policy that is built anew in each sitting: what is not trained is in no file of the run."""

    def __init__(self, config: TrainConfig) -> None:
        self._config = config

    def begin(self, path: Path) -> tuple[Policy, ModelCard]:
        config = self._config
        with torch.random.fork_rng():
            torch.manual_seed(config.seed)  # of an adapter's and a critic's first weights
            policy = build(config.model, config.start)
        card = ModelCard(name=config.model, trained_by="nothing", sentence_encoder="its own")
        if path.is_file():
            _load(path, cast(nn.Module, policy))
        else:
            self.save(path, policy, card)
        return policy, card

    def save(self, path: Path, policy: Policy, card: ModelCard) -> None:
        tensors = {name: one.detach().contiguous() for name, one in trained(cast(nn.Module, policy)).items()}
        header = {"format": FORMAT, "model": self._config.model, "card": json.dumps(asdict(card))}
        checkpoint.write(path, tensors, header)

    def kept(self, model: ActorCritic) -> nn.Module:
        # The same parameters under names without dots, which a module's own parameters may not have.
        return nn.ParameterDict({name.replace(".", "/"): one for name, one in trained(model).items()})

    def is_whole(self, path: Path, policy: Policy) -> bool:
        try:
            _read(path, trained(cast(nn.Module, policy)))
        except RunError:
            return False
        return True

    def sizes(self, policy: Policy) -> Sizes:
        return Seen(cameras=dict(policy.config.cameras), chunk=policy.config.chunk)


def _load(path: Path, policy: nn.Module) -> None:
    parameters = trained(policy)
    tensors = _read(path, parameters)
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[name])


def _read(path: Path, parameters: Mapping[str, nn.Parameter]) -> dict[str, torch.Tensor]:
    """The tensors of trained parameters; raises `RunError` where the file does not hold them, in their shapes."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: dict[str, torch.Tensor] = load_file(path)
        if tensors.keys() != parameters.keys():
            raise ValueError("it has other trained parameters than the model")
        for name, parameter in parameters.items():
            if tensors[name].shape != parameter.shape:
                raise ValueError(f"{name} has the shape {tuple(tensors[name].shape)}, not {tuple(parameter.shape)}")
    except (SafetensorError, ValueError, OSError) as error:
        raise RunError(
            f"{path} is damaged or of another model ({one_line(error)}). Begin anew in another folder: --out DIR"
        ) from error
    return tensors
