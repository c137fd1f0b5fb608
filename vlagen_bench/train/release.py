"""The release of a policy: half of the storage, a card that says what it is, and a score that shows what the rounding changed."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vlagen_bench.errors import ConfigError
from vlagen_bench.policies.compact import checkpoint
from vlagen_bench.policies.compact.checkpoint import ModelCard, Precision
from vlagen_bench.report.evaluate import evaluate
from vlagen_bench.report.run import Run
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.utils.processes import cores

SEED = 1_600_000
"""of no suite, no training, and no evaluation during training"""
STORAGE: Precision = "float16"


@dataclass(frozen=True, kw_only=True)
class ReleaseConfig:
    """What is released, and what is said of it."""

    source: Path
    """the checkpoint that training wrote"""
    name: str
    """what it is called from now on"""
    target: Path
    """the file to write"""
    work: Path
    """the folder of the runs; a release that was interrupted goes on"""
    origin: str
    """what made it, such as a stage of the study and the commit of the code"""
    data: str | None = None
    """what it was trained on; None: as the checkpoint's card says"""
    licence: str = "MIT"
    suite: str = "quick"
    condition: str = "nominal"
    episodes: int = 96
    """that both files play; 0: none, so that nothing is known of the rounding"""
    storage: Precision = STORAGE
    workers: int = 0
    """processes; 0: one for each core"""


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """What half of the storage changed, over the same episodes."""

    episodes: int
    trained: int
    """successes of the checkpoint as it was trained"""
    stored: int
    """successes of the file that is released"""
    differ: int
    """episodes that one of them alone does"""
    other_steps: int
    """episodes that took another number of steps, or that one of them alone does"""

    def sentence(self) -> str:
        """What there is to know, in one sentence."""
        return (
            f"{self.stored} of {self.episodes} episodes succeed, {self.trained} before the rounding; {self.differ} end otherwise, "
            f"{self.other_steps} take other steps"
        )


def release(config: ReleaseConfig) -> Rounding | None:
    """Writes the file, after both have played the same episodes; what they did is None where none was asked for.

    Raises:
        PolicyError: the checkpoint is none, or does not fit into the storage.
        ConfigError: the target is there already, or a number is wrong.
        VlagenError: as `evaluate`.
    """
    if config.target.exists():
        raise ConfigError(f"{config.target} is there already. Remove it first, or name another file: --out FILE")
    if config.episodes < 0:
        raise ConfigError(f"--episodes: 0 or more, not {config.episodes}.")
    network, trained = checkpoint.load(config.source)
    card = planned_card(config, trained)
    staged = config.work / f"{config.name}.safetensors"
    checkpoint.save(staged, network, card, precision=config.storage)
    rounding = _compared(config, staged) if config.episodes else None
    checkpoint.save(config.target, network, _described(card, config, rounding), precision=config.storage)
    return rounding


def planned_card(config: ReleaseConfig, trained: ModelCard) -> ModelCard:
    """The card of what is released, before anything is played."""
    data = trained.data if config.data is None else config.data
    return replace(trained, name=config.name, data=data, origin=config.origin, licence=config.licence, expected="")


def _described(card: ModelCard, config: ReleaseConfig, rounding: Rounding | None) -> ModelCard:
    if rounding is None:
        return card
    rate, (low, high) = rounding.stored / rounding.episodes, wilson(rounding.stored, rounding.episodes)
    expected = (
        f"{rate:.0%} of {rounding.episodes} episodes of {config.condition}, seed {SEED} (95 %: {low:.0%} to {high:.0%})"
    )
    return replace(card, expected=expected, notes={**card.notes, "rounding": rounding.sentence()})


def _compared(config: ReleaseConfig, staged: Path) -> Rounding:
    files = {"trained": config.source, "stored": staged}
    before, after = (_outcomes(_run(config, file, which)) for which, file in files.items())
    return rounding_of(before, after)


def rounding_of(before: Mapping[str, tuple[bool, int]], after: Mapping[str, tuple[bool, int]]) -> Rounding:
    """The comparison of two runs of the same episodes: by episode, whether it succeeded, and after how many steps."""
    shared = before.keys() & after.keys()
    return Rounding(
        episodes=len(shared),
        trained=sum(before[each][0] for each in shared),
        stored=sum(after[each][0] for each in shared),
        differ=sum(before[each][0] != after[each][0] for each in shared),
        other_steps=sum(before[each] != after[each] for each in shared),
    )


def _run(config: ReleaseConfig, file: Path, which: str) -> Run:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # an episode without an outcome would make the two incomparable
        return evaluate(
            "compact", config.suite, conditions=(config.condition,), episodes=config.episodes, seed=SEED,
            out=config.work / which, resume=True, workers=config.workers or cores(),
            policy_args={"checkpoint": str(file)}, video="none", progress=True,
        )  # fmt: skip


def _outcomes(run: Run) -> dict[str, tuple[bool, int]]:
    frame: Any = run.episodes
    return {str(row.Index): (bool(row.success), int(row.steps)) for row in frame.itertuples()}
