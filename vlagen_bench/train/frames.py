"""The frames that imitation learns from: pictures, states, sentences, chunks of tokens and places, as arrays."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from vlagen_bench.errors import ConfigError
from vlagen_bench.policies.compact import sentences, tokens
from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.policies.compact.network import Batch, batch_of
from vlagen_bench.train.devices import CPU
from vlagen_bench.train.packed_pictures import PackedPictures

ROLES = ("source", "target")
"""of the keypoints that are taught, in their order"""


class DemonstratedEpisode(Protocol):
    """What is needed of an episode of a dataset."""

    @property
    def images(self) -> Mapping[str, np.ndarray]: ...

    @property
    def state(self) -> np.ndarray: ...

    @property
    def is_label(self) -> np.ndarray: ...

    @property
    def instruction(self) -> str: ...

    @property
    def privileged(self) -> Mapping[str, np.ndarray]: ...

    def chunks(self, horizon: int) -> tuple[np.ndarray, np.ndarray]: ...


@dataclass(frozen=True, kw_only=True)
class Frames:
    """N frames of several episodes."""

    images: Mapping[str, PackedPictures]
    """camera -> its pictures"""
    state: np.ndarray
    """float32 (N, state_dim)"""
    episode: np.ndarray
    """int (N,): counts the episodes"""
    sentence: np.ndarray
    """int (N,): rows of `sentences`"""
    sentences: np.ndarray
    """float32 (M, sentence_dim)"""
    tokens: np.ndarray
    """int16 (N, chunk, 7)"""
    is_label: np.ndarray
    """bool (N, chunk): which tokens are to be learnt"""
    points: np.ndarray
    """float32 (N, 2, 2): x, y of source and target in the primary picture, from 0 to 1; NaN: not known"""

    def __len__(self) -> int:
        return len(self.state)

    def batch(self, rows: np.ndarray, device: torch.device = CPU) -> Batch:
        """The observations in these rows, for the network on a device."""
        images = {name: pictures[rows] for name, pictures in self.images.items()}
        return batch_of(images, self.state[rows], self.sentences[self.sentence[rows]]).to(device)

    def targets(self, rows: np.ndarray, device: torch.device = CPU) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens, which of them count, and points of these rows."""
        return (
            torch.from_numpy(self.tokens[rows].astype(np.int64)).to(device),
            torch.from_numpy(self.is_label[rows]).to(device),
            torch.from_numpy(self.points[rows]).to(device),
        )


def frames_of(episodes: Iterable[DemonstratedEpisode], config: CompactConfig, *, labelled: bool = True) -> Frames:
    """The frames of demonstrations, in their order.

    Args:
        episodes: of a dataset.
        config: of the policy that will learn from them.
        labelled: False takes pictures and places only: for a stage that learns where things are.

    Raises:
        ConfigError: there are no frames, or the pictures are not what the policy is made for.
    """
    texts: dict[str, int] = {}
    parts: list[dict[str, np.ndarray]] = []
    images = {name: PackedPictures(side) for name, side in config.cameras.items()}
    for count, episode in enumerate(episodes):
        number = texts.setdefault(episode.instruction, len(texts))
        for name, pictures in images.items():
            pictures.add(_picture(episode.images, name, pictures.side))
        numbers = {"sentence": np.full(len(episode.state), number), "episode": np.full(len(episode.state), count)}
        parts.append({**_numbers(episode, config, labelled=labelled), **numbers})
    if not parts:
        raise ConfigError("There are no demonstrations to learn from. Collect some: vlagen collect --out DIR")
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Frames(images=images, sentences=sentences.vectors(texts), **whole)


def _numbers(episode: DemonstratedEpisode, config: CompactConfig, *, labelled: bool) -> dict[str, np.ndarray]:
    actions, inside = episode.chunks(config.chunk)
    is_label = inside & _until_other(np.asarray(episode.is_label, dtype=bool), config.chunk)
    if episode.state.shape[1] != config.state_dim:
        raise ConfigError(
            f"The demonstrations' states have {episode.state.shape[1]} numbers, and the policy is made for {config.state_dim}. Give "
            f"its network that `state_dim`, or other demonstrations."
        )
    side = config.cameras[config.primary]
    points = np.stack([episode.privileged[f"{role}_px"] for role in ROLES], axis=1) / side
    return {
        "state": np.asarray(episode.state, dtype=np.float32),
        "tokens": tokens.encode(actions, config),
        "is_label": is_label if labelled else np.zeros_like(is_label),
        "points": points.astype(np.float32),
    }


def _until_other(is_label: np.ndarray, chunk: int) -> np.ndarray:
    """Bool (T, chunk): whether each action of a frame's chunk is the demonstrator's."""
    at = np.minimum(np.arange(len(is_label))[:, None] + np.arange(chunk), len(is_label) - 1)
    wanted: np.ndarray = np.logical_and.accumulate(is_label[at], axis=1)
    return wanted


def _picture(images: Mapping[str, np.ndarray], name: str, side: int) -> np.ndarray:
    if name not in images:
        raise ConfigError(
            f"The demonstrations have no pictures of the camera {name}, but of {', '.join(images)}. Collect them with "
            f"--cameras {name}, or leave it out of the policy's cameras."
        )
    pictures = images[name]
    if pictures.dtype != np.uint8 or pictures.shape[3:] != (3,):
        raise ConfigError(
            f"The demonstrations' pictures of {name} are {pictures.dtype} of the shape {pictures.shape}. Give uint8 (frames, side, side, 3)."
        )
    if pictures.shape[1:3] != (side, side):
        raise ConfigError(
            f"The demonstrations' pictures of {name} are {pictures.shape[2]}x{pictures.shape[1]}, and the policy is made for "
            f"{side}x{side}. Collect them with --image-size {name}={side}, or change the policy's cameras."
        )
    return pictures
