"""The actors of a cluster: started by number, restarted when lost, their results read as events."""

import queue
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import ray
from ray import ObjectRef
from ray.actor import ActorHandle

from vlagen_bench.errors import RunError, VlagenError
from vlagen_bench.harness.on_ray.replica import ANSWER
from vlagen_bench.harness.slot import GRACE_S, Attempt

PATIENCE_S = 60.0
"""after so long without an event it is said who still waits for room in the cluster"""


@dataclass(frozen=True, kw_only=True)
class ActorSpecs:
    """How many actors of each kind there are, and how one is started, by its number."""

    environments: int
    environment: Callable[[int], ActorHandle[Any]]
    replicas: int
    """0: the policy lives in the environments"""
    replica: Callable[[int], ActorHandle[Any]]


@dataclass(eq=False, kw_only=True)
class ActorRef:
    """An actor as the driver sees it."""

    number: int
    actor: ActorHandle[Any]
    asks: int | None = None
    """the number of its replica; None for a replica, or where the policy lives in it"""
    node: str | None = None
    """None until it is ready"""
    hung: bool = False
    """whether it was replaced because its policy hung, in somebody's episode"""
    attempt: Attempt | None = None
    asked: "ActorRef | None" = None
    """the replica that it asks in its attempt"""
    doubted: bool = False
    """whether it has to answer before it is given or asked anything, since another actor of its node was lost"""
    episodes: int = 0
    """how many it was given"""


class ActorPool:
    """Environments and policy replicas."""

    def __init__(self, specs: ActorSpecs, note: Callable[[str], Any]) -> None:
        """Starts all; they are ready in their own time, as the cluster has room.

        Args:
            specs: how they are started.
            note: receives a line for each actor that is replaced.
        """
        self._specs, self._note = specs, note
        self._events: queue.SimpleQueue[tuple[ActorRef, Future[Any]]] = queue.SimpleQueue()
        self._failed_starts = 0
        self.waited_s = 0.0
        """how long the driver had nothing to do"""
        self.free: dict[ActorRef, None] = {}
        """environments that are ready and play nothing"""
        self._suspected: set[str] = set()
        """nodes that lost an actor, and of which nobody has answered since"""
        self.replicas = {number: self._replica(number) for number in range(specs.replicas)}
        self._environments = {number: self._environment(number) for number in range(specs.environments)}

    def _replica(self, number: int) -> ActorRef:
        return self._starting(ActorRef(number=number, actor=self._specs.replica(number)))

    def _environment(self, number: int) -> ActorRef:
        asks = number % self._specs.replicas if self._specs.replicas else None
        return self._starting(ActorRef(number=number, asks=asks, actor=self._specs.environment(number)))

    def _starting(self, member: ActorRef) -> ActorRef:
        self.watch(member, member.actor.ready.remote())
        return member

    def watch(self, member: ActorRef, ref: ObjectRef[Any]) -> None:
        """Makes an event of its end; this costs the same, however many actors there are."""
        ref.future().add_done_callback(lambda done: self._events.put((member, done)))

    def replace(self, member: ActorRef) -> None:
        """Ends it, whatever it does, and starts another one."""
        self.free.pop(member, None)
        ray.kill(member.actor)
        if self._is_replica(member):
            self.replicas[member.number] = self._replica(member.number)
        else:
            self._environments[member.number] = self._environment(member.number)

    def nodes(self, member: ActorRef) -> set[str | None]:
        """Those that an environment needs to play: its own and its replica's."""
        return {member.node} if member.asks is None else {member.node, self.replicas[member.asks].node}

    def can_play(self) -> list[ActorRef]:
        """Environments that play nothing, and that have a policy; nobody doubts either."""
        return [one for one in self.free if not one.doubted and (one.asks is None or self._can_answer(one.asks))]

    def _can_answer(self, number: int) -> bool:
        replica = self.replicas[number]
        return replica.node is not None and not replica.doubted

    def doubt(self, node: str) -> None:
        """Asks the free environments and the replicas of a node for a sign of life, since another actor was lost there.

        It may be the node that is lost, which Ray knows half a minute later only, and an episode would be lost with each of them.
        """
        self._suspected.add(node)
        for member in (*self.free, *self.replicas.values()):
            self._ask(member)

    def release(self, member: ActorRef) -> None:
        """An environment plays nothing any more, or not yet."""
        self.free[member] = None
        self._ask(member)

    def _ask(self, member: ActorRef) -> None:
        """For a sign of life, where one is wanted of its node."""
        if member.node in self._suspected and not member.doubted:
            member.doubted = True
            self.watch(member, member.actor.answer.remote())

    def replies(self) -> Iterator[tuple[ActorRef, Any]]:
        """Waits; environments and their replies, or exceptions where an actor is lost.

        All that have come by now, perhaps none: some events are of replicas, or of actors that start.

        Raises:
            VlagenError: what the user has to fix first.
        """
        began = time.perf_counter()
        try:
            events = [self._events.get(timeout=PATIENCE_S)]
        except queue.Empty:
            self._say_who_waits()
            return
        finally:
            self.waited_s += time.perf_counter() - began
        with suppress(queue.Empty):
            while True:
                events.append(self._events.get_nowait())
        for member, done in events:
            if (reply := self._reply(member, done)) is not None:
                yield member, reply

    def _reply(self, member: ActorRef, done: Future[Any]) -> Any:
        """What an environment says of its episode; None where somebody says something else, which is dealt with here."""
        if not self._is_replica(member) and self._environments[member.number] is not member:
            return None  # it was replaced since
        reply = done.exception() or done.result()
        if isinstance(reply, VlagenError):
            raise reply
        if member.node is None:
            self._started(member, reply)
        elif reply is ANSWER:
            member.doubted = False
            self._suspected.discard(member.node)
        elif self._is_replica(member):
            member.hung = reply is None
            self._note(
                f"Policy replica {member.number} {'hangs' if member.hung else 'is gone'}; another one is started."
            )
            self.replace(member)
            if not member.hung:  # one that hung is ended from here, which says nothing of its node
                self.doubt(member.node)
        elif member.attempt is None:
            self._note(f"Environment {member.number} is gone too; another one is started.")
            self.replace(member)
        else:
            return reply
        return None

    def _is_replica(self, member: ActorRef) -> bool:
        return self.replicas.get(member.number) is member

    def _started(self, member: ActorRef, reply: str | BaseException) -> None:
        if isinstance(reply, BaseException):
            self._failed_starts += 1
            if self._failed_starts > 2 * (self._specs.environments + self._specs.replicas):
                raise RunError(
                    f"Actors do not start: {reason(reply)}. Check that every node has the same vlagen_bench and policy."
                )
            self._note(f"An actor did not start: {reason(reply)}. Another one is started.")
            self.replace(member)
            return
        self._failed_starts, member.node = 0, reply
        if self._is_replica(member):
            self.watch(member, member.actor.until_stuck.remote())
            self._ask(member)
        else:
            self.release(member)

    def _say_who_waits(self) -> None:
        if silent := sum(one.doubted for one in (*self._environments.values(), *self.replicas.values())):
            self._note(
                f"{silent} actors do not answer, of a node where another one was lost. Ray soon knows whether it is gone."
            )
        kinds = (("environments", self._environments), ("policy replicas", self.replicas))
        absent = [(sum(m.node is None for m in members.values()), len(members), name) for name, members in kinds]
        if waiting := " and ".join(f"{number} of {total} {name}" for number, total, name in absent if number):
            self._note(
                f"{waiting} have not started; {free()}. They wait for room or load slowly (--workers, --env-cpus, "
                f"--policy-replicas, --policy-gpus)."
            )

    def leave(self, *, in_peace: bool) -> None:
        """Ends all; in peace, policies are closed before."""
        members = [*self._environments.values(), *self.replicas.values()]
        if in_peace:
            refs: list[ObjectRef[Any]] = [member.actor.close.remote() for member in members if member.node is not None]
            for ref in ray.wait(refs, num_returns=len(refs), timeout=GRACE_S)[0] if refs else ():
                if isinstance(complaint := _result(ref), str):
                    self._note(complaint)
        for member in members:
            ray.kill(member.actor)


def free() -> str:
    """What the cluster has to give."""
    there = ray.available_resources()
    return f"free in the cluster: {there.get('CPU', 0):g} CPUs, {there.get('GPU', 0):g} GPUs"


def reason(error: BaseException) -> str:
    """Why an actor was lost, in a line; Ray says much more, and on many lines."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next((line for line in lines if line.startswith("The actor is dead because")), lines[-1] if lines else "")
    return f"{type(error).__name__}: {told[:200]}".rstrip(". ")


def _result(ref: ObjectRef[Any]) -> Any:
    try:
        return ray.get(ref)
    except ray.exceptions.RayError as error:
        return f"An actor could not be closed: {reason(error)}."
