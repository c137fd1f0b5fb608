"""The compact policy as it is scored: one observation at a time, so that what else is asked at once changes nothing."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.policies.compact import checkpoint, sampling, sentences, tokens
from vlagen_bench.policies.compact.network import CompactNetwork, batch_of
from vlagen_bench.utils.locations import sha256


class CompactVLA:
    """Pictures and an instruction in, a chunk of actions out."""

    def __init__(self, checkpoint: str, temperature: str = "0", seed: str = "0", threads: str = "1") -> None:
        """Reads the weights.

        Args:
            checkpoint: path of a `.safetensors` file that training wrote.
            temperature: 0 takes the most likely tokens; above that they are drawn.
            seed: of the draws, which depend on it and on what is seen alone.
            threads: of PyTorch in this process; more than one is slower where several processes share the cores.

        Raises:
            PolicyError: the file or a number is wrong, or what the policy needs is not installed.
        """
        self._temperature, self._seed = _number(temperature, "temperature"), int(_number(seed, "seed"))
        torch.set_num_threads(max(1, int(_number(threads, "threads"))))
        self._network, self.card = _loaded(checkpoint)
        _require_encoder()
        self._network.eval()
        cameras = self._network.config.cameras
        self.spec = {
            "version": f"{self.card.name} {sha256(Path(checkpoint))[:16]}",
            "cameras": tuple(cameras),
            "image_size": ",".join(f"{name}={side}" for name, side in cameras.items()),
        }

    @torch.no_grad()
    def act(self, obs: dict[str, Any], instr: str) -> np.ndarray:
        """The next actions float32 (chunk, 7)."""
        config = self._network.config
        images = {name: np.ascontiguousarray(obs["images"][name])[None] for name in config.cameras}
        state = np.asarray(obs["state"], dtype=np.float32)[None]
        logits = self._network(batch_of(images, state, sentences.vectors([instr]))).logits
        if self._temperature == 0:
            chosen = sampling.greedy(logits)
        else:
            chosen = sampling.sample(logits, self._temperature, self._draws(images, state, instr))
        return tokens.decode(chosen[0].numpy(), config)

    def _draws(self, images: dict[str, np.ndarray], state: np.ndarray, instr: str) -> torch.Generator:
        seen = hashlib.sha256(f"{self._seed} {instr}".encode())
        for picture in images.values():
            seen.update(picture.tobytes())
        seen.update(state.tobytes())
        return torch.Generator().manual_seed(int.from_bytes(seen.digest()[:8], "little") >> 1)


def _loaded(path: str) -> tuple[CompactNetwork, checkpoint.ModelCard]:
    return checkpoint.load(Path(path))


def _require_encoder() -> None:
    try:
        sentences.require()
    except ConfigError as error:
        raise PolicyError(str(error)) from None


def _number(text: str, name: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not np.isfinite(number) or number < 0:
        raise PolicyError(f"{name}={text}: it is a number of at least 0.")
    return number
