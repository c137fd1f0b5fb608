"""How is a policy asked that must not hurt the run? By the same methods; it lives in a process of its own.

The process is killed and started anew where it hangs, crashes or says nonsense. docs/hostile_policies.md has the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.policies.base import LoadedPolicy, shown
from vlagen_bench.policies.output import Output
from vlagen_bench.policies.questions import question


@dataclass(frozen=True, kw_only=True)
class Isolation:
    """What an isolated policy may take."""

    step_s: float = 600.0
    """for a call, of the wall clock"""
    start_s: float = 600.0
    """to be loaded, each time"""
    memory_mb: float | None = None
    """of its process: its data (RLIMIT_DATA), not the address space, of which CUDA reserves far more than it uses"""

    def __post_init__(self) -> None:
        if self.memory_mb is not None and not self.memory_mb > 0:
            raise ConfigError(f"--policy-memory-mb {self.memory_mb:g}: give a number of megabytes above 0.")


class Lost(PolicyError):
    """The process was started anew while the episode went on, of which the policy now knows nothing."""


class Isolated:
    """A policy in another process, whose answer depends on the observation alone."""

    def __init__(self, name: str, arguments: Mapping[str, str], how: Isolation, output: Output) -> None:
        """Starts the process.

        Args:
            name: of the policy, as `base.load` knows it.
            arguments: of its constructor.
            how: its limits.
            output: takes what it prints.

        Raises:
            PolicyError: it cannot be loaded, or looks at the simulator.
        """
        self._made_of = (name, arguments, how, output)
        self._how, self.output = how, output
        self._began: dict[str, int] = {}
        """by episode, the number of the process in which it began"""
        self._started, self._cell = 0, None
        self._greeting = self._running().greeting
        self.spec: Any = self._greeting["spec"]
        """the conventions of its actions, if it says them"""

    def _running(self) -> Any:
        """The process, a new one if the last has gone."""
        from vlagen_bench.policies.cell import Cell

        if self._cell is None or self._cell.gone:
            name, arguments, how, output = self._made_of
            self._started += 1
            self._cell = Cell(name, arguments, how, output)
        return self._cell

    @property
    def methods(self) -> tuple[str, ...]:
        """Those of the optional ones that the policy has."""
        return tuple(name for name in ("reset", "act_batch", "close") if self._greeting[name] is True)

    @property
    def shared_as(self) -> "type[Isolated]":
        """The class whose methods tell the harness how several episodes share the policy."""
        if "act_batch" in self.methods:
            return IsolatedBatch
        return IsolatedByEpisode if "reset" in self.methods else Isolated

    def another(self) -> "Isolated":
        """One more instance, in one more process."""
        return type(self)(*self._made_of)

    def act(self, obs: Mapping[str, Any], instr: str) -> Any:
        """What the policy answers: an array, which may be no action."""
        (answer,) = self._answers("act", [obs], [instr])
        return answer

    def close(self) -> None:
        """Lets the policy close, if it wants to, and ends the process in any case."""
        try:
            if self._cell is not None and not self._cell.gone and "close" in self.methods:
                self._cell.ask("close", {}, self._how.step_s)
        finally:
            self.end()

    def end(self) -> None:
        """Ends the process at once."""
        if self._cell is not None:
            self._cell.end()

    def _answers(self, method: str, obs_list: Sequence[Mapping[str, Any]], instrs: Sequence[str]) -> list[Any]:
        cell = self._running()
        if "reset" in self.methods and any(self._began.get(obs["episode_id"]) != self._started for obs in obs_list):
            raise Lost("its process was started anew amid the episode.")
        messages = [question(obs, instr) for obs, instr in zip(obs_list, instrs, strict=True)]
        answers = cell.ask(method, {"questions": messages}, self._how.step_s).get("answers")
        if not isinstance(answers, list) or len(answers) != len(messages):
            raise PolicyError("its process answered with something else than was asked for.")
        for one in answers:
            if isinstance(one, dict) and len(answers) == 1:
                raise PolicyError(shown(one.get("error")))
        return answers


class IsolatedByEpisode(Isolated):
    """A policy that remembers one episode at a time."""

    def reset(self, episode_ids: Sequence[str]) -> None:
        """These episodes begin."""
        cell = self._running()
        if "reset" in self.methods:
            cell.ask("reset", {"episode_ids": list(episode_ids)}, self._how.step_s)
        self._began |= dict.fromkeys(episode_ids, self._started)


class IsolatedBatch(IsolatedByEpisode):
    """A policy that answers several episodes at once."""

    def act_batch(self, obs_list: Sequence[Mapping[str, Any]], instrs: Sequence[str]) -> list[Any]:
        """What it answers to each."""
        return self._answers("act_batch", obs_list, instrs)
