"""The stages of a study: demonstrations, trainings, evaluations and gates, each with what it is made from."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from vlagen_bench.plan import catalog, plan
from vlagen_bench.types import Suite

Algorithm = Literal["sft", "ppo", "grpo", "dpo"]
KINDS = ("collect", "train", "score", "gate")


@dataclass(frozen=True, kw_only=True)
class Collect:
    """Demonstrations that a policy makes: `vlagen collect`."""

    episodes: int
    seed: int
    """of the training distribution; apart from every suite's"""
    policy: str = ""
    """the stage whose policy is taken over by the expert; empty: the expert plays alone"""
    settings: dict[str, Any] = field(default_factory=dict)
    """other options of `vlagen collect`, by their names"""


@dataclass(frozen=True, kw_only=True)
class Train:
    """A training run: `vlagen-train ALGORITHM`."""

    algorithm: Algorithm
    config: str
    """the shipped configuration, or the path of one"""
    data: tuple[str, ...] = ()
    """stages whose demonstrations are learned from; `episodes` of `settings` counts these"""
    takeovers: tuple[str, ...] = ()
    """stages whose demonstrations are used whole, beside"""
    start: str = ""
    """the stage whose weights it starts from; empty: fresh ones"""
    settings: dict[str, Any] = field(default_factory=dict)
    """what differs from the configuration"""


@dataclass(frozen=True, kw_only=True)
class Score:
    """An evaluation of a policy, greedy: `vlagen_bench.evaluate`."""

    policy: str
    """the stage that trained it"""
    suite: str
    conditions: tuple[str, ...] = ()
    """of the suite; empty: all"""
    episodes: int | None = None
    """per condition; None: the suite's"""
    seed: int | None = None
    """None: the suite's"""

    @property
    def chosen(self) -> Suite:
        """The suite, narrowed."""
        return plan.select(
            catalog.suite(self.suite), conditions=self.conditions or None, episodes=self.episodes, seed=self.seed
        )

    @property
    def plan_hash(self) -> str:
        """Identity of the episodes that are played."""
        return _plan_hash(self.suite, self.conditions, self.episodes, self.seed)


@cache
def _plan_hash(suite: str, conditions: tuple[str, ...], episodes: int | None, seed: int | None) -> str:
    return plan.make_plan(
        Score(policy="", suite=suite, conditions=conditions, episodes=episodes, seed=seed).chosen
    ).hash


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A condition for all that comes after: the success rate of an evaluation."""

    score: str
    """the stage"""
    rate: float
    """it passes from here on"""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step of the study; exactly one of `collect`, `train`, `score` and `gate` is given."""

    name: str
    core_hours: float = 0.0
    """what it takes, estimated"""
    collect: Collect | None = None
    train: Train | None = None
    score: Score | None = None
    gate: Gate | None = None
    after: tuple[str, ...] = ()
    """stages that must be done before it, besides those it is made from"""
    exploratory: bool = False
    released: str = ""
    """the built-in policy that ships with the weights of a training, rounded to half precision; empty: none does"""
    about: str = ""

    @property
    def kind(self) -> str:
        """Which of the four it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def work(self) -> Collect | Train | Score | Gate:
        """What is done."""
        work: Collect | Train | Score | Gate = getattr(self, self.kind)
        return work

    @property
    def inputs(self) -> tuple[str, ...]:
        """The stages whose results it is made from, each once."""
        work = self.work
        named: tuple[str, ...]
        if isinstance(work, Train):
            named = (*work.data, *work.takeovers, work.start)
        elif isinstance(work, Gate):
            named = (work.score,)
        else:
            named = (work.policy,)
        return tuple(dict.fromkeys(filter(None, named)))

    @property
    def needs(self) -> tuple[str, ...]:
        """All stages that must be done before it."""
        return tuple(dict.fromkeys((*self.inputs, *self.after)))
