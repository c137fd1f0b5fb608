"""The configurations of reinforcement learning, and how any configuration of training is read: frozen dataclasses, read strictly from YAML files, shipped or one's own."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from vlagen_bench.demonstrations.distribution import FIRST_SEED
from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.utils.parsing import build, load_yaml
from vlagen_bench.utils.paths import tasks_dir

Precision = Literal["float32", "bfloat16"]
Device = Literal["cpu", "cuda", "auto"]
CriticKind = Literal["shared", "detached", "separate"]
Config = TypeVar("Config")


@dataclass(frozen=True, kw_only=True)
class RolloutConfig:
    """The episodes of one iteration, and how they are played."""

    distribution: str = "words"
    """of the episodes: a shipped one, or a YAML file"""
    first_seed: int = 2_100_000
    """the seed of the run is added to it. Training seeds begin at 2,000,000, with those of demonstrations: an imitated policy does better
    in the episodes that it has learned from than in new ones"""
    episodes: int = 128
    """of an iteration"""
    max_steps: int | None = None
    """control steps after which an episode is truncated; None: as the task says"""
    simulators: int = 16
    """of each worker process, which advances them in turn and asks the network for all at once"""
    workers: int = 0
    """processes; 0: one for each core. Each takes its share of the episodes, whatever the others do"""

    def __post_init__(self) -> None:
        at_least(1, episodes=self.episodes, simulators=self.simulators, max_steps=self.max_steps or 1)
        at_least(0, workers=self.workers)


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """The scores during training, on episodes that are never trained on; greedy."""

    every: int = 0
    """iterations between two; 0: there are none"""
    suite: str = "quick"
    conditions: tuple[str, ...] = ("nominal",)
    episodes: int = 48
    """of each condition"""
    seed: int = 1_500_000
    """of no suite, and of no training"""
    workers: int = 0
    """processes; 0: one for each core"""

    def __post_init__(self) -> None:
        at_least(0, every=self.every, workers=self.workers, seed=self.seed)
        at_least(1, episodes=self.episodes)
        if self.seed >= FIRST_SEED:
            raise ConfigError(
                f"evaluation: seed: {self.seed} is a seed of training, whose scenes may be those that are learnt from. Give a lower "
                f"one than {FIRST_SEED}."
            )
        if not self.conditions:
            raise ConfigError("evaluation: conditions: name at least one, such as nominal; `every: 0` scores nothing.")


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """What all algorithms share."""

    iterations: int
    """each is a set of episodes and an update"""
    seed: int = 0
    """of everything that is drawn"""
    start: str = ""
    """the checkpoint to begin with; empty: a network with random weights, for trials"""
    network: CompactConfig | None = None
    """the sizes of the network where there is no checkpoint; None: the usual ones"""
    model: str = ""
    """`module:build`, which makes a policy of one's own from `start`; empty: the compact one"""
    temperature: float = 1.0
    """at which actions are sampled in rollouts and scored in updates; there is no second one, so that they cannot differ"""
    precision: Precision = "float32"
    """of the network, in rollouts and in updates alike; bfloat16 is an autocast, in which parameters stay float32"""
    device: Device = "cpu"
    """of updates, and of rollouts as well where it is no CPU; `auto`: a GPU if there is one"""
    threads: int = 1
    """of PyTorch in updates; 0: one for each core, which is faster where nothing else runs, and slower where something does"""
    rollouts: RolloutConfig = field(default_factory=RolloutConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    log: tuple[str, ...] = ()
    """where numbers go as well: `tensorboard`, `wandb:PROJECT`"""
    gamma: float = 0.99
    """discount of one control step"""
    lr: float = 3e-5
    """of the policy (AdamW)"""
    warmup: int = 10
    """first steps of the optimiser, over which it rises: Adam's first ones move every weight by the whole rate, noise or not"""
    adaptive: bool = False
    """whether it follows the divergence: a third less after an update that `kl_stop` ended, half as much again after one that went
    less than half as far, within a tenth and ten times of `lr`"""
    frozen: tuple[str, ...] = ()
    """parts of the network that stay as they are, such as `eyes` and `words`: fewer parameters follow less noise"""
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    """of all trained parameters together"""
    epochs: int = 2
    """passes over the decisions of an iteration"""
    minibatch: int = 256
    """decisions of one step of the optimiser"""
    clip: float = 0.2
    """of the probability ratio"""
    kl_stop: float = 0.02
    """an update of the policy ends as soon as a minibatch has a larger KL divergence from the policy that played; 0: never"""

    def __post_init__(self) -> None:
        at_least(1, iterations=self.iterations, epochs=self.epochs, minibatch=self.minibatch)
        at_least(
            0,
            seed=self.seed,
            threads=self.threads,
            warmup=self.warmup,
            kl_stop=self.kl_stop,
            weight_decay=self.weight_decay,
        )
        positive(temperature=self.temperature, lr=self.lr, max_grad_norm=self.max_grad_norm, clip=self.clip)
        if not 0 < self.gamma <= 1:
            raise ConfigError(f"gamma: more than 0 and at most 1, not {self.gamma}.")
        if self.adaptive and not self.kl_stop:
            raise ConfigError(
                "adaptive: the learning rate follows `kl_stop`, which is 0. Give a divergence, such as 0.02."
            )
        if self.start and self.network is not None:
            raise ConfigError("network: the checkpoint in `start` has its own sizes. Remove one of both.")
        if self.model and self.network is not None:
            raise ConfigError(
                "network: these are sizes of the compact policy, and `model` makes another. Remove one of both."
            )
        if self.model and self.evaluation.every:
            raise ConfigError(
                "evaluation: every: the compact policy alone is scored during training. With `model`, give 0, and score a policy "
                "class of your own with vlagen-eval."
            )

    @property
    def training_seed(self) -> int:
        """The seed of the episodes."""
        return self.rollouts.first_seed + self.seed


@dataclass(frozen=True, kw_only=True)
class PpoConfig(TrainConfig):
    """Proximal policy optimisation with a value head."""

    gae_lambda: float = 0.95
    """of one decision, which is a chunk of actions"""
    critic: CriticKind = "shared"
    """`shared`: a head on the policy's vector, whose loss trains the backbone as well; `detached`: a head that does not;
    `separate`: a network of its own, which begins as a copy"""
    critic_lr: float = 3e-4
    value_coefficient: float = 1.0
    value_clip: float = 0.2
    """how far a value may move from the one that the rollout had before its loss stops helping; 0: any"""
    huber_delta: float = 10.0
    """error of a value from which its loss grows linearly"""
    entropy_coefficient: float = 0.0
    ratio: Literal["decision", "step"] = "decision"
    """what the clipped ratio is of: all executed actions of a chunk together, or each of them"""
    value_iterations: int = 1
    """at the beginning, in which the critic alone is trained and the policy stays as it is"""
    value_epochs: int = 4
    """passes over the decisions of such an iteration"""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(0, value_iterations=self.value_iterations, value_clip=self.value_clip)
        at_least(1, value_epochs=self.value_epochs)
        positive(critic_lr=self.critic_lr, huber_delta=self.huber_delta)
        if not 0 <= self.gae_lambda <= 1:
            raise ConfigError(f"gae_lambda: from 0 to 1, not {self.gae_lambda}.")


@dataclass(frozen=True, kw_only=True)
class GroupConfig(TrainConfig):
    """What is trained on groups of rollouts of one and the same episode."""

    group: int = 8
    """rollouts of each episode; `rollouts.episodes` counts all rollouts"""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(2, group=self.group)
        if self.rollouts.episodes % self.group:
            raise ConfigError(
                f"rollouts: episodes: {self.rollouts.episodes} rollouts are not whole groups of {self.group}. Give a "
                f"multiple of it."
            )


@dataclass(frozen=True, kw_only=True)
class GrpoConfig(GroupConfig):
    """Group relative policy optimisation: the others of its group are a rollout's baseline, and there is no critic."""

    scaled: bool = True
    """whether advantages are divided by the standard deviation of their group"""
    average: Literal["decision", "episode"] = "decision"
    """what counts alike in the loss: each decision, or each rollout, of which failures have more decisions"""
    ratio: Literal["decision", "step"] = "decision"
    kl_coefficient: float = 0.0
    """of the divergence from the policy at the start of the run; 0: none is computed"""


@dataclass(frozen=True, kw_only=True)
class DpoConfig(GroupConfig):
    """Direct preference optimisation on pairs of a better and a worse rollout of the same episode."""

    beta: float = 0.1
    length: Literal["mean", "sum"] = "mean"
    """of the log-ratios of a rollout's decisions. Failures are longer than successes, so that `sum` weighs them more"""
    margin: float = 0.5
    """returns of a pair differ by at least this: 0.5 pairs successes with failures, less also failures that got further"""
    reference: Literal["start", "iteration"] = "start"
    """the frozen policy: the one at the start of the run, or the one that played this iteration's rollouts"""
    pairs: int = 8
    """in one step of the optimiser, in place of `minibatch`"""

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(beta=self.beta, margin=self.margin)
        at_least(1, pairs=self.pairs)


def read(kind: type[Config], algorithm: str, name: str) -> Config:
    """The configuration in a YAML file, or the shipped one of an algorithm.

    Args:
        kind: what it is parsed as.
        algorithm: such as `ppo`, whose shipped files are in a folder of this name.
        name: of a shipped one, such as `toy`, or the path of a file.

    Raises:
        ConfigError: there is none, or it says something that is not allowed.
    """
    shipped = {path.stem: path for path in (tasks_dir() / "train" / algorithm).glob("*.yaml")}
    path = shipped.get(name) or Path(name)
    if name not in shipped and path.suffix not in (".yaml", ".yml"):
        raise ConfigError(f"--config: {unknown('shipped configuration', name, shipped)} Or give a .yaml file.")
    try:
        return build(kind, load_yaml(path), str(path))
    except ConfigError as error:
        raise error if str(error).startswith(str(path)) else ConfigError(f"{path}: {error}") from None


def at_least(lowest: float, **given: float) -> None:
    """Raises `ConfigError` for a key whose value is lower, or no number."""
    for name, value in given.items():
        if not value >= lowest:
            raise ConfigError(f"{name}: at least {lowest}, not {value}.")


def positive(**given: float) -> None:
    """Raises `ConfigError` for a key whose value is not above 0."""
    for name, value in given.items():
        if not value > 0:
            raise ConfigError(f"{name}: more than 0, not {value}.")
