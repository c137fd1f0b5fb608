"""Displays of an evaluation: on a console, or none, where only notes reach the log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from vlagen_bench.harness.counts import Counts
from vlagen_bench.harness.episode import PlayedEpisode
from vlagen_bench.harness.evaluate import Begun
from vlagen_bench.harness.progress import RunProgress
from vlagen_bench.policies.base import sharing
from vlagen_bench.scenes.cameras import described

LOG = logging.getLogger("vlagen_bench")


class ConsoleDisplay:
    """Says on a console what is evaluated, how far it is, and what does not go as it should."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def note(self, text: str) -> None:
        """Prints a line."""
        self._console.print(text, soft_wrap=True)

    def progress(self, counts: Counts, until: str | None) -> RunProgress:
        """A live view in a terminal, a line now and then elsewhere."""
        return RunProgress(self._console, counts, until=until)

    def begins(self, begun: Begun) -> None:
        """Prints what will be played, and what there is to know of it before."""
        plan, loaded, path = begun.evaluation.plan, begun.loaded, begun.evaluation.path
        scenes = f"scenes {plan.suite.episodes}, one condition of each group in each, " if plan.suite.groups else ""
        twins = sum(episode.condition not in plan.suite.conditions for episode in plan.episodes)
        self._console.print(
            f"{plan.suite.name}, seed {plan.suite.seed}: conditions {len(plan.suite.conditions)}, "
            f"{scenes}episodes {len(plan.episodes)} ({twins} of them twins only), plan {plan.hash[:12]}, policy {loaded.name}",
            soft_wrap=True,
        )
        if begun.cameras_px:
            self.note(f"It sees: {described(begun.cameras_px)}.")
        if loaded.privileged:
            self.note("This policy sees the simulator's state: it is an oracle, and is never ranked.")
        elif (begun.evaluation.execution.processes or 1) > 1 and sharing(loaded.policy) == "instances":
            self.note("This policy has reset() but no act_batch(), so each worker is given an instance of its own.")
        if begun.stand_ins:
            self.note(f"{len(begun.stand_ins)} asset files are stand-ins for upstream's: {', '.join(begun.stand_ins)}")
        if begun.done:
            self.note(f"Resuming {path}: {begun.done} of {len(plan.episodes)} episodes are done.")


class QuietDisplay:
    """Prints nothing. What does not go as it should is a warning of the logger `vlagen_bench`."""

    def note(self, text: str) -> None:
        """Logs a line."""
        LOG.warning(text)

    @contextmanager
    def progress(self, counts: Counts, until: str | None) -> Iterator["QuietDisplay"]:
        """Itself, which shows nothing."""
        yield self

    def ended(self, played: PlayedEpisode) -> None:
        """Ignores an episode."""

    def begins(self, begun: Begun) -> None:
        """Ignores the beginning."""
