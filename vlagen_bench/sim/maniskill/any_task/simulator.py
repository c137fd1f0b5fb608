"""The simulator of a ManiSkill task's episodes: a fresh scene of the task's own code for each, under what its axes want."""

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any, Self

import numpy as np

from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes import native, specs
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.sim import fork_guard
from vlagen_bench.sim.maniskill.any_task import looking, making
from vlagen_bench.sim.maniskill.any_task.entries import entry
from vlagen_bench.sim.maniskill.any_task.probe import random_action
from vlagen_bench.sim.maniskill.any_task.robot_verbs import flat, shaped
from vlagen_bench.sim.maniskill.any_task.scene import NativeScene
from vlagen_bench.tasks.behaviour import Behaviour
from vlagen_bench.tasks.maniskill import ManiSkillFamily, ManiSkillJudge, ManiSkillStatus
from vlagen_bench.types import Episode, Task

STATE_LIMIT = 10.0
"""positions and speeds of joints beyond this are shown as this: a space has bounds"""


class NativeSimulator:
    """Plays episodes of one task of ManiSkill, one after the other, each in a scene of its own."""

    def __init__(self, task: Task, *, drawn: bool = True, cameras: CameraChoice | None = None) -> None:
        """A simulator without an episode.

        Args:
            task: of ManiSkill.
            drawn: False leaves out the renderer, and with it the pictures of `observe`.
            cameras: that are drawn; None: the primary one.
        """
        assert task.native is not None
        self.task, self.spec = task, specs.of_task(task, cameras or CameraChoice())
        self._facts = native.facts_of_task(task.native)
        kwargs = making.keywords(task.native.kwargs_json)
        sizes = {camera.name: camera.size_px for camera in self.spec.drawn_cameras if camera.drawn_px is not None}
        if sizes:
            own = kwargs.get("sensor_configs", {})
            kwargs["sensor_configs"] = own | {
                name: {**own.get(name, {}), "width": width, "height": height} for name, (width, height) in sizes.items()
            }
        self._drawn = drawn
        # Its own observations are not used: the state is the robot's, and pictures are drawn when they are asked for.
        of = entry(task.native.env)
        modes = of.first_supported("obs_mode", ("state_dict",)) | of.first_supported("reward_mode", ("none", "sparse"))
        self.env = self._made(of, {**kwargs, **modes})
        self.scene: NativeScene

    def _made(self, of: Any, kwargs: dict[str, Any]) -> Any:
        if kwargs.get("obs_mode") != "state_dict":
            raise ConfigError(f"The task {of.env} does not support obs_mode='state_dict', which every score needs.")
        return making.make(of, kwargs, drawn=self._drawn, meshes=self.spec.robot.simplify_to)

    @classmethod
    def of(cls, task: Task, *, drawn: bool = True, cameras: CameraChoice | None = None) -> Self:
        """The simulator of a task."""
        return cls(task, drawn=drawn, cameras=cameras)

    def reset(self, episode: Episode) -> ManiSkillStatus:
        """A fresh scene of the episode's seed, changed as its axes want."""
        fork_guard.check()
        names = tuple(camera.name for camera in self.spec.drawn_cameras)
        self.scene = NativeScene.of(episode, self.task, self.spec, drawn=names)
        self._observed: dict[str, Any] | None = None
        self._task_states: dict[int, np.ndarray] = {}
        _, self._info = self.scene.reset(self.env)
        self.steps = 0
        self.judge: ManiSkillJudge = ManiSkillFamily.judge(self.source_m, None)
        self._keep_view()
        return self.judge.begin(self._info, self.tools_m, self.source_m)

    def _seeded(self, *names: str | int) -> Any:
        return making.seeded(self.scene.seed, *names) if self._facts.draws_globally else nullcontext()

    def advance(self, action: np.ndarray) -> ManiSkillStatus:
        """One control step; the action is flat, of several robots one after the other."""
        fork_guard.check()
        self._observed = None
        with self._seeded(self.steps):
            *_, self._info = self.env.step(shaped(flat(action), looking.blank_action(self.env)))
        self.steps += 1
        self._keep_view()
        return self.judge.count(self._info, self.tools_m, self.source_m)

    def observe(self) -> dict[str, Any]:
        """What a policy sees now: `image` uint8 (H, W, 3) RGB of the primary camera, `images` by camera, `state` float32."""
        if self.scene.line.live:
            if self._observed is None:
                self._observed = self._look()
            return self._observed
        return dict(self.scene.shown_view(self.steps))

    def _keep_view(self) -> None:
        """Remembers what can be seen now, where observations come late or are lost."""
        if not self.scene.line.live:
            self.scene.keep(self.steps, self._look)
            self._task_states[self.steps] = looking.task_state(self.env, self._info)

    def _look(self) -> dict[str, Any]:
        if not self._drawn:
            return {"state": self.robot_state()}
        seen = self.env._get_obs_sensor_data()
        images = {
            camera.name: np.ascontiguousarray(seen[camera.name]["rgb"][0].cpu().numpy())
            for camera in self.spec.drawn_cameras
        }
        return {"image": images[self.spec.camera.name], "images": images, "state": self.robot_state()}

    def robot_state(self) -> np.ndarray:
        """Joint positions, then their speeds, of one robot after the other: float32, as the spec's `state_layout` names it."""
        parts = []
        for robot in looking.agents(self.env):
            parts += [robot.robot.get_qpos()[0].cpu().numpy(), robot.robot.get_qvel()[0].cpu().numpy()]
        return np.clip(np.concatenate(parts), -STATE_LIMIT, STATE_LIMIT).astype(np.float32)

    def task_state(self) -> np.ndarray:
        """What the task itself shows as `obs_mode="state"`, float32, as late as observations are; for privileged policies."""
        if self.scene.line.live:
            return looking.task_state(self.env, self._info)
        return self._task_states[self.scene.line.shown(self.steps)]

    def poses_in_base(self, roles: Iterable[str]) -> np.ndarray:
        """As `Simulator.poses_in_base`, in the frame of the first robot."""
        base = looking.agents(self.env)[0].robot.pose.sp.inv()
        poses = [base * looking.entity_of(self.scene.actor(self.env, role)).pose for role in roles]
        return np.concatenate([part for pose in poses for part in (pose.p, pose.q)]).astype(np.float32)

    @property
    def source_m(self) -> np.ndarray:
        """Where the thing stands that is to be handled."""
        return np.array(looking.entity_of(self.scene.actor(self.env, "source")).pose.p)

    @property
    def tools_m(self) -> list[np.ndarray]:
        """Where the robots' tools are."""
        return [np.array(tool.pose.sp.p) for tool in looking.tools(self.env)]

    @property
    def shown_roles(self) -> tuple[str, ...]:
        """The roles of the things that the task does not hide from its cameras."""
        hidden = {id(actor) for actor in self.env._hidden_objects}
        return tuple(role for role in self.scene.names if id(self.scene.actor(self.env, role)) not in hidden)

    def seen_px(self, role: str) -> int:
        """How many pixels of the last picture of the primary camera show the thing in this role."""
        return self.scene.seen_px(self.env, role)

    def strayed_m(self) -> dict[str, float]:
        """Nothing: the task's own reset puts things where they are."""
        return {}

    @property
    def instruction(self) -> str:
        """The instruction that the policy gets."""
        return self.scene.instruction

    def behaviour(self) -> Behaviour | None:
        """Nothing: what is measured of our own scenes' arms is not defined for every robot."""
        return None

    def tried_action(self, step: int) -> np.ndarray:
        """An action within the bounds for trying what an axis does, flat: the same for the same step."""
        return flat(looking.in_order(self.env, random_action(self.env, step)))

    def state_hash(self) -> str:
        """16 hex digits of everything that moves."""
        return self.scene.state_hash(self.env)
