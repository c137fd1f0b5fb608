"""The pool executor: several worker processes, each served as soon as it is ready, and one policy."""

import math
import select
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection
from types import TracebackType

from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.episode import Finish, PlayedEpisode, StepReport, Watch
from vlagen_bench.harness.inference import PolicyAnswer, PolicyCaller
from vlagen_bench.harness.limits import LONGEST_WAIT_S, Limits
from vlagen_bench.harness.slot import GRACE_S, Attempt, Slot
from vlagen_bench.harness.worker import WorkerSpec
from vlagen_bench.types import Episode

PATIENCE = 0.5
"""how long a batch waits for others, in calls; 1 is best where a call takes the same for any number of observations, and
0 where it takes as much longer as there are more"""


class PoolExecutor:
    """Plays episodes with several workers, which it restarts, and one policy, which it asks in batches if it can."""

    def __init__(
        self,
        size: int,
        recipe: WorkerSpec,
        caller: PolicyCaller,
        *,
        execution: Execution,
        limits: Limits,
        note: Callable[[str], None],
        watch: Watch | None = None,
    ) -> None:
        """An executor without workers yet; they start with their first episode.

        Args:
            size: how many workers.
            recipe: what each is made of.
            caller: of the policy; not asked where the recipe has an oracle.
            execution: how answers become actions.
            limits: what makes a worker be restarted.
            note: receives a line for each restart.
            watch: receives the actions of all episodes as they are executed.
        """
        self._slots = [Slot(number, recipe, execution, limits, watch) for number in range(size)]
        self._caller, self._limits, self._note = caller, limits, note
        self._queue: deque[Attempt] = deque()
        self._call_s = 0.0

    def __enter__(self) -> "PoolExecutor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for slot in self._slots:
            slot.dismiss(grace_s=GRACE_S if kind is None else 0.0)

    def endings(self, episodes: Iterable[Episode]) -> Iterator[list[PlayedEpisode]]:
        """The episodes as they end, several where they do so at once; the next is asked for when a worker is free."""
        fresh = (Attempt(episode=episode) for episode in episodes)
        while True:
            for slot in self._slots:
                if slot.attempt is None and (attempt := self._queue.popleft() if self._queue else next(fresh, None)):
                    slot.begin(attempt)
            if not self._busy():
                return
            ended: list[PlayedEpisode] = []
            try:
                for slot, reply in self._replies():
                    ended += self._go_on(slot, reply)
            finally:  # what ended is passed on, even where the reply of another worker ends the run
                if ended:
                    yield ended
            for group in self._groups():
                answers = self._caller.ask({slot.number: question for slot in group if (question := slot.question)})
                self._call_s = answers[group[0].number].seconds
                for slot in group:  # no answer ends an episode: its worker finishes it
                    self._go_on(slot, answers[slot.number], asked_with_others=len(group) > 1)

    def _busy(self) -> list[Slot]:
        return [slot for slot in self._slots if slot.attempt is not None]

    def _replies(self) -> Iterator[tuple[Slot, StepReport | PolicyAnswer]]:
        """Waits for a worker; the replies of ready workers, and an error for each late one."""
        busy = self._busy()
        until = min(slot.deadline for slot in busy)
        if together := self._together():
            until = min(until, self._gathering_ends(together))
        patience_s = min(until - time.monotonic(), LONGEST_WAIT_S)
        ready = _readable([slot.connection for slot in busy], timeout_s=max(0.0, patience_s))
        now = time.monotonic()
        for slot, is_ready in zip(busy, ready, strict=True):
            if is_ready:
                yield slot, slot.receive()
            elif now >= slot.deadline:
                yield slot, slot.overdue()

    def _groups(self) -> list[list[Slot]]:
        """The slots that ask, by the call of the policy that answers them."""
        together = self._together()
        alone = [[slot] for slot in self._slots if slot.question is not None and slot not in together]
        return [together] * (bool(together) and time.monotonic() >= self._gathering_ends(together)) + alone

    def _together(self) -> list[Slot]:
        """The slots whose questions go into one batch."""
        asking = [slot for slot in self._slots if slot.question is not None]
        return [slot for slot in asking if self._caller.batches and not slot.current_attempt.alone]

    def _gathering_ends(self, together: list[Slot]) -> float:
        """When a batch is asked at the latest: at once, unless others are expected within a part of a call's time.

        Two calls, one now and one for them, would take longer than to wait and then ask all at once. Who is later than
        expected is not waited for.
        """
        first, wait_s = min(slot.since for slot in together), PATIENCE * self._call_s
        coming = (abs(slot.expected - first) <= wait_s for slot in self._busy() if slot not in together)
        return first + wait_s if any(coming) else first

    def _go_on(
        self, slot: Slot, reply: StepReport | PolicyAnswer, *, asked_with_others: bool = False
    ) -> list[PlayedEpisode]:
        """Lets the episode go on, or begin again where something went wrong that is not its own fault; it, if it ended."""
        attempt = slot.current_attempt
        lost = isinstance(reply, PolicyAnswer) and reply.lost
        if lost or (reply.error is not None and asked_with_others):
            self._queue.appendleft(attempt.again(alone=attempt.alone or asked_with_others))
            slot.leave()
            return []
        if self._shall_retry(slot, reply):
            self._note(
                f"{_name(attempt)}: {reply.error} It is played again by a new worker "
                f"({attempt.number} of {self._limits.retries} times)."
            )
            self._queue.appendleft(attempt.again(number=attempt.number + 1))
            slot.leave()
            slot.dismiss()
            return []
        if isinstance(slot.request, Finish) and reply.error is not None:
            self._note(f"{_name(attempt)}: {reply.error} Its result is kept, its film is lost.")
        played = slot.go_on(reply)
        return [] if played is None else [played.after(attempt.restarts)]

    def _shall_retry(self, slot: Slot, reply: StepReport | PolicyAnswer) -> bool:
        broken = isinstance(reply, StepReport) and reply.error is not None and not isinstance(slot.request, Finish)
        return broken and slot.current_attempt.number <= self._limits.retries


def _name(attempt: Attempt) -> str:
    return f"{attempt.episode.condition} {attempt.episode.index}"


def _readable(connections: Sequence[Connection], *, timeout_s: float) -> list[bool]:
    """Which of them are ready, or closed; `multiprocessing.connection.wait` takes three times as long, at every step."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection, select.POLLIN)
    ready = {number for number, _ in poll.poll(math.ceil(1000 * timeout_s))}
    return [connection.fileno() in ready for connection in connections]
