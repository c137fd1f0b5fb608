"""Queries to a policy, by one episode or by a batch; every fault of it becomes an answer with an error."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import guard
from vlagen_bench.policies.actions import checked, one_for_each
from vlagen_bench.policies.base import LoadedPolicy, method_of, sharing
from vlagen_bench.policies.handles import EpisodeHandles
from vlagen_bench.policies.isolation.proxy import Isolated, PolicyRestarted
from vlagen_bench.utils.alarm import TookTooLong, time_limit
from vlagen_bench.utils.text import shown

AGAIN_S = 1.0
"""after which the alarm rings again, where it was swallowed"""


@dataclass(frozen=True, kw_only=True)
class PolicyQuery:
    """An episode wants to know what to do."""

    episode_id: str
    begins: bool
    """whether it is the first of its episode"""
    instruction: str
    observation: Mapping[str, Any] | None
    """None on its way to a policy inside the worker, which has it"""


@dataclass(frozen=True, kw_only=True)
class PolicyAnswer:
    """What the policy said."""

    chunk: np.ndarray | None = None
    """float32 (H, 7); None if there is an error"""
    seconds: float = 0.0
    """of the call, which may have answered other episodes too"""
    error: str | None = None
    lost: bool = False
    """whether the policy has forgotten the episode through another one's fault, so that it has to begin again"""


class PolicyCaller:
    """Asks a policy on behalf of slots, each of which plays one episode at a time."""

    def __init__(
        self,
        loaded: LoadedPolicy,
        *,
        action_dim: int,
        slots: int = 1,
        limit_s: float | None = None,
        sim: Any = None,
        handles: EpisodeHandles | None = None,
    ) -> None:
        """A caller.

        Args:
            loaded: the policy.
            action_dim: how many numbers an action has: `RobotSpec.action_dim`.
            slots: how many episodes are played at once.
            limit_s: the longest that a call may take; an isolated policy keeps its own time.
            sim: the simulator, for a privileged policy.
            handles: what the policy hears in place of episodes' ids; one that may know the ids hears these, as without.

        Raises:
            PolicyError: more instances are needed than can be constructed.
        """
        self._handles = None if loaded.may_know_ids else handles
        self._isolated, self._action_dim = isinstance(loaded.policy, Isolated), action_dim
        self._limit_s, self._sim = None if self._isolated else limit_s, sim
        self._sharing = sharing(loaded.policy)
        self._instances = [loaded.policy]
        self._borrowed = loaded.borrowed
        while self._sharing == "instances" and len(self._instances) < slots:
            self._instances.append(_another(loaded))

    @property
    def batches(self) -> bool:
        """Whether the policy answers several questions at once."""
        return self._sharing == "batch"

    def ask(self, questions: Mapping[int, PolicyQuery]) -> dict[int, PolicyAnswer]:
        """Answers by slot; several questions at once only where the caller `batches`."""
        started = perf_counter()
        answers: dict[int, np.ndarray | PolicyError] = {}
        for slot, question in questions.items():
            if (error := self._begun(slot, question)) is not None:
                answers[slot] = error
        ready = {slot: question for slot, question in questions.items() if slot not in answers}
        if ready:
            answers |= self._batched(ready) if self.batches else self._one(ready)
        seconds = perf_counter() - started
        return {slot: _answer(value, seconds) for slot, value in answers.items()}

    def _begun(self, slot: int, question: PolicyQuery) -> PolicyError | None:
        """Tells a policy that wants to know that an episode begins; shows the simulator to an oracle."""
        policy = self._instance(slot)
        try:
            if question.begins and self._isolated:
                policy.begins(self._heard(question.episode_id))
            if question.begins and self._sim is not None:
                self._tell(policy, "attach", self._sim)
            if question.begins:
                self._tell(policy, "reset", [self._heard(question.episode_id)])
        except PolicyError as error:
            return error
        return None

    def _one(self, questions: Mapping[int, PolicyQuery]) -> dict[int, Any]:
        ((slot, question),) = questions.items()
        policy = self._instance(slot)
        try:
            # What it returns may be the policy's code, too: numpy asks it to become an array.
            return {
                slot: self._call("act", lambda: self._action(policy.act(self._seen(question), question.instruction)))
            }
        except PolicyError as error:
            return {slot: error}

    def _batched(self, questions: Mapping[int, PolicyQuery]) -> dict[int, Any]:
        seen = [self._seen(question) for question in questions.values()]
        told = [question.instruction for question in questions.values()]
        try:
            answers = self._call(
                "act_batch", lambda: self._actions(self._instances[0].act_batch(seen, told), len(told))
            )
        except PolicyError as error:
            return dict.fromkeys(questions, error)
        return dict(zip(questions, answers, strict=True))

    def _actions(self, answers: Any, number: int) -> list[np.ndarray | PolicyError]:
        """The actions of a batch; what is wrong with one is no fault of the others."""
        return [self._tried(answer) for answer in one_for_each(answers, number)]

    def _tried(self, answer: Any) -> np.ndarray | PolicyError:
        if self._isolated and isinstance(answer, PolicyError):
            return answer
        try:
            return self._action(answer)
        except (TookTooLong, KeyboardInterrupt):
            raise
        except BaseException as error:
            return PolicyError(guard.sentence("act_batch", error))

    def _action(self, answer: Any) -> np.ndarray:
        return checked(answer, self._action_dim)

    def _seen(self, question: PolicyQuery) -> dict[str, Any]:
        assert question.observation is not None, "who asks has looked before"
        return {**question.observation, "episode_id": self._heard(question.episode_id)}

    def _heard(self, episode_id: str) -> str:
        """What the policy is told of which episode it is."""
        return episode_id if self._handles is None else self._handles.of(episode_id)

    def _instance(self, slot: int) -> Any:
        return self._instances[slot if self._sharing == "instances" else 0]

    def _tell(self, policy: Any, name: str, *arguments: Any) -> None:
        """Calls a method that a policy may have or not."""
        if (method := method_of(policy, name)) is not None:
            self._call(name, lambda: method(*arguments))

    def _call(self, name: str, function: Callable[[], Any]) -> Any:
        """What it returns; whatever it raises becomes a `PolicyError`, but Ctrl-C.

        Raises:
            PolicyError: also where it took too long, even if it went on after the alarm.
        """
        if self._isolated:
            return function()
        started, result, error = perf_counter(), None, None
        try:
            with time_limit(self._limit_s, again_s=AGAIN_S):
                result = guard.call(name, function, passing=(TookTooLong,))
        except TookTooLong as late:
            _let_go(late)
        except PolicyError as why:
            error = why
        if self._limit_s is not None and perf_counter() - started > self._limit_s:
            raise PolicyError(f"{name}() took longer than {self._limit_s:g} s (--step-timeout).")
        if error is not None:
            raise error
        return result

    def close(self) -> None:
        """Lets the instances go, but not the caller's own object; raises `PolicyError` if one fails at it, but after all."""
        errors = []
        for policy in self._instances[self._borrowed :]:
            try:
                self._tell(policy, "close")
            except PolicyError as error:
                errors.append(error)
        if errors:
            raise errors[0]


def _let_go(late: TookTooLong) -> None:
    """Drops what the policy was doing; the alarm rings again and again for code of it that hangs when it is dropped."""
    with suppress(TookTooLong), time_limit(AGAIN_S, again_s=AGAIN_S):
        guard.let_go(late)


def _another(loaded: LoadedPolicy) -> Any:
    if loaded.borrowed:
        raise PolicyError(
            f"The object of {loaded.name} has reset() but no act_batch(), so that each worker needs an instance of its own, "
            f"and there is only this one. Add act_batch(), use workers=1, or give the class."
        )
    try:
        if isinstance(loaded.policy, Isolated):
            return loaded.policy.another()
        return guard.call(None, lambda: type(loaded.policy)(**loaded.arguments))
    except PolicyError as error:
        raise PolicyError(
            f"The policy {loaded.name} has reset() but no act_batch(), so that each worker needs an instance of it; "
            f"another one cannot be constructed: {error}. Add act_batch(), or use fewer --workers."
        ) from error


def _answer(value: np.ndarray | PolicyError, seconds: float) -> PolicyAnswer:
    if isinstance(value, PolicyError):
        return PolicyAnswer(seconds=seconds, error=f"policy: {shown(value)}", lost=isinstance(value, PolicyRestarted))
    return PolicyAnswer(chunk=value, seconds=seconds)
