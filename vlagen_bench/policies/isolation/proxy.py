"""The proxy of an isolated policy: the policy's methods, answered by a process of its own.

The process is killed and restarted when it hangs, crashes or answers nonsense. docs/hostile_policies.md has the rest.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.policies.base import LoadedPolicy
from vlagen_bench.policies.content import Content
from vlagen_bench.policies.isolation import replies
from vlagen_bench.policies.isolation.output import Output
from vlagen_bench.policies.remote.messages import question

if TYPE_CHECKING:
    from vlagen_bench.policies.isolation.process import PolicyProcess


@dataclass(frozen=True, kw_only=True)
class IsolationLimits:
    """What an isolated policy may take."""

    step_s: float = 600.0
    """for a call, of the wall clock"""
    start_s: float = 600.0
    """to be loaded, each time; --step-timeout if that is longer"""
    memory_mb: float | None = None
    """of its process: its data (RLIMIT_DATA), not the address space, of which CUDA reserves far more than it uses"""

    def __post_init__(self) -> None:
        if self.memory_mb is not None and not self.memory_mb > 0:
            raise ConfigError(f"--policy-memory-mb {self.memory_mb:g}: give a number of megabytes above 0.")


class PolicyRestarted(PolicyError):
    """The process was restarted during the episode, of which the policy now knows nothing."""


class Isolated:
    """A policy in another process, whose answer depends on the observation alone."""

    def __init__(
        self, cell: "PolicyProcess", make: Callable[[], "PolicyProcess"], how: IsolationLimits, output: Output
    ) -> None:
        """Takes over a process.

        Args:
            cell: the process.
            make: starts another; raises `PolicyError`.
            how: its limits.
            output: where what it prints goes.
        """
        self._cell, self._make, self._how, self.output = cell, make, how, output
        self._known = cell.greeting.content
        self._started = 1
        self._began: dict[str, int] = {}
        """by episode, the number of the process in which it began"""
        self._asked: set[str] = set()
        """the episodes that the present process answered"""
        self._ended: dict[str, str] = {}
        """by episode, how the process ended between two of its calls"""

    @property
    def spec(self) -> Any:
        """The conventions of its actions, if it says them."""
        return self._cell.greeting.spec

    def content(self) -> Content:
        """What tells the policy from another under its name, as its process knows it."""
        self._known = self._cell.content()
        return self._known

    def another(self) -> "Isolated":
        """One more instance, in one more process."""
        return type(self)(self._make(), self._make, self._how, self.output)

    def begins(self, episode_id: str) -> None:
        """This episode begins, perhaps once more: what became of the process before is not its matter."""
        self._notice()
        self._asked.discard(episode_id)
        self._ended.pop(episode_id, None)

    def act(self, obs: Mapping[str, Any], instr: str) -> Any:
        """What the policy answers: an array, which may be no action."""
        (answer,) = self._answers("act", [obs], [instr])
        if isinstance(answer, PolicyError):
            raise answer
        return answer

    def close(self) -> None:
        """Lets the policy close, if it wants to, and ends the process in any case."""
        try:
            if not self._cell.gone and "close" in self._cell.greeting.methods:
                self._cell.ask("close", {}, self._how.step_s, replies.nothing)
        finally:
            self._cell.end()

    def _running(self) -> "PolicyProcess":
        """The process, a new one if the last has gone."""
        self._notice()
        if self._cell.gone:
            self._started += 1
            self._asked.clear()
            cell = self._make()
            try:
                self._known.expect(cell.greeting.content)
            except PolicyError:
                cell.end()
                raise
            self._cell = cell
        return self._cell

    def _notice(self) -> None:
        """Looks whether the process went between two calls: the episodes that it was playing are charged, once they ask again."""
        if not self._cell.gone and (why := self._cell.broken_off()) is not None:
            self._ended |= dict.fromkeys(self._asked, why)

    def _answers(self, method: str, obs_list: Sequence[Mapping[str, Any]], instrs: Sequence[str]) -> list[Any]:
        """An array for each, or a `PolicyError`."""
        self._notice()
        names = [obs["episode_id"] for obs in obs_list]
        # What ended the process is said before a new one starts: that may fail for another reason.
        refused = {name: PolicyError(self._ended.pop(name)) for name in names if name in self._ended}
        if len(refused) == len(set(names)):
            return [refused[name] for name in names]
        cell = self._running()
        refused |= {
            name: PolicyRestarted("its process was restarted during the episode.")
            for name in names
            if name not in refused and not self._remembered(name)
        }
        asked = [triple for triple in zip(names, obs_list, instrs, strict=True) if triple[0] not in refused]
        self._asked.update(name for name, _, _ in asked)
        messages = [question(obs, instr) for _, obs, instr in asked]
        read = partial(replies.answers, number=len(messages))
        answers = iter(cell.ask(method, {"questions": messages}, self._how.step_s, read) if messages else ())
        return [refused[name] if name in refused else next(answers) for name in names]

    def _remembered(self, episode_id: str) -> bool:
        """Whether the process can go on with an episode: it began in it, or the policy has no memory."""
        return "reset" not in self._cell.greeting.methods or self._began.get(episode_id) == self._started


class IsolatedByEpisode(Isolated):
    """A policy that remembers one episode at a time."""

    def reset(self, episode_ids: Sequence[str]) -> None:
        """These episodes begin."""
        cell = self._running()
        if "reset" in cell.greeting.methods:
            cell.ask("reset", {"episode_ids": list(episode_ids)}, self._how.step_s, replies.nothing)
        self._began |= dict.fromkeys(episode_ids, self._started)


class IsolatedBatch(IsolatedByEpisode):
    """A policy that answers several episodes at once."""

    def act_batch(self, obs_list: Sequence[Mapping[str, Any]], instrs: Sequence[str]) -> list[Any]:
        """What it answers to each."""
        return self._answers("act_batch", obs_list, instrs)


def load(name: str, arguments: Mapping[str, str], how: IsolationLimits) -> LoadedPolicy:
    """The policy called `name`, in a process of its own.

    Raises:
        PolicyError: it cannot be loaded there, or looks at the simulator, which lives here.
    """
    from vlagen_bench.policies.isolation.process import PolicyProcess  # which knows this module

    output = Output()
    make = partial(PolicyProcess, name, arguments, how, output)
    cell = make()
    if cell.greeting.privileged:
        cell.end()
        raise PolicyError(
            f"The policy {name} looks at the simulator, so it cannot run in another process: leave out --isolate."
        )
    kind = Isolated
    if "act_batch" in cell.greeting.methods:
        kind = IsolatedBatch
    elif "reset" in cell.greeting.methods:
        kind = IsolatedByEpisode
    policy = kind(cell, make, how, output)
    return LoadedPolicy(name=name, policy=policy, arguments=dict(arguments), content=policy.content)
