"""The episodes of reinforcement learning: a pure function of the distribution, a seed and an index."""

from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog, plan
from vlagen_bench.types import Episode, Task


def task_of(distribution: str) -> Task:
    """The task of a distribution; raises `ConfigError` if there is no such distribution."""
    if distribution != "words":
        raise ConfigError(distribution)
    return catalog.task("tabletop_put_on")


def episode_of(distribution: str, *, index: int, seed: int) -> Episode:
    """Episode `index` of a distribution and seed."""
    return plan.sample(task_of(distribution), "nominal", index=index, seed=seed)[0]
