"""The effect of an axis on a task, found by trying it: what differs from the clean twin, bit by bit."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.sim.maniskill.any_task import looking, making
from vlagen_bench.sim.maniskill.any_task.entries import entry
from vlagen_bench.sim.maniskill.any_task.probe import random_action
from vlagen_bench.sim.maniskill.any_task.scene import NativeScene
from vlagen_bench.types import Episode, Task, content_hash

STEPS = 6
"""so many that what happens in mid-episode has happened"""
WIDTH_PX = 64
WHAT = ("physics", "pictures", "words")


class Trial:
    """The environment in which episodes of a task are tried, small and short."""

    def __init__(self, task: Task) -> None:
        """The environment, drawn in small pictures."""
        assert task.native is not None
        own = specs.of_task(task)
        every = {camera: WIDTH_PX for camera in own.camera_names}
        self._spec = specs.of_task(task, CameraChoice.of(own, tuple(every), every))
        kwargs = making.keywords(task.native.kwargs_json)
        sizes = {"width": WIDTH_PX, "height": WIDTH_PX}
        self._env = making.make(
            entry(task.native.env), {**kwargs, "obs_mode": "rgb", "sensor_configs": sizes}, drawn=True
        )

    def played(self, episode: Episode) -> dict[str, str]:
        """A hash of all physics, of all pictures, and of the words, in a short play with the same actions for all."""
        env, scene = self._env, NativeScene.of(episode, self._spec)
        env.vlagen = scene
        with making.seeded(scene.seed, "reset"):
            observation, _ = env.reset(seed=scene.seed, options={"reconfigure": True})
        physics: list[Any] = [scene.state_hash(env), list(parameters(env))]
        pictures = [_pixels(scene.seen(0, observation))]
        for step in range(STEPS):
            # Pictures take most of the time; where nothing is late, the first and the last show all.
            env._obs_mode = "rgb" if step == STEPS - 1 or not scene.line.live else "none"
            with making.seeded(scene.seed, step):
                observation, *_ = env.step(random_action(env, step))
            physics.append(scene.state_hash(env))
        pictures.append(_pixels(observation))
        return dict(zip(WHAT, map(content_hash, (physics, pictures, scene.instruction)), strict=True))

    def changed(self, episode: Episode, clean: dict[str, str]) -> tuple[str, ...]:
        """What an episode changes of its clean twin, as `played` gave it; nothing: its axis is in vain."""
        now = self.played(episode)
        return tuple(what for what in WHAT if now[what] != clean[what])


def _pixels(observation: Any) -> str:
    digest = hashlib.sha256()
    for name, data in sorted(observation["sensor_data"].items()):
        digest.update(name.encode() + data["rgb"].cpu().numpy().tobytes())
    return digest.hexdigest()


def parameters(env: Any) -> Iterator[list[float]]:
    """What decides how things move, and no state shows: masses, mass centres, surfaces and drives."""
    bodies = [looking.body_of(actor) for actor in looking.actors(env).values()]
    for robot in looking.agents(env):
        bodies += [link._objs[0] for link in robot.robot.links]
        for joint in robot.robot.active_joints:
            drive = joint._objs[0]
            yield [float(drive.stiffness), float(drive.damping), float(drive.force_limit)]
    for body in bodies:
        if body is None:
            continue
        if hasattr(body, "mass"):
            pose = body.cmass_local_pose
            yield [float(body.mass), *np.concatenate([body.inertia, pose.p, pose.q]).astype(float).tolist()]
        for shape in body.collision_shapes:
            material = shape.physical_material
            yield [float(material.static_friction), float(material.dynamic_friction)]
