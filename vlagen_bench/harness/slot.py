"""The slot of an episode: its state, its worker, the pending request, and the deadline."""

import math
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.episode import (
    Begin,
    Execute,
    Finish,
    PlayedEpisode,
    Request,
    StepReport,
    Watch,
    allowed_s,
    play,
)
from vlagen_bench.harness.inference import PolicyAnswer, PolicyQuery
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.worker import Worker, WorkerDied, WorkerSpec
from vlagen_bench.types import Episode

GRACE_S = 5.0
DOING = {WorkerSpec: "start", Begin: "reset", PolicyQuery: "ask its policy", Execute: "step", Finish: "write a film"}


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An episode to be played."""

    episode: Episode
    number: int = 1
    alone: bool = False
    """whether its questions go into no batch, since a batch failed that it was in"""
    lost_with: tuple[str, ...] = ()
    """the nodes of a cluster that actors were on which were lost while they played it"""
    restarts: int = 0
    """how often it was begun before, whosever fault that was"""

    def again(self, **changes: Any) -> "Attempt":
        """The next attempt at the episode."""
        return replace(self, restarts=self.restarts + 1, **changes)


class Slot:
    """Plays one attempt after the other, with one worker after the other."""

    def __init__(
        self, number: int, recipe: WorkerSpec, execution: Execution, limits: Limits, watch: Watch | None = None
    ) -> None:
        self.number = number
        self.attempt: Attempt | None = None
        self.request: WorkerSpec | Request | None = None
        self.deadline = 0.0
        """when the worker has to have replied, on the monotonic clock"""
        self.since = 0.0
        """when the request was made"""
        self._action_s = math.inf
        self._recipe, self._execution, self._limits, self._watch = recipe, execution, limits, watch
        self._worker: Worker | None = None
        self._course: Generator[Request, StepReport | PolicyAnswer, PlayedEpisode] | None = None

    @property
    def question(self) -> PolicyQuery | None:
        """What it wants to know from a policy outside the worker."""
        return self.request if self._recipe.oracle is None and isinstance(self.request, PolicyQuery) else None

    @property
    def expected(self) -> float:
        """When the worker will have done its actions, if they take as long as the last ones; infinite if it does others."""
        actions = len(self.request.actions) if isinstance(self.request, Execute) else math.inf
        return self.since + self._action_s * actions

    @property
    def connection(self) -> Connection:
        """What becomes ready when the worker replies, or dies."""
        return self._live_worker.connection

    @property
    def current_attempt(self) -> Attempt:
        """The attempt that is being played."""
        assert self.attempt is not None, "the slot is free"
        return self.attempt

    @property
    def _live_worker(self) -> Worker:
        assert self._worker is not None, "the slot has no worker"
        return self._worker

    def begin(self, attempt: Attempt) -> None:
        """Takes an attempt, and a new worker if there is none or it is worn."""
        self.attempt = attempt
        if self._worker is not None and self._worn:
            self.dismiss(grace_s=GRACE_S)
        if self._worker is None:
            self._worker = Worker(self._recipe.render_threads)
            self._tell(self._recipe)
        else:
            self.go_on(StepReport())

    def receive(self) -> StepReport | PolicyAnswer:
        """The worker's reply; a report with an error if it died or has grown too large, and then it is gone."""
        try:
            reply = self._live_worker.receive()
        except WorkerDied as death:
            return self._lost(str(death))
        if isinstance(self.request, Execute) and isinstance(reply, StepReport):
            self._action_s = sum(reply.seconds.values()) / len(self.request.actions)
        if self._too_large and not isinstance(self.request, Finish):
            return self._lost(
                f"used {self._live_worker.memory_mb:.0f} MB (--worker-memory-mb {self._limits.memory_mb:g})"
            )
        if isinstance(reply, StepReport) and reply.error is not None:
            self._live_worker.suspect = True
            if isinstance(self.request, WorkerSpec):
                self.dismiss()
        return reply

    def overdue(self) -> StepReport:
        """What is reported of a worker that did not reply in time; it is gone then."""
        return self._lost(self._lateness)

    def go_on(self, reply: StepReport | PolicyAnswer) -> PlayedEpisode | None:
        """Passes a reply to the player, and the player's next request to the worker; at its end, the episode."""
        try:
            if self._course is None:  # the reply is from a worker that is ready, or could not start
                self._course = play(self.current_attempt.episode, self._execution, self._limits, self._watch)
                self._started = time.monotonic()
                request = next(self._course)
                if reply.error is not None:
                    request = self._course.send(reply)
            else:
                request = self._course.send(reply)
            if self._worker is None:  # then the episode is over, and there is no film
                self._course.send(StepReport())
        except StopIteration as end:
            self.leave()
            return end.value
        self._tell(request)
        return None

    def leave(self) -> None:
        """Lets go of the attempt, ended or not."""
        if self._course is not None:
            self._course.close()
        self.attempt = self.request = self._course = None

    def dismiss(self, *, grace_s: float = 0.0) -> None:
        """Ends the worker, at once or when it has closed its policy."""
        if self._worker is not None:
            self._worker.stop(grace_s=grace_s)
            self._worker = None

    def _tell(self, request: WorkerSpec | Request) -> None:
        """Requests something, until a deadline; a question to a policy outside the worker is asked by the driver."""
        limits = self._limits
        self.request, self.since = request, time.monotonic()
        if self.question is not None:
            self.deadline = math.inf  # the worker has nothing to do
            return
        self.deadline = min(self.since + allowed_s(request, limits), self._episode_end(request))
        if isinstance(request, Begin):
            self._live_worker.episodes += 1
        self._live_worker.send(request)

    def _episode_end(self, request: WorkerSpec | Request) -> float:
        if self._limits.episode_s is None or isinstance(request, WorkerSpec | Finish):
            return math.inf
        return self._started + self._limits.episode_s

    @property
    def _lateness(self) -> str:
        """What a worker did that has not replied yet."""
        request, limits = self.request, self._limits
        assert request is not None, "a worker is late with something"
        allowed = allowed_s(request, limits)
        if self._episode_end(request) < self.since + allowed:
            return f"did not reply before the episode had taken {limits.episode_s:g} s (--episode-timeout)"
        named = isinstance(request, PolicyQuery | Execute) or allowed > limits.reset_s
        option = f" (--step-timeout {limits.step_s:g})" if named else ""
        return f"did not reply within {allowed:g} s{option}"

    def _lost(self, how: str) -> StepReport:
        self.dismiss()
        return StepReport(
            error=f"worker: it {how}, told to {DOING[type(self.request)]} (attempt {self.current_attempt.number})."
        )

    @property
    def _too_large(self) -> bool:
        return self._limits.memory_mb is not None and self._live_worker.memory_mb > self._limits.memory_mb

    @property
    def _worn(self) -> bool:
        return self._live_worker.suspect or self._live_worker.episodes >= self._limits.recycle_after or self._too_large
