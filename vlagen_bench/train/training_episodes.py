"""The episodes of reinforcement learning: a pure function of the distribution, a seed and an index."""

from vlagen_bench.demonstrations import distribution as distributions
from vlagen_bench.types import Episode, Task


def task_of(distribution: str) -> Task:
    """The task of a distribution; raises `ConfigError` if there is no such distribution."""
    return distributions.load(distribution).of_task


def episode_of(distribution: str, *, index: int, seed: int) -> Episode:
    """Episode `index` of a distribution and seed."""
    return distributions.load(distribution).episode(index, seed)
