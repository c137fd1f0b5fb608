"""The episodes of reinforcement learning: those of the distribution that demonstrations are collected from, of other seeds."""

from dataclasses import asdict

from vlagen_bench.demonstrations import distribution as distributions
from vlagen_bench.types import Episode, Task, content_hash


def task_of(distribution: str) -> Task:
    """The task of a distribution, by name or as a YAML file; raises `ConfigError` if there is none."""
    return distributions.load(distribution).of_task


def distribution_hash(distribution: str) -> str:
    """Of all that a distribution says, by name or as a YAML file, which may be written over while a run is interrupted."""
    return content_hash(asdict(distributions.load(distribution)))[:16]


def episode_of(distribution: str, *, index: int, seed: int) -> Episode:
    """Episode `index` of a distribution and seed; raises `ConfigError` for a seed that tests may have."""
    return distributions.load(distribution).episode(index, seed)
