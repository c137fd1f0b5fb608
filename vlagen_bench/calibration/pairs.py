"""Pairs of an episode and its clean twin, observed and played per task, with the twins cached."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vlagen_bench.calibration import severity
from vlagen_bench.calibration.severity import EpisodeObservation, Measure
from vlagen_bench.errors import RunError
from vlagen_bench.harness.inference import PolicyCaller
from vlagen_bench.harness.serial import SerialExecutor
from vlagen_bench.plan import catalog
from vlagen_bench.policies import base, pictures
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.sim import measurements
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.types import Episode, Task

PRIMARY = CameraChoice()
"""the primary camera alone, in its own size"""
STEPS = 20
"""how long what happens after the start is watched: 4 s at 5 Hz"""
HOLD = np.array([0, 0, 0, 0, 0, 0, 1], dtype=np.float32)

Pair = tuple[Episode, Episode]
"""an episode and its clean twin"""


@dataclass(frozen=True, kw_only=True)
class PairedPolicy:
    """A policy that is to be played."""

    policy: str
    """as `policies.base.load` names it"""
    arguments: tuple[tuple[str, str], ...] = ()
    """of its constructor"""
    episodes: int | None = None
    """that it plays at each point, each with its clean twin; None: as many as severity is measured with"""
    version: str = ""
    """what it says of itself: what another version did is measured again; empty: it says nothing"""

    @property
    def name(self) -> str:
        """What its drops are kept under: other arguments are another player."""
        shown = (f"{key}={'(hidden)' if key in base.SECRETS else text}" for key, text in self.arguments)
        return f"{self.policy}({', '.join(shown)})" if self.arguments else self.policy


class PairRunner:
    """Where episodes of one task are looked at and played. Clean twins are remembered: most axes share them."""

    def __init__(self, task: Task) -> None:
        self._task, self._scene = task, specs.of_task(task)
        self._twins: dict[tuple[str, str], tuple[EpisodeObservation, list[np.ndarray]]] = {}
        self._outcomes: dict[tuple[str, PairedPolicy], bool] = {}

    def severities(self, pairs: Iterable[Pair], how: Measure) -> list[float]:
        """The measure of each pair."""
        return [self._severity(episode, twin, how) for episode, twin in pairs]

    def _severity(self, episode: Episode, twin: Episode, how: Measure) -> float:
        simulator = self._simulator(how.needs == "picture", PRIMARY)
        key = (twin.id, how.needs)
        if key not in self._twins:
            actions = self._actions(twin, how.needs)
            self._twins[key] = (watch(simulator, twin, how.needs, actions), actions)
        clean, actions = self._twins[key]
        return how.between(watch(simulator, episode, how.needs, actions), clean)

    def _actions(self, twin: Episode, needs: severity.Needs) -> list[np.ndarray]:
        if needs in ("start", "picture"):
            return []
        if needs == "hold":
            return [HOLD] * STEPS
        simulator, expert = self._simulator(False, PRIMARY), Expert()
        simulator.reset(twin)
        expert.attach(simulator)
        expert.reset([twin.id])
        actions = []
        for _ in range(STEPS):
            actions.append(expert.act(None, simulator.instruction))
            simulator.advance(actions[-1])
        return actions

    def outcomes(self, pairs: Iterable[Pair], player: PairedPolicy) -> list[tuple[bool, bool]]:
        """Whether a policy succeeds in each episode and in its twin; raises `RunError` if one ends as an error."""
        return [(self._succeeds(episode, player), self._succeeds(twin, player)) for episode, twin in pairs]

    def _succeeds(self, episode: Episode, player: PairedPolicy) -> bool:
        key = (episode.id, player)
        if key not in self._outcomes:
            loaded = self._policy(player)
            simulator = self._simulator(not loaded.privileged, pictures.camera_choice(loaded, self._scene))
            caller = PolicyCaller(
                loaded, action_dim=self._scene.robot.action_dim, sim=simulator if loaded.privileged else None
            )
            played = SerialExecutor(self._task, simulator, caller).play(episode)
            if played.result.error is not None:
                raise RunError(
                    f"{player.name} in {episode.condition} {episode.index}: {played.result.error.rstrip('.')}. Mend it, then "
                    f"repeat the command; what was measured is kept."
                )
            self._outcomes[key] = played.result.outcome == "success"
        return self._outcomes[key]

    @functools.cache  # noqa: B019 (a lab lives as long as its process)
    def _policy(self, player: PairedPolicy) -> base.LoadedPolicy:
        loaded = base.load(player.policy, dict(player.arguments))
        base.check_spec(loaded, self._scene.robot)
        return loaded

    @functools.cache  # noqa: B019
    def _simulator(self, drawn: bool, cameras: CameraChoice) -> Simulator:
        kind = Simulator if drawn else _UnrenderedSimulator
        return kind.of(self._task, drawn=drawn, cameras=cameras)


class _UnrenderedSimulator(Simulator):
    """A simulator without a renderer, several times faster, for policies that look at no observation."""

    def observe(self) -> dict[str, Any]:
        return {}


@functools.cache
def of(task: str) -> PairRunner:
    """The lab of a task in this process."""
    return PairRunner(catalog.task(task))


def watch(
    simulator: Simulator, episode: Episode, needs: severity.Needs, actions: Iterable[np.ndarray]
) -> EpisodeObservation:
    """What a measure needs to see of an episode under these actions."""
    simulator.reset(episode)
    picture = simulator.observe()["image"].copy() if needs == "picture" else None
    readings = [measurements.read(simulator)]
    for action in actions:
        simulator.advance(action)
        readings.append(measurements.read(simulator))
    return EpisodeObservation(instruction=simulator.instruction, readings=tuple(readings), picture=picture)
