"""One demonstration: an episode that policies play in a simulator, frame by frame."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vlagen_bench.demonstrations.disturbance import Noise, takeover_step
from vlagen_bench.errors import PolicyError
from vlagen_bench.harness.inference import PolicyCaller, PolicyQuery
from vlagen_bench.sim.interface import Sim
from vlagen_bench.types import Episode, Task

Positions = Callable[[Sim], Mapping[str, np.ndarray]]
"""simulator -> name -> numbers that only a simulator knows"""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What was seen at one step, and what was done then."""

    observation: Mapping[str, Any]
    action: np.ndarray
    """(7,): what the policy decided; where a frame is a label, what is to be learnt"""
    executed: np.ndarray
    """(7,): the same with noise"""
    is_label: bool
    """whether the demonstrator decided it, and not the policy that it takes over from"""
    is_noisy: bool
    success: bool
    """after it"""
    privileged: Mapping[str, np.ndarray]
    """known to the simulator alone"""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """An episode as it was played."""

    episode: Episode
    frames: tuple[Frame, ...]
    state_hashes: tuple[str, ...]
    """after the reset, and after each action"""
    success: bool

    @property
    def has_labels(self) -> bool:
        """Whether there is something to learn from: the demonstrator came to act."""
        return any(frame.is_label for frame in self.frames)


@dataclass(kw_only=True)
class Player:
    """Plays episodes of a task with a demonstrator, and perhaps a policy that it takes over from."""

    sim: Sim
    task: Task
    demonstrator: PolicyCaller
    beginner: PolicyCaller | None = None
    noise: Noise = field(default_factory=Noise)
    positions: Positions = lambda sim: {}

    def play(self, episode: Episode) -> Recording:
        """Plays an episode to its end.

        Raises:
            PolicyError: a policy fails, or answers what is no action.
        """
        status = self.sim.reset(episode)
        hashes, frames = [self.sim.state_hash()], list[Frame]()
        added = self.noise.of(episode, self.task.max_steps)
        for action, observation, is_label in self._decisions(episode):
            executed = action.copy()
            if is_label:
                executed[:6] += added[len(frames)]
            privileged = self.positions(self.sim)
            status = self.sim.advance(executed)
            hashes.append(self.sim.state_hash())
            frames.append(
                Frame(
                    observation=observation,
                    action=action,
                    executed=executed,
                    is_label=is_label,
                    is_noisy=not np.array_equal(action, executed),
                    success=bool(status.success),
                    privileged=privileged,
                )
            )
            if len(frames) >= self.task.max_steps or (status.success and self.task.ends_on_success):
                break
        return Recording(
            episode=episode, frames=tuple(frames), state_hashes=tuple(hashes), success=bool(status.success)
        )

    def _decisions(self, episode: Episode) -> Iterator[tuple[np.ndarray, Mapping[str, Any], bool]]:
        """Action, what was seen before it, and whether the demonstrator decided it; without end."""
        left = takeover_step(episode) if self.beginner is not None else 0
        if self.beginner is not None:
            for number, (action, observation) in enumerate(self._asked(self.beginner, episode), 1):
                yield action, observation, False
                if number == left:
                    break
        for action, observation in self._asked(self.demonstrator, episode):
            yield action, observation, True

    def _asked(self, caller: PolicyCaller, episode: Episode) -> Iterator[tuple[np.ndarray, Mapping[str, Any]]]:
        """The actions of a policy for which the episode begins now, one by one, each with what is seen at its step."""
        begins = True
        while True:
            observation = self.sim.observe()
            chunk = self._answer(caller, episode, observation, begins=begins)
            begins = False
            for number, action in enumerate(chunk):
                yield action, self.sim.observe() if number else observation

    def _answer(
        self, caller: PolicyCaller, episode: Episode, observation: Mapping[str, Any], *, begins: bool
    ) -> np.ndarray:
        query = PolicyQuery(
            episode_id=episode.id, begins=begins, instruction=self.sim.instruction, observation=observation
        )
        answer = caller.ask({0: query})[0]
        if answer.chunk is None:
            raise PolicyError(answer.error or "policy: there was no answer")
        return answer.chunk
