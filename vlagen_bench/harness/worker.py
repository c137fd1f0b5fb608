"""The worker: a process with its own simulator, which serves requests until its pipe closes."""

import contextlib
import faulthandler
import os
import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from vlagen_bench.errors import ConfigError, VlagenError
from vlagen_bench.harness.env_runner import EnvRunner, FilmRecorder
from vlagen_bench.harness.episode import Request, StepReport
from vlagen_bench.harness.inference import PolicyAnswer, PolicyCaller, PolicyQuery
from vlagen_bench.harness.shared_images import SharedImages
from vlagen_bench.policies import base
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.sim.interface import Sim
from vlagen_bench.types import Task
from vlagen_bench.utils.processes import end_with_the_parent
from vlagen_bench.utils.spawned import SpawnedProcess
from vlagen_bench.utils.text import one_line


@dataclass(frozen=True, kw_only=True)
class WorkerSpec:
    """What a worker is made of; the first thing that it is sent."""

    make_sim: Callable[[], Sim]
    task: Task
    film: FilmRecorder | None = None
    oracle: tuple[str, Mapping[str, str]] | None = None
    """name and arguments of a privileged policy, which lives inside the worker"""
    limit_s: float | None = None
    """the limit on one call of the policy"""
    render_threads: int = 1
    """of Mesa's lavapipe, where pictures are drawn in software"""

    @property
    def action_dim(self) -> int:
        """How many numbers an action of the task's robot has."""
        return specs.of_task(self.task).robot.action_dim


def simulator(task: Task, cameras: CameraChoice | None = None) -> Sim:
    """The simulator of a task that draws these cameras; imported where it is needed, since that takes a second."""
    from vlagen_bench.sim.backends import simulator_of

    return simulator_of(task, cameras=cameras)


class Worker:
    """A worker as the driver sees it."""

    def __init__(self, render_threads: int) -> None:
        """Starts it; raises `ConfigError` if the system allows no more."""
        try:
            self._images = SharedImages()
            self._process = SpawnedProcess(_main, self._images, render_threads)
        except OSError as error:
            raise ConfigError(
                f"No more worker processes can be started: {error.strerror}. Use fewer --workers, or raise that limit "
                f"(ulimit -n, ulimit -u)."
            ) from None
        self.connection = self._process.connection
        self.episodes = 0
        """how many it was given"""
        self.suspect = False
        """whether something went wrong in it"""

    def send(self, message: WorkerSpec | Request) -> None:
        """Tells it what to do. If it has died, that is noticed when its reply is awaited."""
        self._process.send(message)

    def receive(self) -> StepReport | PolicyAnswer:
        """Its reply.

        Raises:
            WorkerDied: there will be none.
            VlagenError: what the user has to fix: also that a worker cannot import the program, which no retry mends.
        """
        try:
            reply = self._images.unpacked(self.connection.recv_bytes())
        except (EOFError, OSError):
            raise WorkerDied(self._process.death()) from None
        if isinstance(reply, VlagenError):
            raise reply
        return reply

    @property
    def memory_mb(self) -> float:
        """Its resident memory; 0 if it has died."""
        return self._process.memory_mb

    def stop(self, *, grace_s: float) -> None:
        """Closes the pipe, and kills what is there after this time."""
        self._process.stop(grace_s=grace_s)
        self._images.close()


class WorkerDied(Exception):
    """Says how."""


def _main(connection: Connection, begun: Any, images: SharedImages, render_threads: int) -> None:
    begun.value = 1  # the program that started this process is imported
    end_with_the_parent()
    faulthandler.enable()
    # Before anything that draws is imported. GPU drivers do not read it.
    os.environ.setdefault("LP_NUM_THREADS", str(render_threads))
    state = _WorkerState()
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            connection.send_bytes(images.packed(state.reply(connection.recv_bytes())))
    state.close()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # nothing is left to be done, and SAPIEN's own end is not worth waiting for


class _WorkerState:
    """The environment runner and the oracle of a worker, once it has its specification."""

    _caller: PolicyCaller | None = None
    _seen: Mapping[str, Any] | None = None

    def reply(self, message: bytes) -> StepReport | PolicyAnswer | VlagenError:
        try:
            request = pickle.loads(message)  # may import the simulator, and with it fail in many ways
            return self._prepare(request) if isinstance(request, WorkerSpec) else self._serve(request)
        except VlagenError as error:
            return error
        except Exception as error:
            return StepReport(error=f"worker: {one_line(error)}")

    def _prepare(self, recipe: WorkerSpec) -> StepReport:
        sim = recipe.make_sim()
        self._runner = EnvRunner(sim, recipe.task, film=recipe.film)
        if recipe.oracle is not None:
            self._caller = PolicyCaller(
                base.load(*recipe.oracle), action_dim=recipe.action_dim, limit_s=recipe.limit_s, sim=sim
            )
        return StepReport()

    def _serve(self, request: Request) -> StepReport | PolicyAnswer:
        if isinstance(request, PolicyQuery):
            assert self._caller is not None, "a question comes only to a worker with an oracle"
            return self._caller.ask({0: replace(request, observation=self._seen)})[0]
        report = self._runner.serve(request)
        if self._caller is None:
            return report
        self._seen = report.observation
        return replace(report, observation=None)

    def close(self) -> None:
        if self._caller is not None:
            self._caller.close()
