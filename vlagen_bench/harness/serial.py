"""The serial executor: plays one episode after the other in this process."""

from collections.abc import Iterable, Iterator

from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.env_runner import Film, Sim, Stage
from vlagen_bench.harness.episode import Finish, Played, Report, Request, allowed_s, play
from vlagen_bench.harness.inference import Answer, Asker, Question
from vlagen_bench.harness.limits import Limits, TookTooLong, time_limit
from vlagen_bench.types import Episode, Task


class Solo:
    """Plays episodes here, where a debugger can follow; nothing is restarted or tried again."""

    def __init__(
        self,
        task: Task,
        sim: Sim,
        asker: Asker,
        *,
        film: Film | None = None,
        execution: Execution | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._execution, self._limits = execution or Execution(), limits or Limits()
        self._stage = Stage(sim, task, film=film)
        self._asker = asker

    def plays(self, episodes: Iterable[Episode]) -> Iterator[Played]:
        """Each episode, in order."""
        return map(self.play, episodes)

    def endings(self, episodes: Iterable[Episode]) -> Iterator[list[Played]]:
        """Each episode, in order; here none ends at the same time as another."""
        return ([played] for played in self.plays(episodes))

    def play(self, episode: Episode) -> Played:
        """One episode to its end."""
        player = play(episode, self._execution, self._limits)
        request = next(player)
        while True:
            try:
                request = player.send(self._serve(request))
            except StopIteration as end:
                return end.value

    def _serve(self, request: Request) -> Report | Answer:
        if isinstance(request, Question):
            return self._asker.ask({0: request})[0]
        if isinstance(request, Finish):
            return self._stage.serve(request)
        try:
            with time_limit(allowed_s(request, self._limits)):
                return self._stage.serve(request)
        except TookTooLong as error:
            return Report(error=f"simulator: {error} (--step-timeout).")
