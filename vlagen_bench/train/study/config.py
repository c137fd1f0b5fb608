"""The configuration of a study: its stages, hypotheses and rules, as a YAML file says them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal

from vlagen_bench.errors import ConfigError, UnknownName, unknown
from vlagen_bench.policies import shipped as weights
from vlagen_bench.train.study.stages import KINDS, Stage
from vlagen_bench.types import content_hash
from vlagen_bench.utils import paths
from vlagen_bench.utils.parsing import build, load_yaml


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """A difference of two policies on the same episodes, which the study tests or estimates."""

    id: str
    says: str
    paper: str
    """what Liu et al. found"""
    better: str
    """the scored policy (its training stage) that is expected to succeed more often"""
    than: str
    conditions: tuple[str, ...]
    """pooled: each episode counts the same, scenes are the independent units"""
    beyond: tuple[str, ...] = ()
    """conditions whose difference is subtracted: the hypothesis is that the first gain is larger than the gain here"""
    replicate: str = ""
    """the same training with another seed, in place of `better`"""
    family: Literal["confirmatory", "confirmation", "exploratory"] = "confirmatory"
    """Holm's adjustment is over all hypotheses of a family; exploratory ones have none"""
    primary: bool = False
    effect: float = 0.1
    """the difference for which the power is computed: the paper's, or less"""
    discordance: float = 0.33
    """share of pairs that are expected to disagree"""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What reinforcement learning is to reach."""

    hypothesis: str
    """whose difference it is of"""
    at_least: float
    """the difference"""
    p: float
    """before any adjustment, below this"""


@dataclass(frozen=True, kw_only=True)
class StudyConfig:
    """A study, whole."""

    name: str
    version: int
    question: str
    stages: tuple[Stage, ...]
    hypotheses: tuple[Hypothesis, ...]
    goal: Goal | None = None
    rules: tuple[str, ...] = ()
    """what else is decided before the runs, a sentence each"""
    margin: float = 0.05
    """a difference below this does not matter: an interval that lies below it contradicts a hypothesis"""
    workers: int = 2
    """cores"""

    @property
    def cores(self) -> str:
        """`2 cores`."""
        return f"{self.workers} core{'' if self.workers == 1 else 's'}"

    @cached_property
    def by_name(self) -> dict[str, Stage]:
        return {stage.name: stage for stage in self.stages}

    def named(self, name: str) -> Stage:
        """The stage of this name; raises `ConfigError` if there is none."""
        if name not in self.by_name:
            raise ConfigError(f"{unknown('stage', name, self.by_name)} It is of the study {self.name}.")
        return self.by_name[name]

    @cached_property
    def order(self) -> tuple[Stage, ...]:
        """The stages, each after all that it needs, else as the file has them."""
        place = {stage.name: number for number, stage in enumerate(self.stages)}
        sorter = TopologicalSorter({stage.name: stage.needs for stage in self.stages})
        sorter.prepare()
        ordered: list[Stage] = []
        ready: list[str] = []
        while sorter.is_active():
            ready = sorted([*ready, *sorter.get_ready()], key=place.__getitem__)
            first = ready.pop(0)
            ordered.append(self.by_name[first])
            sorter.done(first)
        return tuple(ordered)

    def content_of(self, stage: Stage) -> str:
        """Hash of what the configuration says of a stage, without estimates and remarks."""
        said = asdict(stage)
        return content_hash({key: said[key] for key in ("name", "after", *KINDS)})

    def scores_of(self, policy: str) -> tuple[Stage, ...]:
        """The evaluations of a policy on the suites' own episodes: without those of another seed, as the gate's is."""
        return tuple(
            stage
            for stage in self.order
            if stage.score is not None and stage.score.policy == policy and stage.score.seed is None
        )


def shipped() -> dict[str, Path]:
    """Name -> file of the studies that ship with the package."""
    return {path.stem: path for path in sorted((paths.tasks_dir() / "study").glob("*.yaml"))}


def load(name: str) -> StudyConfig:
    """The study of a shipped name, or of a YAML file.

    Raises:
        ConfigError: there is no such file, or it says something that does not fit.
    """
    known = shipped()
    path = known.get(name)
    if path is None:
        if not name.endswith((".yaml", ".yml")):
            raise UnknownName(unknown("study", name, known) + " Or give the path of a YAML file.")
        path = Path(name)
    config = build(StudyConfig, load_yaml(path), str(path))
    _check(config, str(path))
    return config


def _check(config: StudyConfig, where: str) -> None:
    if config.workers < 1:
        raise ConfigError(f"{where}: workers: at least 1, not {config.workers}.")
    ids = [one.id for one in config.hypotheses]
    for what, listed in (("stages", [stage.name for stage in config.stages]), ("hypotheses", ids)):
        if twice := [name for name in listed if listed.count(name) > 1]:
            raise ConfigError(f"{where}: {what}: '{twice[0]}' stands twice. Rename one.")
    for stage in config.stages:
        _check_stage(config, stage, f"{where}: stages: {stage.name}")
    try:
        _ = config.order
    except CycleError as error:
        raise ConfigError(f"{where}: stages need each other in a circle: {' -> '.join(error.args[1])}.") from None
    if config.goal is not None and config.goal.hypothesis not in ids:
        raise ConfigError(f"{where}: goal: {unknown('hypothesis', config.goal.hypothesis, ids)}")
    for hypothesis in config.hypotheses:
        _check_hypothesis(config, hypothesis, f"{where}: hypotheses: {hypothesis.id}")


def _check_stage(config: StudyConfig, stage: Stage, where: str) -> None:
    given = [kind for kind in KINDS if getattr(stage, kind) is not None]
    if len(given) != 1:
        raise ConfigError(f"{where}: exactly one of {', '.join(KINDS)} is needed, not {' and '.join(given) or 'none'}.")
    for name in stage.needs:
        if name not in config.by_name:
            raise ConfigError(f"{where}: {unknown('stage', name, config.by_name)}")
    wanted = {
        "data": ("collect",),
        "takeovers": ("collect",),
        "start": ("train",),
        "policy": ("train",),
        "score": ("score",),
    }
    for key, kinds in wanted.items():
        said = getattr(stage.work, key, ())
        for name in filter(None, (said,) if isinstance(said, str) else said):
            if (kind := config.by_name[name].kind) not in kinds:
                raise ConfigError(f"{where}: {key}: '{name}' is a stage of kind {kind}, not {kinds[0]}.")
    if stage.released and (stage.train is None or stage.released not in weights.REFERENCE):
        raise ConfigError(
            f"{where}: released: {unknown('reference policy', stage.released, weights.REFERENCE)} It stands at a training."
        )
    if stage.gate is not None and not 0 <= stage.gate.rate <= 1:
        raise ConfigError(f"{where}: rate: it is a share from 0 to 1, not {stage.gate.rate}.")


def _check_hypothesis(config: StudyConfig, hypothesis: Hypothesis, where: str) -> None:
    for policy in filter(None, (hypothesis.better, hypothesis.than, hypothesis.replicate)):
        suites = [stage.score.chosen for stage in config.scores_of(policy) if stage.score is not None]
        scored = {name for suite in suites for name in suite.conditions}
        for condition in (*hypothesis.conditions, *hypothesis.beyond):
            if condition not in scored:
                raise ConfigError(
                    f"{where}: no stage scores {policy} under {condition} with the suite's own seed. Add one, or change the "
                    f"hypothesis."
                )


def document(config: StudyConfig) -> Mapping[str, Any]:
    """What is fixed before the runs, as plain data: hypotheses, plans, gate and rules."""
    scores = [stage for stage in config.order if stage.score is not None]
    return {
        "name": config.name,
        "version": config.version,
        "hypotheses": [asdict(one) for one in config.hypotheses],
        "plans": {stage.name: stage.score.plan_hash for stage in scores if stage.score is not None},
        "gates": [asdict(stage.gate) for stage in config.order if stage.gate is not None],
        "goal": None if config.goal is None else asdict(config.goal),
        "rules": list(config.rules),
        "margin": config.margin,
    }
