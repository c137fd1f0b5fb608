"""The Ray executor: hands out episodes to actors, collects records, and retries lost episodes."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any

from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.episode import Finish, PlayedEpisode, StepReport, play
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.on_ray.actors import ActorPool, ActorRef, ActorSpecs, reason
from vlagen_bench.harness.on_ray.environment import AttemptResult, TransferableFilm
from vlagen_bench.harness.on_ray.replica import Caller
from vlagen_bench.harness.slot import Attempt
from vlagen_bench.types import Episode


class RayExecutor:
    """Plays episodes with environments and policy replicas that are actors."""

    def __init__(
        self, specs: ActorSpecs, *, limits: Limits, film: TransferableFilm | None, note: Callable[[str], Any]
    ) -> None:
        """Starts the actors.

        Args:
            specs: how.
            limits: how often an episode is tried, and what makes an environment be replaced.
            film: keeps the films that the environments send.
            note: receives a line for everything unusual that is no error.
        """
        self._specs, self._limits, self._film, self._note = specs, limits, film, note
        self._pool = ActorPool(specs, note)
        self._queue: deque[Attempt] = deque()
        self._playing = self._turns = 0

    def __enter__(self) -> "RayExecutor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.leave(in_peace=kind is None)

    @property
    def waited_s(self) -> float:
        """How long the driver had nothing to do."""
        return self._pool.waited_s

    def endings(self, episodes: Iterable[Episode]) -> Iterator[list[PlayedEpisode]]:
        """The episodes as they end, all at once that have by now; the next is asked for when an environment is free.

        Raises:
            VlagenError: what the user has to fix first.
        """
        fresh = (Attempt(episode=episode) for episode in episodes)
        exhausted = False
        while True:
            while free := self._pool.can_play():
                attempt = self._queue.popleft() if self._queue else next(fresh, None)
                if attempt is None:
                    exhausted = True
                    break
                self._give(self._best(free, attempt), attempt)
            if exhausted and not self._playing and not self._queue:
                return
            ended: list[PlayedEpisode] = []
            try:
                for member, reply in self._pool.replies():
                    ended += self._go_on(member, reply)
            finally:  # what ended is passed on, even where another reply ends the run
                if ended:
                    yield ended

    def _best(self, free: list[ActorRef], attempt: Attempt) -> ActorRef:
        """One that has to do with no node that the episode was lost with, if there is one."""
        return next((one for one in free if not self._pool.nodes(one) & set(attempt.lost_with)), free[0])

    def _give(self, member: ActorRef, attempt: Attempt) -> None:
        del self._pool.free[member]
        member.attempt, member.episodes = attempt, member.episodes + 1
        self._playing += 1
        self._turns += 1
        turn = Caller(slot=member.number // max(1, self._specs.replicas), number=self._turns, alone=attempt.alone)
        member.asked = None if member.asks is None else self._pool.replicas[member.asks]
        replica = None if member.asked is None else member.asked.actor
        self._pool.watch(member, member.actor.play.remote(attempt.episode, turn, replica))

    def _go_on(self, member: ActorRef, reply: AttemptResult | BaseException) -> list[PlayedEpisode]:
        """Accepts an episode, or queues it again where something went wrong that is not its own fault; it, if it ended."""
        attempt, member.attempt = member.attempt, None
        assert attempt is not None, "it replies to what it was given"
        self._playing -= 1
        ended = reply if isinstance(reply, AttemptResult) else _lost(attempt, reply)
        if self._worn(member, ended):
            self._pool.replace(member)
        else:
            self._pool.release(member)
        lost = member if ended.trouble == "gone" else member.asked if ended.trouble == "policy" else None
        hung = lost is not None and lost.hung
        node = None if lost is None or hung else lost.node  # a replica that hung was ended from here
        if node is not None:
            self._pool.doubt(node)
        if ended.trouble == "other episode" or hung:
            self._queue.appendleft(attempt.again(alone=True))
        elif ended.trouble is not None and (again := self._again(attempt, ended, node)) is not None:
            self._queue.appendleft(again)
        else:
            return [self._kept(attempt, ended)]
        return []

    def _worn(self, member: ActorRef, ended: AttemptResult) -> bool:
        too_large = self._limits.memory_mb is not None and ended.memory_mb > self._limits.memory_mb
        return ended.trouble in ("stage", "gone") or member.episodes >= self._limits.recycle_after or too_large

    def _again(self, attempt: Attempt, ended: AttemptResult, node: str | None) -> Attempt | None:
        """The next attempt, if there is one. Two actors lost on one node count as one loss.

        For it may be the node that is lost, piece by piece.

        Args:
            attempt: that failed.
            ended: how.
            node: of the actor that was lost with it, if one was.
        """
        counts = node is None or attempt.lost_with.count(node) != 1
        if counts and attempt.number > self._limits.retries:
            return None
        self._note(
            f"{_name(attempt)}: {ended.played.result.error} It is played again, elsewhere "
            f"({attempt.number} of {self._limits.retries} times)."
        )
        lost_with = (*attempt.lost_with, node) if node else attempt.lost_with
        return attempt.again(number=attempt.number + counts, lost_with=lost_with)

    def _kept(self, attempt: Attempt, ended: AttemptResult) -> PlayedEpisode:
        for name, content in ended.films.items():
            assert self._film is not None, "environments make films only where there is one"
            self._film.keep(name, content)
        if ended.complaint is not None:
            self._note(f"{_name(attempt)}: {ended.complaint} Its result is kept, its film is lost.")
        return ended.played.after(attempt.restarts)


def _lost(attempt: Attempt, error: BaseException) -> AttemptResult:
    """An attempt of which nothing is known but that its environment is gone."""
    player = play(attempt.episode, Execution(), Limits())
    next(player)
    text = f"worker: its environment is gone: {reason(error)} (attempt {attempt.number})."
    finish = player.send(StepReport(error=text))
    assert isinstance(finish, Finish), "an error ends an episode"
    played = PlayedEpisode(result=finish.result, actions=[], state_hashes=[])
    return AttemptResult(played=played, trouble="gone")


def _name(attempt: Attempt) -> str:
    return f"{attempt.episode.condition} {attempt.episode.index}"
