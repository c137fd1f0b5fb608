"""The options that select episodes, for plan, eval, certify and render."""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import tyro

from vlagen_bench.cli.inclusion import Include, include

if TYPE_CHECKING:
    from vlagen_bench.types import Plan


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A suite, or a part of it."""

    suite: str = "quick"
    """Which suite, by name or as a YAML file; `vlagen list` shows all."""
    conditions: str | None = None
    """Only these conditions of its task, separated by commas; `a+b` is both at once. Their clean twins are run, too. Each is
    played in every scene, also where those of the suite take turns."""
    axes: str | None = None
    """These axes instead, such as lighting:3,object:test: each by itself, and all together."""
    episodes: int | None = None
    """Episodes per condition, instead of the suite's number. Of a suite whose conditions take turns (core): scenes, each with
    one condition of every group."""
    seed: int | None = None
    """Instead of the suite's seed."""
    task: str | None = None
    """This task, by name or as a YAML file, in place of the suite's."""
    include: Include = ()

    def suite_of(self) -> str:
        """The suite's name, after everything was included; raises `ConfigError` as `register_path` does."""
        from vlagen_bench.utils import plugins

        include(self.include)
        if self.task is not None:  # before the suite, which may be of this task
            plugins.named("task", self.task)
        return plugins.named("suite", self.suite)

    def plan(self) -> "Plan":
        """The episodes.

        Raises:
            ConfigError: an unknown suite, condition, axis or level, or both `conditions` and `axes`.
        """
        from vlagen_bench.plan.selection import make_plan

        include(self.include)
        return make_plan(
            self.suite,
            task=self.task,
            conditions=self.conditions,
            axes=self.axes,
            episodes=self.episodes,
            seed=self.seed,
        )

    def parts(self) -> tuple["Selection", ...]:
        """One for each task of a suite of several, unless one is named; else this one."""
        from vlagen_bench.plan import catalog

        if self.task is not None:
            return (self,)
        several = catalog.suite(self.suite_of()).tasks
        return tuple(dataclasses.replace(self, task=name) for name in several) or (self,)

    def with_episodes(self, default: int) -> "Selection":
        """The same, with `default` episodes where no number was given."""
        return self if self.episodes is not None else dataclasses.replace(self, episodes=default)


Which = Annotated[Selection, tyro.conf.arg(name="")]
"""the options, without a prefix, as a command's parameter"""
WHOLE_QUICK = Selection()
