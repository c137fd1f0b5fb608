"""The effect of an axis on a task, found by trying it: what differs from the clean twin, bit by bit."""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Literal

import numpy as np

from vlagen_bench.axes import AXES
from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes import native, specs
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.sim.maniskill.any_task import looking, scout
from vlagen_bench.sim.maniskill.any_task.simulator import NativeSimulator
from vlagen_bench.types import Episode, Task, content_hash
from vlagen_bench.utils import paths

STEPS = 6
"""so many that what happens in mid-episode has happened"""
WIDTH_PX = 64
RULES = 2
"""raised with every change of what is looked for, so that nothing counts as tried that was not"""
Effect = Literal["words", "physics", "pictures"]


class Trial:
    """The simulators in which episodes of a task are tried: short, and drawn small where it takes pictures."""

    def __init__(self, task: Task) -> None:
        """For one task."""
        self._task = task
        self._physics: dict[str, str] = {}
        self._done: dict[str, bool] = {}
        self._pictures: dict[tuple[str, bool], str] = {}

    @cached_property
    def _undrawn(self) -> NativeSimulator:
        return NativeSimulator.of(self._task, drawn=False)

    @cached_property
    def _drawn(self) -> NativeSimulator:
        own = specs.of_task(self._task)
        return NativeSimulator.of(self._task, cameras=CameraChoice.of(own, (), WIDTH_PX))

    def effect(self, episode: Episode, twin: Episode) -> Effect | None:
        """What an episode changes of its twin, looked for where it takes least time first; None: nothing at all."""
        if episode.instruction != twin.instruction:
            return "words"
        if _is_drawn(episode, twin):  # what is done to pictures alone is seen at once
            return "pictures" if self._is_seen(episode, twin) else None
        if self._played(episode) != self._played(twin):
            return "physics"
        return "pictures" if self._is_seen(episode, twin) else None

    def _is_seen(self, episode: Episode, twin: Episode) -> bool:
        return any(self._seen(episode, late) != self._seen(twin, late) for late in (False, True))

    def _played(self, episode: Episode) -> str:
        """A hash of all physics in a short play."""
        if episode.id not in self._physics:
            sim = self._undrawn
            done = sim.reset(episode).solved_already
            hashes: list[Any] = [sim.state_hash(), list(parameters(sim.env))]
            for step in range(STEPS):
                done |= sim.advance(sim.tried_action(step)).success
                hashes.append(sim.state_hash())
            self._done[episode.id] = done
            self._physics[episode.id] = content_hash(hashes)
        return self._physics[episode.id]

    def _seen(self, episode: Episode, late: bool) -> str:
        """A hash of the first picture, or of all that follow in a short play: of frames that are lost, not every one is."""
        if (episode.id, late) not in self._pictures:
            sim, digest = self._drawn, hashlib.sha256()
            sim.reset(episode)
            for step in range(STEPS if late else 0):
                sim.advance(sim.tried_action(step))
                digest.update(sim.observe()["image"].tobytes())
            if not late:
                digest.update(sim.observe()["image"].tobytes())
            self._pictures[episode.id, late] = digest.hexdigest()
        return self._pictures[episode.id, late]

    def require(self, episode: Episode, twin: Episode) -> Effect:
        """As `effect`; raises `ConfigError` for an episode whose score would be a lie: its twin, bit for bit, or done by itself."""
        found = self.effect(episode, twin)
        if found is None:
            raise ConfigError(
                f"{self._task.name}: the condition {episode.condition} changes no bit of the physics, no pixel and no word of episode "
                f"{episode.index}: it has nothing there that it could change. Leave it out."
            )
        if self._done.get(episode.id) and not self._done[twin.id]:
            raise ConfigError(
                f"{self._task.name}: under the condition {episode.condition} the task is done within {STEPS} steps of episode "
                f"{episode.index} without a policy, and not in its clean twin. An axis moves things after the task has placed them: "
                f"a task that compares them with places which it remembers takes that for success. Leave the axis out, or have "
                f"the task measure from a goal."
            )
        return found


def _is_drawn(episode: Episode, twin: Episode) -> bool:
    """Whether the episode differs from its twin in axes of the picture alone."""
    keys = {*episode.values, *twin.values}
    differing = [key for key in keys if episode.values.get(key) != twin.values.get(key)]
    return bool(differing) and all(AXES.get(key).stage == "render" for key in differing)


def require(task: Task, pairs: Iterable[tuple[Episode, Episode]]) -> None:
    """Raises `ConfigError` for the first episode that is its clean twin, bit for bit.

    What was found is kept, since trying takes a second.
    """
    trial = Trial(task)
    assert task.native is not None
    known = (
        paths.cache_dir()
        / "maniskill"
        / "effects"
        / content_hash([RULES, native.facts_of_task(task.native).source_hash, scout.versions()])[:16]
    )
    for episode, twin in pairs:
        mark = known / f"{episode.id}-{twin.id}"
        if mark.is_file():
            continue
        found = trial.require(episode, twin)
        known.mkdir(parents=True, exist_ok=True)
        mark.write_text(found, encoding="utf-8")


def parameters(env: Any) -> Iterator[list[float]]:
    """What decides how things move, and no state shows: masses, mass centres, surfaces and drives."""
    bodies = [looking.body_of(actor) for actor in looking.actors(env).values()]
    for robot in looking.agents(env):
        bodies += [link._objs[0] for link in robot.robot.links]
        for joint in robot.robot.active_joints:
            drive = joint._objs[0]
            yield [float(drive.stiffness), float(drive.damping), float(drive.force_limit)]
    for body in filter(None, bodies):
        if hasattr(body, "mass"):
            pose = body.cmass_local_pose
            yield [float(body.mass), *np.concatenate([body.inertia, pose.p, pose.q]).astype(float).tolist()]
        for shape in body.collision_shapes:
            material = shape.physical_material
            yield [float(material.static_friction), float(material.dynamic_friction)]
