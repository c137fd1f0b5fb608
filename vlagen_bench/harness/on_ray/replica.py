"""The policy replica: an actor that answers its environments, with waiting queries in one batch."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import ray

from vlagen_bench.errors import PolicyError, VlagenError
from vlagen_bench.harness.inference import PolicyAnswer, PolicyCaller, PolicyQuery
from vlagen_bench.harness.on_ray.watchdog import watchdog
from vlagen_bench.policies import base
from vlagen_bench.policies.content import Content
from vlagen_bench.policies.handles import EpisodeHandles

ANSWER = True
"""what an actor says that is asked for a sign of life"""
FAREWELL_S = 1.0
"""so long are the last replies on their way to those who asked"""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks: an environment, in one attempt at an episode."""

    slot: int
    """of the environment with its replica"""
    number: int
    """counts all attempts of a run, so that questions of an environment that was given up can be told"""
    alone: bool = False
    """whether the questions go into no batch"""


@dataclass(frozen=True, kw_only=True)
class ReplicaReply:
    """The answer to an environment."""

    answer: PolicyAnswer
    blameless: bool = False
    """whether an error may be the fault of another episode, so that this one is to be played again, alone"""


@dataclass(frozen=True, kw_only=True)
class _WaitingQuery:
    turn: Caller
    question: PolicyQuery
    reply: asyncio.Future[Any]

    def answer(self, reply: ReplicaReply) -> None:
        """Ends the call, unless that was cancelled."""
        if not self.reply.done():
            self.reply.set_result(reply)


class Replica:
    """Holds the policy, and its state of every episode that asks here."""

    def __init__(
        self,
        name: str,
        arguments: Mapping[str, str],
        slots: int,
        limit_s: float,
        action_dim: int,
        handles: EpisodeHandles | None = None,
        content: Content | None = None,
    ) -> None:
        """Nothing yet; see `ready`.

        Args:
            name: of the policy, as `policies.base.load` takes it.
            arguments: of its constructor.
            slots: how many environments ask.
            limit_s: the longest that a call of the policy may take.
            action_dim: how many numbers an action has.
            handles: what the policy hears in place of episodes' ids; None: the ids.
            content: of the policy that the run began with; None: not known.
        """
        self._name, self._arguments, self._slots, self._limit_s = name, arguments, slots, limit_s
        self._action_dim, self._handles, self._content = action_dim, handles, content
        self._thread = ThreadPoolExecutor(1)  # one for all calls: what a model keeps by thread stays with it
        self._waiting: dict[int, _WaitingQuery] = {}
        self._newest: dict[int | str, int] = {}
        self._serving: asyncio.Task[None] | None = None
        self._stuck = asyncio.Event()

    async def ready(self) -> str | VlagenError:
        """Loads the policy; the node that it is on, or why it cannot be loaded."""
        try:
            self._caller = await self._call(self._load)
        except VlagenError as error:
            return error
        return ray.get_runtime_context().get_node_id()

    def _load(self) -> PolicyCaller:
        loaded = base.load(self._name, self._arguments)
        if self._content is not None and loaded.content is not None:
            self._content.expect(loaded.content())
        return PolicyCaller(loaded, action_dim=self._action_dim, slots=self._slots, handles=self._handles)

    async def until_stuck(self) -> None:
        """Returns once the policy has not come back from a call in time: with it, this replica is of no more use."""
        await self._stuck.wait()
        await asyncio.sleep(FAREWELL_S)

    async def answer(self) -> bool:
        """A sign of life, whatever the policy does."""
        return ANSWER

    async def ask(self, turn: Caller, question: PolicyQuery) -> ReplicaReply:
        """Asks the policy, when it is free. It may write into what it sees."""
        if turn.number < max(self._newest.get(key, 0) for key in (turn.slot, question.episode_id)):
            return _superseded()
        self._newest[turn.slot] = self._newest[question.episode_id] = turn.number
        question = replace(question, observation=deepcopy(question.observation))  # Ray's own is read-only
        waiting = _WaitingQuery(turn=turn, question=question, reply=asyncio.get_running_loop().create_future())
        if (given_up := self._waiting.get(turn.slot)) is not None:
            given_up.answer(_superseded())
        self._waiting[turn.slot] = waiting
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        return await waiting.reply

    async def _serve(self) -> None:
        while self._waiting:
            group = self._next_group()
            questions = {slot: one.question for slot, one in group.items()}
            allowed_s = self._limit_s * (1 + sum(question.begins for question in questions.values()))
            try:
                if self._stuck.is_set():
                    raise TimeoutError
                async with asyncio.timeout(allowed_s):
                    answers = await self._call(self._caller.ask, questions, limit_s=allowed_s)
            except TimeoutError:
                late = PolicyAnswer(error=f"policy: it took longer than {allowed_s:g} s (--step-timeout).")
                answers = dict.fromkeys(group, late)
                blameless = self._stuck.is_set() or len(group) > 1
                self._stuck.set()
            else:
                blameless = len(group) > 1
            for slot, one in group.items():
                answer = answers[slot]
                one.answer(ReplicaReply(answer=answer, blameless=blameless and answer.error is not None))

    def _next_group(self) -> dict[int, _WaitingQuery]:
        """Takes the queries that one call answers: all that may be batched, else the one that has waited longest."""
        together = [slot for slot, query in self._waiting.items() if self._caller.batches and not query.turn.alone]
        group = {slot: self._waiting.pop(slot) for slot in together or [next(iter(self._waiting))]}
        for slot, query in [*group.items()]:
            if self._newest[query.question.episode_id] != query.turn.number:
                group.pop(slot).answer(_superseded())
        return group

    async def _call(self, function: Any, *arguments: Any, limit_s: float | None = None) -> Any:
        def watched() -> Any:
            if limit_s is None:
                return function(*arguments)
            with watchdog(limit_s):
                return function(*arguments)

        return await asyncio.get_running_loop().run_in_executor(self._thread, watched)

    async def close(self) -> str | None:
        """Lets the policy go; what it raised, if it did."""
        try:
            await self._call(self._caller.close)
        except PolicyError as error:
            return str(error)
        return None


def _superseded() -> ReplicaReply:
    """To an environment that was given up; whoever is not answered keeps its place among the calls of the actor."""
    return ReplicaReply(answer=PolicyAnswer(error="policy: another attempt at the episode has begun."), blameless=True)
