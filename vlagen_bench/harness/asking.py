"""How is a policy asked, by one episode or by several at once? Whatever it does wrong becomes an answer with an error."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.harness.limits import TookTooLong, time_limit
from vlagen_bench.policies.actions import checked
from vlagen_bench.policies.base import LoadedPolicy, one_line

Sharing = Literal["batch", "function", "instances"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """An episode wants to know what to do."""

    episode_id: str
    begins: bool
    """whether it is the first of its episode"""
    instruction: str
    observation: Mapping[str, Any] | None
    """None on its way to a policy inside the worker, which has it"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the policy said."""

    chunk: np.ndarray | None = None
    """float32 (H, 7); None if there is an error"""
    seconds: float = 0.0
    """of the call, which may have answered other episodes too"""
    error: str | None = None


def sharing(policy: Any) -> Sharing:
    """How several episodes share a policy: questions in a batch, one by one, or each its own instance."""
    if callable(getattr(policy, "act_batch", None)):
        return "batch"
    # Who wants to be told of an episode's begin, but not of which episode an observation is, remembers one at a time.
    return "instances" if callable(getattr(policy, "reset", None)) else "function"


class Asker:
    """Asks a policy on behalf of slots, each of which plays one episode at a time."""

    def __init__(self, loaded: LoadedPolicy, *, slots: int = 1, limit_s: float | None = None, sim: Any = None) -> None:
        """An asker.

        Args:
            loaded: the policy.
            slots: how many episodes are played at once.
            limit_s: the longest that a call may take.
            sim: the simulator, for a privileged policy.

        Raises:
            PolicyError: more instances are needed than can be constructed.
        """
        self._limit_s, self._sim = limit_s, sim
        self._sharing = sharing(loaded.policy)
        self._instances = [loaded.policy]
        while self._sharing == "instances" and len(self._instances) < slots:
            self._instances.append(_another(loaded))

    @property
    def batches(self) -> bool:
        """Whether several questions are better asked at once."""
        return self._sharing == "batch"

    def ask(self, questions: Mapping[int, Question]) -> dict[int, Answer]:
        """Answers by slot; several questions at once only where the asker `batches`."""
        started = time.perf_counter()
        found = {slot: self._begun(slot, question) for slot, question in questions.items()}
        ready = {slot: question for slot, question in questions.items() if found[slot] is None}
        if ready:
            found |= self._batched(ready) if self.batches else self._one(ready)
        seconds = time.perf_counter() - started
        return {slot: _answer(value, seconds) for slot, value in found.items()}

    def _begun(self, slot: int, question: Question) -> PolicyError | None:
        """Tells a policy that wants to know that an episode begins; shows the simulator to an oracle."""
        policy = self._instance(slot)
        try:
            if question.begins and self._sim is not None and hasattr(policy, "attach"):
                self._call("attach", policy.attach, self._sim)
            if question.begins and hasattr(policy, "reset"):
                self._call("reset", policy.reset, [question.episode_id])
        except PolicyError as error:
            return error
        return None

    def _one(self, questions: Mapping[int, Question]) -> dict[int, Any]:
        ((slot, question),) = questions.items()
        try:
            return {slot: self._call("act", self._instance(slot).act, _seen(question), question.instruction)}
        except PolicyError as error:
            return {slot: error}

    def _batched(self, questions: Mapping[int, Question]) -> dict[int, Any]:
        seen = [_seen(question) for question in questions.values()]
        told = [question.instruction for question in questions.values()]
        try:
            answers = self._call("act_batch", lambda: list(self._instances[0].act_batch(seen, told)))
            if len(answers) != len(questions):
                raise PolicyError(
                    f"act_batch() returned {len(answers)} answers to {len(questions)} observations. "
                    f"Return one for each, of shape (7,) or (H, 7)."
                )
        except PolicyError as error:
            return dict.fromkeys(questions, error)
        return dict(zip(questions, answers, strict=True))

    def _instance(self, slot: int) -> Any:
        return self._instances[slot if self._sharing == "instances" else 0]

    def _call(self, name: str, method: Callable[..., Any], *arguments: Any) -> Any:
        """What the method returns; whatever it raises becomes a `PolicyError`."""
        try:
            with time_limit(self._limit_s):
                return method(*arguments)
        except PolicyError:
            raise
        except TookTooLong as error:
            raise PolicyError(f"{name}() {error} (--step-timeout).") from None
        except SystemExit as error:
            raise PolicyError(
                f"{name}() called sys.exit({error.code}). Raise an exception instead, or return an action."
            ) from error
        except Exception as error:
            text = one_line(error)
            raise PolicyError(text if name in ("act", "act_batch") else f"{name}() raised {text}") from error

    def close(self) -> None:
        """Lets the instances go; raises `PolicyError` if one of them fails at it."""
        for policy in self._instances:
            if callable(getattr(policy, "close", None)):
                self._call("close", policy.close)


def _another(loaded: LoadedPolicy) -> Any:
    try:
        return type(loaded.policy)(**loaded.arguments)
    except (Exception, SystemExit) as error:
        raise PolicyError(
            f"The policy {loaded.name} has reset() but no act_batch(), so that each worker needs an instance of it; "
            f"another one cannot be constructed: {one_line(error)}. Add act_batch(), or use fewer --workers."
        ) from error


def _seen(question: Question) -> dict[str, Any]:
    return {**question.observation, "episode_id": question.episode_id}


def _answer(value: Any, seconds: float) -> Answer:
    try:
        if isinstance(value, PolicyError):
            raise value
        return Answer(chunk=checked(value), seconds=seconds)
    except PolicyError as error:
        return Answer(seconds=seconds, error=f"policy: {error}")
