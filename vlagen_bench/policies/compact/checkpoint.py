"""The file of a compact policy: weights in safetensors, with its sizes and its model card in the header."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.utils import installing
from vlagen_bench.utils.parsing import build
from vlagen_bench.utils.text import one_line

FORMAT = "vlagen-compact-1"
Precision = Literal["float32", "float16", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What a reader of the weights has to know."""

    name: str
    """what it is called"""
    trained_by: str = ""
    """the stages, in order, such as `grounding, sft, ppo`"""
    data: str = ""
    """what it was trained on"""
    episodes: int = 0
    """demonstrations"""
    rl_steps: int = 0
    """control steps of reinforcement learning"""
    sentence_encoder: str = "all-MiniLM-L6-v2, frozen, 22.7 M parameters, not counted among the policy's"
    privileged_training: str = ""
    """what was used in training that no robot knows, such as simulator positions"""
    temperature: float = 1.0
    """at which it was sampled in reinforcement learning"""
    origin: str = ""
    """what made it, such as a stage of the study and the commit of the code"""
    licence: str = ""
    """of the weights"""
    storage: str = "float32"
    """the numbers of the file; the network is float32 whatever they are"""
    expected: str = ""
    """the success rate in its own distribution, with the episodes that it was measured on"""
    notes: Mapping[str, Any] = field(default_factory=dict)


OF_A_RELEASE: Mapping[str, Any] = {"origin": "", "licence": "", "expected": ""}
"""what a card says of these very weights: training that goes on from them begins with nothing said"""


def save(path: Path, network: CompactNetwork, card: ModelCard, *, precision: Precision = "float32") -> None:
    """Writes the weights and the card into one file; nothing is there before all of it is.

    Args:
        path: ends with `.safetensors`.
        network: of which parameters and buffers are written.
        card: what it is.
        precision: float32 as it was trained; the others take half the space, for weights that are only played. float16
            rounds eight times less than bfloat16 does, and holds numbers up to 65,504.

    Raises:
        PolicyError: a weight is too large for this precision.
    """
    kind: torch.dtype = getattr(torch, precision)
    tensors = {
        name: tensor.detach().to(torch.float32 if name.startswith("state_") else kind).contiguous()
        for name, tensor in network.state_dict().items()
    }
    if not all(torch.isfinite(tensor).all() for tensor in tensors.values() if tensor.is_floating_point()):
        raise PolicyError(
            f"Some weights are not finite as {precision}. Store them as float32, or look at the training."
        )
    described = asdict(replace(card, storage=precision))
    header = {"format": FORMAT, "config": json.dumps(asdict(network.config)), "card": json.dumps(described)}
    write(path, tensors, header)


def write(path: Path, tensors: dict[str, Tensor], header: dict[str, str]) -> None:
    """Writes tensors and a header into a file of safetensors, whose folder is made; nothing is there before all of it is."""
    from safetensors.torch import save as packed

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(_in_order(packed(tensors, metadata=header)))
    partial.replace(path)


def _in_order(data: bytes) -> bytes:
    """A safetensors file with its metadata by name: the library writes them in any order, and a version is the file's hash."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # what follows stays aligned
    return len(text).to_bytes(8, "little") + text + data[end:]


def is_whole(path: Path) -> bool:
    """Whether there is such a file, and `load` can read it."""
    try:
        load(path)
    except PolicyError:
        return False
    return True


def load(path: Path) -> tuple[CompactNetwork, ModelCard]:
    """The network float32 and the card of a file that `save` wrote.

    Raises:
        PolicyError: there is no such file, or it holds something else.
    """
    header, tensors = _read(path)
    if header.get("format") != FORMAT:
        raise PolicyError(
            f"{path} is not a compact policy of this version: its format is {header.get('format')!r}, not {FORMAT!r}."
        )
    try:
        config = build(CompactConfig, json.loads(header["config"]), f"{path}: config")
        card = build(ModelCard, json.loads(header["card"]), f"{path}: card")
        network = CompactNetwork(config)
        network.load_state_dict({name: tensor.to(torch.float32) for name, tensor in tensors.items()})
    except (KeyError, ValueError, RuntimeError) as error:
        raise PolicyError(f"{path} is damaged or of another version: {one_line(error)}.") from error
    return network.to(memory_format=torch.channels_last), card  # type: ignore[call-overload]


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    try:
        from safetensors import SafetensorError, safe_open
    except ModuleNotFoundError:
        raise PolicyError(installing.lacking("A compact policy", "safetensors", "train")) from None
    if not path.is_file():
        raise PolicyError(f"There is no checkpoint {path}. Give the path of a file that ends with .safetensors.")
    try:
        with safe_open(path, framework="pt") as file:
            return dict(file.metadata() or {}), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise PolicyError(f"{path} is not a safetensors file, or is damaged: {one_line(error)}.") from None
