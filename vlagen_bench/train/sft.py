"""Supervised fine-tuning: the network learns the demonstrations' tokens, after a stage that learns where things are."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vlagen_bench.errors import ConfigError
from vlagen_bench.policies.compact import checkpoint
from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.train import imitation
from vlagen_bench.train.frames import Frames
from vlagen_bench.train.trainer import Trainer
from vlagen_bench.utils.seeding import stream

FINAL, STATE = "policy.safetensors", "state"
Note = Callable[[str, int, int, Mapping[str, float]], None]
"""is told the stage, how many of how many iterations are done, and the numbers of the last"""


@dataclass(frozen=True, kw_only=True)
class GroundingConfig:
    """A stage that learns to point at what the words name. It uses simulator positions, and the model card says so."""

    iterations: int = 0
    """0: there is no such stage"""
    stills: int = 4000
    """pictures of the beginnings of episodes, drawn for it"""
    distribution: str = "words"
    """which episodes these are of"""
    weight: float = 0.1
    """of the same loss beside that of the actions, afterwards"""


@dataclass(frozen=True, kw_only=True)
class SftConfig:
    """Everything that shapes a run of supervised fine-tuning, except the demonstrations themselves."""

    name: str
    """of the policy"""
    demonstrations: tuple[str, ...]
    """folders of datasets"""
    episodes: int | None = None
    """so many of them, from the first on; None: all"""
    takeovers: tuple[str, ...] = ()
    """folders of datasets that are used whole, beside"""
    start: str | None = None
    """a checkpoint to go on from; None: new weights"""
    policy: CompactConfig = field(default_factory=CompactConfig)
    grounding: GroundingConfig = field(default_factory=GroundingConfig)
    iterations: int = 6000
    batch: int = 128
    learning_rate: float = 1e-3
    warmup: int = 200
    """iterations in which the learning rate rises"""
    weight_decay: float = 0.02
    average: float = 0.999
    """of the moving average of the weights, which are the ones that are kept"""
    precision: str = "bfloat16"
    """of the forward pass, with float32 weights: float32 or bfloat16"""
    save_every: int = 250
    seed: int = 0

    def __post_init__(self) -> None:
        if self.precision not in ("float32", "bfloat16"):
            raise ConfigError(f"precision: '{self.precision}' is neither float32 nor bfloat16.")
        if self.iterations < 1 or self.batch < 1:
            raise ConfigError(f"iterations and batch are at least 1, not {self.iterations} and {self.batch}.")


def rows_of(seed: int, iteration: int, count: int, batch: int, what: str) -> np.ndarray:
    """The rows of an iteration: permutations one after the other, each of its own stream, so that resuming changes nothing."""
    per_round = max(1, count // batch)
    round_number, place = divmod(iteration, per_round)
    order = stream(seed, "sft", what, round_number).permutation(count)
    return order[place * batch : (place + 1) * batch]


def run(
    config: SftConfig,
    out: Path,
    *,
    demonstrations: Callable[[SftConfig], Frames],
    stills: Callable[[SftConfig], Frames | None],
    note: Note,
) -> Path:
    """Trains, or goes on where it was interrupted; the file of the averaged weights.

    Args:
        config: of the run.
        out: the folder of its state, its log and its weights.
        demonstrations: reads the frames.
        stills: draws the pictures of the grounding stage, or gives None.
        note: is told of each iteration.

    Raises:
        ConfigError: there is nothing to learn from.
        RunError: the folder holds another training.
    """
    final = out / FINAL
    if final.is_file():
        return final
    still = stills(config)
    network = _network(config)
    if config.grounding.iterations and config.start is None:
        assert still is not None, "a grounding stage has pictures"
        network = _ground(config, network, still, out, note)
    frames = demonstrations(config)
    if config.start is None:
        _normalise(network, frames)
    trainer = Trainer(config=config, network=network, total=config.iterations)
    trainer.resume(out / f"{STATE}-sft.safetensors", _about(config))
    while trainer.done < config.iterations:
        rows = rows_of(config.seed, trainer.done, len(frames), config.batch, "sft")
        numbers = trainer.step(partial(_loss, frames=frames, rows=rows, config=config))
        note("sft", trainer.done, config.iterations, numbers)
        if trainer.done % config.save_every == 0:
            trainer.save(out / f"{STATE}-sft.safetensors", _about(config))
    checkpoint.save(final, trainer.averaged(), _card(config, frames))
    return final


def _network(config: SftConfig) -> CompactNetwork:
    if config.start is not None:
        network, _ = checkpoint.load(Path(config.start))
        if network.config != config.policy:
            raise ConfigError(
                f"{config.start} was made with other sizes than `policy` says. Leave `policy` out of the config, or correct it."
            )
        return network
    torch.manual_seed(int(stream(config.seed, "sft", "weights").randint(2**31)))
    return CompactNetwork(config.policy)


def _ground(config: SftConfig, network: CompactNetwork, stills: Frames, out: Path, note: Note) -> CompactNetwork:
    _normalise(network, stills)
    trainer = Trainer(config=config, network=network, total=config.grounding.iterations)
    trainer.resume(out / f"{STATE}-grounding.safetensors", _about(config))
    while trainer.done < trainer.total:
        rows = rows_of(config.seed, trainer.done, len(stills), config.batch, "grounding")
        numbers = trainer.step(partial(_pointing, stills=stills, rows=rows))
        note("grounding", trainer.done, trainer.total, numbers)
        if trainer.done % config.save_every == 0 or trainer.done == trainer.total:
            trainer.save(out / f"{STATE}-grounding.safetensors", _about(config))
    return trainer.averaged()


def _normalise(network: CompactNetwork, frames: Frames) -> None:
    """Sets the mean and the spread of the states; what hardly moves is not blown up."""
    network.state_mean.copy_(torch.from_numpy(frames.state.mean(0)))
    network.state_std.copy_(torch.from_numpy(np.maximum(frames.state.std(0), 1e-2)))


def _loss(
    network: CompactNetwork, frames: Frames, rows: np.ndarray, config: SftConfig
) -> tuple[torch.Tensor, dict[str, float]]:
    said = network(frames.batch(rows))
    labels, is_label, points = frames.targets(rows)
    of_tokens = imitation.token_loss(said.logits, labels, is_label)
    of_places = imitation.place_loss(said.heatmaps, points)
    right = (said.logits.argmax(-1) - labels).abs()[is_label].float()
    numbers = {
        "token_loss": float(of_tokens.detach()),
        "place_loss": float(of_places.detach()),
        "arm_error_bins": float(right[:, :6].mean()),
        "gripper_right": float((right[:, 6] < 64).float().mean()),
    }
    return of_tokens + config.grounding.weight * of_places, numbers


def _pointing(network: CompactNetwork, stills: Frames, rows: np.ndarray) -> tuple[torch.Tensor, dict[str, float]]:
    said = network(stills.batch(rows))
    points = stills.targets(rows)[2]
    side = network.config.cameras[network.config.primary]
    error = imitation.place_error_px(said.heatmaps.detach(), points, side)
    return imitation.place_loss(said.heatmaps, points), {
        "source_error_px": float(error[:, 0].nanmedian()),
        "target_error_px": float(error[:, 1].nanmedian()),
    }


def _about(config: SftConfig) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(json.dumps(asdict(config)))
    return told


def _card(config: SftConfig, frames: Frames) -> checkpoint.ModelCard:
    grounded = bool(config.grounding.iterations or config.grounding.weight)
    return checkpoint.ModelCard(
        name=config.name,
        trained_by="grounding, sft" if config.grounding.iterations else "sft",
        data=", ".join(Path(name).name for name in (*config.demonstrations, *config.takeovers)),
        episodes=int(frames.episode[-1]) + 1,
        privileged_training="the source's and the target's places in the picture, from the simulator"
        if grounded
        else "",
        notes={"seed": config.seed, "iterations": config.iterations, "grounding": config.grounding.iterations},
    )
