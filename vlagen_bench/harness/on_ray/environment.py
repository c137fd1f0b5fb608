"""The environment actor: plays whole episodes on its own simulator, and queries a policy replica directly."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError

from vlagen_bench.errors import VlagenError
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.env_runner import EnvRunner, FilmRecorder
from vlagen_bench.harness.episode import Begin, Execute, Finish, PlayedEpisode, StepReport, allowed_s, play
from vlagen_bench.harness.inference import PolicyAnswer, PolicyCaller, PolicyQuery
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.on_ray.replica import ANSWER, Caller
from vlagen_bench.harness.on_ray.watchdog import watchdog
from vlagen_bench.harness.worker import WorkerSpec
from vlagen_bench.policies import base
from vlagen_bench.types import Episode, EpisodeResult
from vlagen_bench.utils.alarm import TookTooLong, time_limit
from vlagen_bench.utils.processes import memory_mb

FILM_MB = 32
"""a film above this is left out: it would take the driver's memory; 80 frames of 640x480 are well below 1 MB"""

LossReason = Literal["stage", "policy", "other episode", "gone"]
"""what broke: simulator or memory, the policy's replica, perhaps another episode of a batch, the environment itself"""


@runtime_checkable
class TransferableFilm(FilmRecorder, Protocol):
    """A film that can be made in one place and kept in another: environments may not see the run folder."""

    def into(self, folder: Path) -> FilmRecorder: ...

    def keep(self, name: str, content: bytes) -> None: ...


class _FilmContent:
    """A film that travels to the driver as the content of its files."""

    def __init__(self, film: TransferableFilm) -> None:
        self._film = film
        self._packed: dict[str, bytes] = {}

    def write(self, result: EpisodeResult, shots: list[dict[str, np.ndarray]]) -> None:
        with tempfile.TemporaryDirectory(prefix="vlagen-film-") as folder:
            self._film.into(Path(folder)).write(result, shots)
            self._packed = {path.name: path.read_bytes() for path in Path(folder).iterdir()}

    def unpacked(self) -> dict[str, bytes]:
        packed, self._packed = self._packed, {}
        return packed


@dataclass(frozen=True, kw_only=True)
class AttemptResult:
    """What became of an attempt at an episode."""

    played: PlayedEpisode
    trouble: LossReason | None = None
    """what, other than the episode itself, made it an error"""
    films: Mapping[str, bytes] = field(default_factory=dict)
    """file name and content"""
    complaint: str | None = None
    """why there is no film"""
    memory_mb: float = 0.0
    """resident memory of the environment"""


class Environment:
    """Plays one episode after the other."""

    def __init__(self, recipe: WorkerSpec, execution: Execution, limits: Limits) -> None:
        """Nothing yet; see `ready`."""
        self._recipe, self._execution, self._limits = recipe, execution, limits
        self._oracle: PolicyCaller | None = None

    def ready(self) -> str | VlagenError:
        """Makes the simulator; the node that it is on, or what the user has to fix first."""
        recipe = self._recipe
        os.environ.setdefault("LP_NUM_THREADS", str(recipe.render_threads))  # before anything that draws is imported
        assert recipe.film is None or isinstance(recipe.film, TransferableFilm), (
            "films of a cluster travel to the driver"
        )
        self._film = None if recipe.film is None else _FilmContent(recipe.film)
        try:
            with watchdog(self._limits.beginning_s):
                sim = recipe.make_sim()
                self._runner = EnvRunner(sim, recipe.task, film=self._film)
                if recipe.oracle is not None:
                    self._oracle = PolicyCaller(
                        base.load(*recipe.oracle), action_dim=recipe.action_dim, limit_s=recipe.limit_s, sim=sim
                    )
        except VlagenError as error:
            return error
        return ray.get_runtime_context().get_node_id()

    def play(self, episode: Episode, turn: Caller, replica: ActorHandle[Any] | None) -> AttemptResult | VlagenError:
        """An episode to its end, or what the user has to fix first. Without a replica, the policy lives in here."""
        self._trouble: LossReason | None = None
        complaint = None
        player = play(episode, self._execution, self._limits)
        request = next(player)
        try:
            while True:
                reply = self._ask(request, turn, replica) if isinstance(request, PolicyQuery) else self._act(request)
                if isinstance(request, Finish):
                    complaint = reply.error
                request = player.send(reply)
        except StopIteration as end:
            films = {} if self._film is None else self._film.unpacked()
            if too_large := [name for name, content in films.items() if len(content) > FILM_MB * 1e6]:
                complaint = f"The film has more than {FILM_MB} MB."
            return AttemptResult(
                played=end.value,
                trouble=self._trouble,
                films={name: content for name, content in films.items() if name not in too_large},
                complaint=complaint,
                memory_mb=memory_mb(),
            )
        except VlagenError as error:
            return error

    def answer(self) -> bool:
        """A sign of life."""
        return ANSWER

    def _act(self, request: Begin | Execute | Finish) -> StepReport:
        """What the runner reports; anything but a lost film makes the episode worth another attempt."""
        allowed = allowed_s(request, self._limits)
        try:
            with watchdog(allowed), time_limit(None if isinstance(request, Finish) else allowed):
                report = self._runner.serve(request)
        except TookTooLong as error:
            report = StepReport(error=f"simulator: {error} (--step-timeout).")
        limit_mb = self._limits.memory_mb
        if isinstance(request, Finish):
            return report
        if report.error is None and limit_mb is not None and (used_mb := memory_mb()) > limit_mb:
            report = StepReport(error=f"worker: it used {used_mb:.0f} MB (--worker-memory-mb {limit_mb:g}).")
        if report.error is not None:
            self._trouble = "stage"
        return report

    def _ask(self, question: PolicyQuery, turn: Caller, replica: ActorHandle[Any] | None) -> PolicyAnswer:
        if replica is None:
            with watchdog(allowed_s(question, self._limits)):
                assert self._oracle is not None, "without a replica, the policy lives here"
                return self._oracle.ask({0: question})[0]
        try:
            reply: Any = ray.get(replica.ask.remote(turn, question))
        except RayError as error:
            self._trouble = "policy"
            return PolicyAnswer(error=f"worker: its policy replica is gone ({type(error).__name__}).")
        if reply.blameless:
            self._trouble = "other episode"
        return reply.answer

    def close(self) -> None:
        """Lets a privileged policy go."""
        if self._oracle is not None:
            self._oracle.close()
