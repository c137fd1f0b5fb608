"""The network of the compact policy: residual convolutions that words modulate, keypoints, and one head for all tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from vlagen_bench.policies.compact import sentences, tokens
from vlagen_bench.policies.compact.config import ACTION_DIM, CompactConfig

GROUPS = 8
"""of channels that are normalised together"""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What the network is shown: B observations, each with its sentence."""

    images: Mapping[str, Tensor]
    """camera -> uint8 (B, side, side, 3) RGB"""
    state: Tensor
    """float32 (B, state_dim)"""
    sentence: Tensor
    """float32 (B, sentence_dim)"""
    seen: Tensor | None = None
    """what `CompactNetwork.look` said of them, float32 (B, n), where it is known: pictures are not looked at then, and may be missing"""

    def __len__(self) -> int:
        return len(self.state)

    def to(self, device: torch.device) -> "Batch":
        """The same on a device."""
        images = {name: pictures.to(device) for name, pictures in self.images.items()}
        seen = None if self.seen is None else self.seen.to(device)
        return Batch(images=images, state=self.state.to(device), sentence=self.sentence.to(device), seen=seen)


@dataclass(frozen=True, kw_only=True)
class Output:
    """What the network says of B observations."""

    logits: Tensor
    """float32 (B, chunk, 7, bins)"""
    value: Tensor
    """float32 (B,): the return that is expected from here on"""
    heatmaps: Tensor
    """float32 (B, 2, side / 4, side / 4): logits of where the source and the target are in the primary camera's picture; (B, 2, 0, 0)
    where pictures were not looked at"""
    hidden: Tensor
    """float32 (B, hidden): what actions and value are read from"""


class Block(nn.Module):
    """A residual block of two convolutions, whose first normalisation the sentence scales and shifts."""

    def __init__(self, width: int, words: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.film = nn.Linear(words, 2 * width)
        nn.init.zeros_(self.film.weight)
        nn.init.zeros_(self.film.bias)

    def forward(self, x: Tensor, words: Tensor) -> Tensor:
        scale, shift = self.film(words)[:, :, None, None].chunk(2, dim=1)
        y = torch.relu(self.norm(x) * (1 + scale) + shift)
        return x + self.second(torch.relu(self.first(y)))


class Eye(nn.Module):
    """Reads one camera: places (keypoints) and a summary of its picture."""

    line: Tensor

    def __init__(self, config: CompactConfig, side: int) -> None:
        super().__init__()
        fine, coarse = config.widths
        words = config.hidden // 4
        self.stem = nn.Conv2d(3, fine, 8, stride=4, padding=2)
        self.fine = Block(fine, words)
        self.down = nn.Conv2d(fine, coarse, 2, stride=2)
        self.coarse = nn.ModuleList(Block(coarse, words) for _ in range(config.blocks))
        self.up = nn.Conv2d(coarse, fine, 1)
        self.mix = Block(fine, words)
        self.maps = nn.Conv2d(fine, config.keypoints, 1)
        self.numbers = 3 * config.keypoints + coarse
        line = torch.linspace(-1, 1, side // 4)
        self.register_buffer("line", line, persistent=False)

    def forward(self, picture: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """The numbers (B, 3 keypoints + coarse width) that were read, and the maps (B, keypoints, h, w) they come from."""
        x = picture.permute(0, 3, 1, 2).to(dtype=torch.float32, memory_format=torch.channels_last) / 127.5 - 1
        x = self.stem(x)
        x = self.fine(x, words)
        y = self.down(x)
        for block in self.coarse:
            y = block(y, words)
        x = x + functional.interpolate(self.up(y), scale_factor=2, mode="nearest")
        maps = self.maps(self.mix(x, words)).float()
        shares = torch.softmax(maps.flatten(2), dim=2).view_as(maps)
        across = (shares.sum(2) * self.line).sum(2)
        down = (shares.sum(3) * self.line).sum(2)
        sure = shares.flatten(2).square().sum(2).sqrt()
        numbers = torch.cat([across, down, sure, y.float().mean((2, 3))], dim=1)
        return numbers, maps


class CompactNetwork(nn.Module):
    """Pictures, state and sentence in; logits of the tokens, value and heatmaps out."""

    state_mean: Tensor
    state_std: Tensor

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        words = config.hidden // 4
        self.register_buffer("state_mean", torch.zeros(config.state_dim))
        self.register_buffer("state_std", torch.ones(config.state_dim))
        self.words = nn.Sequential(nn.Linear(config.sentence_dim, words), nn.GELU(), nn.Linear(words, words))
        self.eyes = nn.ModuleDict({name: Eye(config, side) for name, side in config.cameras.items()})
        seen = sum(eye.numbers for eye in self.eyes.values())  # type: ignore[misc]
        self.read = nn.Linear(seen + config.state_dim + words, config.hidden)
        self.trunk = nn.ModuleList(Trunk(config.hidden) for _ in range(2))
        self.slots = nn.Linear(config.hidden, config.tokens * config.slot)
        self.to_bins = nn.Parameter(torch.randn(config.tokens, config.slot, config.bins) * config.slot**-0.5)
        self.bias = nn.Parameter(torch.zeros(config.tokens, config.bins))
        self.critic = Critic(config.hidden)

    def look(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What eyes and words say: numbers float32 (B, n), and the heatmaps of `Output`."""
        words = self.words(batch.sentence * self.config.sentence_dim**0.5)
        numbers, heatmaps = [], None
        for name, eye in self.eyes.items():
            seen, maps = eye(batch.images[name], words)
            numbers.append(seen)
            if name == self.config.primary:
                heatmaps = maps[:, :2]
        assert heatmaps is not None, "the primary camera is among the cameras"
        return torch.cat([*numbers, words.float()], dim=1), heatmaps

    def is_looking_fixed(self) -> bool:
        """Whether no training moves what `look` says."""
        return not any(one.requires_grad for part in (self.words, self.eyes) for one in part.parameters())

    def forward(self, batch: Batch) -> Output:
        config = self.config
        seen, heatmaps = (
            self.look(batch) if batch.seen is None else (batch.seen, batch.seen.new_empty(len(batch), 2, 0, 0))
        )
        state = (batch.state - self.state_mean) / self.state_std
        # Small beside the pictures, and under autocast float32 all the same: reinforcement learning divides probabilities, and
        # a logit near 8 would be known to 0.03 in bfloat16, a decision of 28 tokens to 10 %.
        with torch.autocast(state.device.type, enabled=False):
            words_dim = config.hidden // 4
            x = self.read(torch.cat([seen[:, :-words_dim], state, seen[:, -words_dim:]], dim=1))
            for layer in self.trunk:
                x = layer(x)
            slots = functional.gelu(self.slots(x)).view(len(x), config.tokens, config.slot)
            logits = torch.einsum("bts,tsn->btn", slots, self.to_bins) + self.bias
            value = self.critic(x)
        return Output(
            logits=logits.view(len(x), config.chunk, ACTION_DIM, config.bins),
            value=value,
            heatmaps=heatmaps,
            hidden=x,
        )

    @property
    def device(self) -> torch.device:
        """Of all it holds."""
        return self.state_mean.device

    def sentence_of(self, instruction: str) -> np.ndarray:
        """The instruction's vector float32 (sentence_dim,)."""
        vector: np.ndarray = sentences.vectors([instruction])[0]
        return vector

    def decode(self, chosen: np.ndarray) -> np.ndarray:
        """The actions float32 (chunk, 7) that tokens stand for."""
        return tokens.decode(chosen, self.config)

    def parameters_m(self) -> float:
        """Trained parameters in millions."""
        return sum(parameter.numel() for parameter in self.parameters()) / 1e6


class Trunk(nn.Module):
    """A residual layer of the trunk."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(functional.gelu(self.first(self.norm(x))))


class Critic(nn.Module):
    """The value head, on the vector that actions are read from (Liu et al. read theirs at the first action token)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first, self.last = nn.Linear(width, width // 2), nn.Linear(width // 2, 1, bias=False)
        nn.init.normal_(self.last.weight, std=0.02)  # Liu et al., released code: the last layer without bias, std 0.02

    def forward(self, x: Tensor) -> Tensor:
        value: Tensor = self.last(functional.gelu(self.first(self.norm(x))))
        return value.float().squeeze(1)


def batch_of(images: Mapping[str, Any], state: Any, sentence: Any) -> Batch:
    """A batch from arrays of numpy."""
    return Batch(
        images={name: torch.from_numpy(picture) for name, picture in images.items()},
        state=torch.from_numpy(state),
        sentence=torch.from_numpy(sentence),
    )
