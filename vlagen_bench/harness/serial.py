"""The serial executor: plays one episode after the other in this process."""

from collections.abc import Iterable, Iterator

from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.env_runner import EnvRunner, FilmRecorder
from vlagen_bench.harness.episode import Finish, PlayedEpisode, Request, StepReport, Watch, allowed_s, play
from vlagen_bench.harness.inference import PolicyAnswer, PolicyCaller, PolicyQuery
from vlagen_bench.harness.limits import Limits
from vlagen_bench.sim.interface import Sim
from vlagen_bench.types import Episode, Task
from vlagen_bench.utils.alarm import TookTooLong, time_limit


class SerialExecutor:
    """Plays episodes here, where a debugger can follow; nothing is restarted or tried again."""

    def __init__(
        self,
        task: Task,
        sim: Sim,
        caller: PolicyCaller,
        *,
        film: FilmRecorder | None = None,
        execution: Execution | None = None,
        limits: Limits | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch
        self._execution, self._limits = execution or Execution(), limits or Limits()
        self._runner = EnvRunner(sim, task, film=film)
        self._caller = caller

    def plays(self, episodes: Iterable[Episode]) -> Iterator[PlayedEpisode]:
        """Each episode, in order."""
        return map(self.play, episodes)

    def endings(self, episodes: Iterable[Episode]) -> Iterator[list[PlayedEpisode]]:
        """Each episode, in order; here none ends at the same time as another."""
        return ([played] for played in self.plays(episodes))

    def play(self, episode: Episode) -> PlayedEpisode:
        """One episode to its end."""
        player = play(episode, self._execution, self._limits, self._watch)
        request = next(player)
        while True:
            try:
                request = player.send(self._serve(request))
            except StopIteration as end:
                return end.value

    def _serve(self, request: Request) -> StepReport | PolicyAnswer:
        if isinstance(request, PolicyQuery):
            return self._caller.ask({0: request})[0]
        if isinstance(request, Finish):
            return self._runner.serve(request)
        try:
            with time_limit(allowed_s(request, self._limits)):
                return self._runner.serve(request)
        except TookTooLong as error:
            return StepReport(error=f"simulator: {error} (--step-timeout).")
