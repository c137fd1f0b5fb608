"""The configuration of supervised fine-tuning."""

import math
from dataclasses import dataclass, field

from vlagen_bench.errors import ConfigError
from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.train import imitation
from vlagen_bench.train.config import Device, EvaluationConfig, Precision, at_least, positive


@dataclass(frozen=True, kw_only=True)
class CollectConfig:
    """Demonstrations of the expert that are collected first, into the folder of the run."""

    episodes: int
    noise: float = 0.35
    """share of the steps of half of the episodes at which something else is executed than the label says"""

    def __post_init__(self) -> None:
        at_least(1, episodes=self.episodes)


@dataclass(frozen=True, kw_only=True)
class GroundingConfig:
    """A stage that learns to point at what the words name. It uses simulator positions, and the model card says so."""

    iterations: int = 0
    """0: there is no such stage"""
    stills: int = 4000
    """pictures of the beginnings of episodes, drawn for it"""
    weight: float = 0.1
    """of the same loss beside that of the actions, afterwards; 0: none"""

    def __post_init__(self) -> None:
        at_least(0, iterations=self.iterations, weight=self.weight)
        at_least(1, stills=self.stills)


@dataclass(frozen=True, kw_only=True)
class SftConfig:
    """Everything that shapes a run of supervised fine-tuning."""

    distribution: str = "words"
    """of the episodes that are collected, drawn as stills, and scored"""
    demonstrations: tuple[str, ...] = ()
    """folders of datasets"""
    collect: CollectConfig | None = None
    """demonstrations that are collected in place of them"""
    episodes: int | None = None
    """so many demonstrations, from the first on; None: all"""
    takeovers: tuple[str, ...] = ()
    """folders of datasets that are used whole, beside"""
    start: str = ""
    """a checkpoint to go on from; empty: new weights"""
    network: CompactConfig | None = None
    """the sizes of new weights; None: the usual ones"""
    grounding: GroundingConfig = field(default_factory=GroundingConfig)
    iterations: int = 6000
    batch: int = 128
    """frames of one iteration"""
    learning_rate: float = 1e-3
    warmup: int = 200
    """iterations in which the learning rate rises"""
    weight_decay: float = 0.02
    average: float = 0.999
    """of the moving average of the weights, which is what is kept"""
    blur_bins: float = imitation.SMOOTH_BINS
    """standard deviation of a label of the arm. It is also what the policy tries when its actions are drawn, so that reinforcement
    learning learns from moves of this size"""
    precision: Precision = "bfloat16"
    """of the forward pass; parameters stay float32"""
    device: Device = "cpu"
    """`auto`: a GPU if there is one"""
    threads: int = 0
    """of PyTorch; 0: one for each core"""
    log_every: int = 50
    """iterations of one line of the log, whose numbers are their means"""
    save_every: int = 250
    """iterations after which an interrupted run goes on; a multiple of `log_every`"""
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    """the scores during training; `every` counts iterations, in multiples of `save_every`"""
    log: tuple[str, ...] = ()
    """where numbers go as well: `tensorboard`, `wandb:PROJECT`"""
    seed: int = 0

    def __post_init__(self) -> None:
        at_least(1, iterations=self.iterations, batch=self.batch, log_every=self.log_every, save_every=self.save_every)
        at_least(1, episodes=1 if self.episodes is None else self.episodes)
        at_least(0, warmup=self.warmup, weight_decay=self.weight_decay, threads=self.threads, seed=self.seed)
        positive(learning_rate=self.learning_rate)
        if not 0 <= self.average < 1:
            raise ConfigError(f"average: at least 0 and less than 1, not {self.average}.")
        if not 0 < self.blur_bins < math.inf:
            raise ConfigError(f"blur_bins: more than 0 and finite, not {self.blur_bins}.")
        if self.save_every % self.log_every:
            raise ConfigError(f"save_every: {self.save_every} is no multiple of log_every, {self.log_every}.")
        if self.evaluation.every % self.save_every:
            raise ConfigError(
                f"evaluation: every: {self.evaluation.every} is no multiple of save_every, {self.save_every}."
            )
        if bool(self.demonstrations) == (self.collect is not None):
            raise ConfigError("Give either `demonstrations`, folders that `vlagen collect` wrote, or `collect`.")
        if self.start and self.network is not None:
            raise ConfigError("network: the checkpoint in `start` has its own sizes. Remove one of both.")
        if self.start and self.grounding.iterations:
            raise ConfigError("grounding: iterations: the stage is of new weights. Leave it out, or leave out `start`.")

    @property
    def sizes(self) -> CompactConfig:
        """Of new weights."""
        return self.network or CompactConfig()
