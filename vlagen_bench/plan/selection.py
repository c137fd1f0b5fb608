"""The plan of a suite or of a part of it, selected by conditions, axes, number of episodes and seed."""

from collections.abc import Sequence
from pathlib import Path

from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog, plan
from vlagen_bench.plan.conditions import from_option
from vlagen_bench.types import Plan, Suite
from vlagen_bench.utils import plugins
from vlagen_bench.utils.arguments import checked
from vlagen_bench.utils.text import split_names

Names = str | Sequence[str]
"""`a,b` or ["a", "b"]"""


@checked("make_plan()")
def make_plan(
    suite: str | Path | Suite = "quick",
    *,
    task: str | Path | None = None,
    conditions: Names | None = None,
    axes: Names | None = None,
    episodes: int | None = None,
    seed: int | None = None,
) -> Plan:
    """The episodes of a suite, or of the part of it that is selected; needs no simulator.

    Args:
        suite: its name, the path of its YAML file, or a `Suite`.
        task: its name, or the path of its YAML file, in place of the suite's task.
        conditions: only these conditions of its task; `a+b` is both at once. Their clean twins are added. Each is played in
            every scene, also where those of the suite take turns.
        axes: these axes instead, such as `lighting:3,object:test`: each by itself, and all together.
        episodes: per condition, instead of the suite's number; of a suite whose conditions take turns, scenes.
        seed: instead of the suite's seed.

    Raises:
        ConfigError: an unknown suite, condition, axis or level, or both `conditions` and `axes`.
    """
    if axes is not None and conditions is not None:
        raise ConfigError("Give either --axes or --conditions, not both.")
    names, option = _conditions(conditions), "--conditions"
    if axes is not None:
        names, option = from_option(axes if isinstance(axes, str) else ",".join(axes)), "--axes"
    name = None if task is None else plugins.named("task", task)  # before the suite, which may be of this task
    chosen = plan.select(suite_of(suite), conditions=names, episodes=episodes, seed=seed, option=option, task=name)
    return plan.make_plan(chosen)


def suite_of(suite: str | Path | Suite) -> Suite:
    """The suite that is meant, checked; raises `ConfigError` if it does not exist or is wrong."""
    if isinstance(suite, Suite):
        return catalog.complete_suite(suite, f"The suite '{suite.name}'")
    return catalog.suite(plugins.named("suite", suite))


def _conditions(given: Names | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    given = split_names(given) if isinstance(given, str) else given
    if not given:
        raise ConfigError("conditions: the list is empty. Name at least one condition, or leave it out for all.")
    return tuple(dict.fromkeys(given))
