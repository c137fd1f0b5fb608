"""The simulator of an episode: builds its scene, lets it settle, and advances it by actions."""

import copy
import hashlib
from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import sapien

from vlagen_bench.axes import apply_stage
from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.sim import fork_guard
from vlagen_bench.sim.arm import Arm
from vlagen_bench.sim.behaviour import BehaviourWatch
from vlagen_bench.sim.camera import SceneCameras
from vlagen_bench.sim.episode_scene import EpisodeScene
from vlagen_bench.sim.patches import Patches
from vlagen_bench.sim.robot_files import urdf_path
from vlagen_bench.sim.world import Body, World
from vlagen_bench.tasks import TaskFamily, family_of, judge_of, judged, rule_of
from vlagen_bench.tasks.behaviour import Behaviour
from vlagen_bench.tasks.judge import Status
from vlagen_bench.types import Episode, Task
from vlagen_bench.utils.blame import code_of
from vlagen_bench.utils.floats import default_float_mode

AT_REST_M_S = 1e-3  # official: below this (summed over the things on the table) nothing needs more time
AT_REST_RAD_S = 1e-2
FINGER_REACH_M = 0.06  # of a finger's tip from its link's origin, WidowX
LIFTED_BASE_M = 1.0  # the robot waits this much higher while things settle


class Simulator:
    """Plays episodes of one scene, one after the other, each in a world of its own.

    Nothing is carried over: an episode is the same whatever ran before it, and however this thread rounds.
    """

    def __init__(self, spec: SceneSpec, *, family: type[TaskFamily], rule: Any, drawn: bool = True) -> None:
        """A simulator without an episode.

        Args:
            spec: the scene.
            family: what kind of task is played.
            rule: when the task is done, as the family writes it.
            drawn: False leaves out the renderer, and with it the pictures of `observe`.
        """
        self.spec, self.family = spec, family
        self._rule = rule
        self._drawn = drawn
        urdf_path(spec.robot, spec.pack)  # a missing pack is an error here, not at the first reset

    @classmethod
    def of(cls, task: Task, *, drawn: bool = True, cameras: CameraChoice | None = None) -> Self:
        """The simulator of a task: its scene, its family and its rule of success; None: the primary camera alone is drawn.

        Raises:
            ConfigError: the task is ManiSkill's, or a user's of it, whose simulator is another one: see `sim.backends`.
        """
        if task.native is not None:
            raise ConfigError(
                f"The task {task.name} is of ManiSkill, and this works with the scenes of this package alone. Choose one of its "
                f"tasks, such as tabletop_put_on."
            )
        return cls(specs.of_task(task, cameras), family=family_of(task), rule=rule_of(task), drawn=drawn)

    @default_float_mode()
    def reset(self, episode: Episode) -> Status:
        """Builds the scene of an episode and lets it settle."""
        self._leave()
        world = World(spec=self.spec, drawn=self._drawn)
        self.world = world
        self.sight = SceneCameras(world=world) if self._drawn else None
        self.arm = Arm(robot=world.robot, spec=self.spec.robot)
        self.scene = EpisodeScene(world=world, sight=self.sight, arm=self.arm)
        apply_stage(self.scene, episode.values, "build")
        apply_stage(self.scene, episode.values, "reset")
        self.scene.build()
        self._settle()
        if self.sight and self.spec.backdrop == "photo":
            self.sight.patches = self._patches()
        for stage in ("prompt", "render", "step"):
            apply_stage(self.scene, episode.values, stage)
        self.judge = judge_of(self.family, world, self._rule)
        self.watch = BehaviourWatch(world, self.arm)
        self.steps = 0
        self._told: list[np.ndarray] = []
        self._views: dict[int, dict[str, Any]] = {}
        self._keep_view()
        self._status = judged(self.family, self.judge.look, self.arm.tool.p)
        return self._status

    def _leave(self) -> None:
        """Lets go of the last episode's world before the next is built, so that two never take memory at once."""
        for name in ("world", "sight", "scene", "arm", "judge", "watch"):
            self.__dict__.pop(name, None)

    def _patches(self) -> Patches:
        patches = Patches(scene=self.world.scene, raised_m=self.world.table_height_m - self.spec.table_height_m)
        for body in self.world.bodies.values():
            patches.add(body.entity, float(np.linalg.norm(body.model.extents_m)) / 2)
        for name in self.spec.robot.finger_links:
            patches.add(self.world.links[name].entity, FINGER_REACH_M)
        return patches

    def _settle(self) -> None:
        """Things fall on the table while the robot waits above; then it comes down in its first pose."""
        base = self.world.base
        self.world.robot.set_pose(sapien.Pose(base.p + np.array([0, 0, LIFTED_BASE_M], dtype=np.float32), base.q))
        self.arm.reset(np.array(self.spec.robot.init_qpos), slack=self.spec.arm_slack_while_settling)
        for role, (xy_m, height_m) in self.scene.places.items():
            self.scene.drop(role, xy_m, height_m)
        first_s, more_s = self.spec.settle_s
        self.world.simulate(first_s)
        bodies = self.world.bodies.values()
        speed = sum(float(np.linalg.norm(body.rigid.linear_velocity)) for body in bodies)
        spin = sum(float(np.linalg.norm(body.rigid.angular_velocity)) for body in bodies)
        if speed > AT_REST_M_S or spin > AT_REST_RAD_S:
            self.world.simulate(more_s)
        self.world.robot.set_pose(base)
        qpos = np.array(self.spec.robot.init_qpos)
        qpos[: len(self.scene.arm_offsets_rad)] += self.scene.arm_offsets_rad
        self.arm.reset(qpos)

    @default_float_mode()
    def advance(self, action: np.ndarray) -> Status:
        """One control step: an action (7,) of finite numbers; see `Arm.command`."""
        fork_guard.check()
        line = self.scene.line
        self._told.append(np.array(action))
        self.arm.command(line.arriving(self._told))
        ticks = max(1, round(self.spec.physics_steps * line.length(self.steps)))
        for _ in range(ticks):
            self.world.physics.step()
            self.watch.tick()
        self.steps += 1
        self._status = self._happen(lasted=ticks / self.spec.physics_steps)
        self.watch.stepped(self._status)
        self._keep_view()
        return self._status

    def _happen(self, *, lasted: float) -> Status:
        """What the episode does to things after this step, which `lasted` so many nominal ones; the step's status."""
        moves = self.scene.moves.get(self.steps, {})
        lifts = any(lift_m is not None for _, lift_m in moves.values())
        # The official code judges a step after what it drops has settled. Before a lift, though, it has to be known
        # what lies on what, and held: so a step that lifts is judged before.
        status = judged(self.family, self.judge.count, self.arm.tool.p, lasted=lasted) if lifts else None
        for role, (xy_m, lift_m) in moves.items():
            if lift_m is None:
                self.scene.drop(role, xy_m, self.spec.reposition_height_m)
            else:
                self.scene.lift(role, xy_m, lift_m, riders=self._riders(role, status))
        if moves:
            self.world.simulate(self.spec.settle_s[0])
            self.scene.let_go()
            self.watch.interrupted(moves)
        status = status or judged(self.family, self.judge.count, self.arm.tool.p, lasted=lasted)
        for role, velocity_m_s in self.scene.pushes.get(self.steps, {}).items():
            self.scene.push(role, velocity_m_s)
        return status

    def _riders(self, role: str, status: Status | None) -> tuple[str, ...]:
        with code_of(f"family {self.family.name}", self.family):
            return self.judge.riders(role, status)

    @default_float_mode()
    def observe(self) -> dict[str, Any]:
        """What a policy sees now: `image` uint8 (H, W, 3) RGB of the primary camera, `images` by camera, `state` float32.

        Without a renderer it is `state` alone.
        """
        fork_guard.check()
        return self._look() if self.scene.line.live else copy.deepcopy(self._views[self.shown_step])

    def robot_state(self) -> np.ndarray:
        """The `state` of `observe`; no picture is drawn for it."""
        return self.arm.state() if self.scene.line.live else self._views[self.shown_step]["state"].copy()

    def poses_in_base(self, roles: Iterable[str]) -> np.ndarray:
        """Where the things in these roles are now, in the robot's base frame, for privileged policies.

        Returns:
            float32 (7 * roles,): for each x, y, z (m) and a quaternion wxyz.
        """
        base = self.world.robot.pose.inv()
        poses = [base * self.body(role).entity.pose for role in roles]
        return np.concatenate([part for pose in poses for part in (pose.p, pose.q)]).astype(np.float32)

    def _look(self) -> dict[str, Any]:
        if self.sight is None:
            return {"state": self.arm.state()}
        return {**self.sight.look(self.steps), "state": self.arm.state()}

    def _keep_view(self) -> None:
        """Remembers what can be seen now, where observations come late or are repeated, however often they are asked for."""
        line = self.scene.line
        if not line.live and not line.lost(self.steps):
            self._views[self.steps] = self._look()
            self._views = {step: view for step, view in self._views.items() if step >= self.shown_step}

    def behaviour(self) -> Behaviour:
        """How the arm behaved in the episode, if it ended now."""
        return self.watch.behaviour(self._status)

    @property
    def shown_step(self) -> int:
        """The step that `observe` shows: `steps`, or an earlier one where observations are late or lost."""
        return self.scene.line.shown(self.steps)

    def unseen_actions(self) -> list[np.ndarray]:
        """The actions so far of which the present observation shows nothing yet."""
        return self._told[max(0, self.shown_step - self.scene.line.action_delay) :]

    @property
    def instruction(self) -> str:
        """The instruction that the policy gets."""
        return self.scene.instruction

    def body(self, role: str) -> Body:
        """The thing in a role; for privileged policies."""
        return self.world.bodies[role]

    @property
    def shown_roles(self) -> tuple[str, ...]:
        """The roles of the things that the episode puts somewhere."""
        return tuple(self.scene.places)

    def strayed_m(self) -> dict[str, float]:
        """Role -> how far the thing is from where the episode puts it."""
        places = ((role, xy_m) for role, (xy_m, _) in self.scene.places.items())
        return {role: float(np.linalg.norm(self.body(role).position_m[:2] - xy_m)) for role, xy_m in places}

    def seen_px(self, role: str) -> int:
        """How many pixels of the primary camera's own size show the thing in this role, in the last observation."""
        assert self.sight is not None, "a simulator with drawn=False has nothing to show"
        return self.sight.primary.seen_px(self.body(role).entity)

    def state_hash(self) -> str:
        """16 hex digits of everything that moves: equal if and only if the physics went the same way, bit for bit."""
        return hashlib.sha256(self.world.state().tobytes()).hexdigest()[:16]
