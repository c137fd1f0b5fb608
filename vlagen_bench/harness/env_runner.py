"""The environment runner: a simulator that carries out an episode's requests, and films it if wanted."""

import dataclasses
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from vlagen_bench.errors import CodeError, VlagenError
from vlagen_bench.harness.episode import ENV_TIMES, Begin, Execute, Finish, StepReport
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.oversized import StepLimits
from vlagen_bench.sim.interface import Sim
from vlagen_bench.tasks.behaviour import recorded
from vlagen_bench.types import Episode, EpisodeResult, Task
from vlagen_bench.utils.text import one_line


class FilmRecorder(Protocol):
    """Keeps, or does not keep, what an episode looked like."""

    def write(self, result: EpisodeResult, shots: list[dict[str, np.ndarray]]) -> None: ...


class EnvRunner:
    """Plays the part of the world in one episode after the other."""

    def __init__(self, sim: Sim, task: Task, *, film: FilmRecorder | None = None) -> None:
        self._sim, self._task, self._film = sim, task, film
        self._shots: list[dict[str, np.ndarray]] = []
        self._step_limits = StepLimits.of(specs.of_task(task))

    def serve(self, request: Begin | Execute | Finish) -> StepReport:
        """Does it, and reports. What the simulator raises becomes a report's error.

        Raises:
            VlagenError: something that the user has to fix first; every other episode would fail, too.
        """
        if isinstance(request, Finish):
            return self._finish(request.result)
        self._hashes: list[str] = []
        self._seconds = dict.fromkeys(ENV_TIMES, 0.0)
        self._observation: dict[str, Any] | None = None
        try:
            match request:
                case Begin(episode=episode):
                    self._begin(episode)
                case Execute(actions=actions):
                    self._execute(actions)
        except CodeError as caught:  # of this episode: it may be right in others
            return self._broken(str(caught))
        except VlagenError:
            raise
        except Exception as caught:
            return self._broken(f"simulator: {one_line(caught)}")
        return StepReport(
            state_hashes=tuple(self._hashes),
            seconds=self._seconds,
            ended=self._ended,
            success=self._status.success,
            success_once=self._status.success_once,
            metrics=self._metrics() if self._ended else {},
            instruction=self._sim.instruction,
            observation=self._observation,
        )

    def _metrics(self) -> dict[str, Any]:
        """The status, how the arm behaved, and the oversized steps; floats rounded to four decimals."""
        behaviour = self._sim.behaviour()
        metrics = dataclasses.asdict(self._status) | (recorded(behaviour) if behaviour else {})
        for key in ("success", "success_once"):
            del metrics[key]
        rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in metrics.items()}
        return {**rounded, "oversized_steps": self._oversized}

    def _broken(self, why: str) -> StepReport:
        return StepReport(state_hashes=tuple(self._hashes), seconds=self._seconds, error=why)

    def _begin(self, episode: Episode) -> None:
        self._steps, self._oversized, self._shots = 0, 0, []
        with self._timing("reset_s"):
            self._status = self._sim.reset(episode)
        self._hashes.append(self._sim.state_hash())
        self._look()

    def _execute(self, actions: np.ndarray) -> None:
        for number, action in enumerate(actions, 1):
            with self._timing("advance_s"):
                self._status = self._sim.advance(action)
            self._hashes.append(self._sim.state_hash())
            self._steps += 1
            # What was commanded: axes that delay or disturb actions come after it.
            self._oversized += int(self._step_limits.oversized(action))
            if self._film or (number == len(actions) and not self._ended):
                self._look()
            if self._ended:
                self._observation = None
                return

    def _finish(self, result: EpisodeResult) -> StepReport:
        if self._film:
            self._film.write(result, self._shots)
        self._shots = []
        return StepReport()

    def _look(self) -> None:
        with self._timing("observe_s"):
            self._observation = self._sim.observe()
        if self._film:
            # A policy may write into what it sees.
            self._shots.append({name: picture.copy() for name, picture in self._observation["images"].items()})

    @property
    def _ended(self) -> bool:
        return self._steps >= self._task.max_steps or (self._status.success and self._task.ends_on_success)

    @contextmanager
    def _timing(self, key: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[key] += time.perf_counter() - start
