"""The verbs about the robot of a ManiSkill task: base, pose, drives, and the timing of actions and observations."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sapien
from transforms3d.euler import euler2quat
from transforms3d.quaternions import qmult

from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.native import NativeRobot
from vlagen_bench.sim.channel import Channel
from vlagen_bench.sim.line_verbs import LineVerbs
from vlagen_bench.sim.maniskill.any_task import looking
from vlagen_bench.utils.seeding import stream

Point = tuple[float, float]


@dataclass(kw_only=True)
class RobotVerbs(LineVerbs):
    """What is asked for the robots of one episode, and the line between them and the policy."""

    spec: SceneSpec
    base: tuple[Point, float] | None = None
    offsets_rad: tuple[float, ...] = ()
    gripper: float = 1.0
    gains: float = 1.0
    told: list[np.ndarray] = field(default_factory=list)
    """the actions so far, flat"""
    views: dict[int, Any] = field(default_factory=dict)
    """step -> what was to be seen then, where observations are late or lost"""
    hold: np.ndarray | None = None
    """the action at which the robots stay as they began"""

    def move_base(self, xy_m: Point, yaw_rad: float) -> None:
        self.base = (xy_m, yaw_rad)

    def bend_arm(self, offsets_rad: tuple[float, ...]) -> None:
        self.offsets_rad = offsets_rad

    def scale_gripper_force(self, factor: float) -> None:
        self.gripper = factor

    def scale_gains(self, factor: float) -> None:
        self.gains = factor

    def put_robots(self, env: Any) -> None:
        """Every robot of the episode: each is moved from its own place, and bent from its own pose."""
        for robot in looking.agents(env):
            articulation = robot.robot
            if self.base is not None:
                xy_m, yaw_rad = self.base
                root = articulation.pose.sp
                turned = qmult(euler2quat(0, 0, yaw_rad), root.q)
                articulation.set_pose(sapien.Pose(root.p + np.array([*xy_m, 0.0], dtype=np.float32), turned))
            if self.offsets_rad:
                qpos = articulation.get_qpos().clone()
                for index, offset_rad in zip(looking.arm_indices(robot), self.offsets_rad, strict=False):
                    qpos[0, index] += offset_rad
                articulation.set_qpos(qpos)
            self._scale_drives(robot)

    def _scale_drives(self, robot: Any) -> None:
        """Of the gripper all, since what it presses comes from its stiffness; of the arm not the strongest force."""
        for name, part in looking.parts_of(robot.controller):
            is_gripper = "gripper" in name
            factor = self.gripper if is_gripper else self.gains
            if factor == 1.0:
                continue
            for joint in part.joints:
                drive = joint._objs[0]
                drive.set_drive_properties(
                    drive.stiffness * factor,
                    drive.damping * factor,
                    force_limit=drive.force_limit * (factor if is_gripper else 1.0),
                    mode=drive.drive_mode,
                )

    @property
    def altered(self) -> bool:
        """Whether actions arrive otherwise than they were sent, or last otherwise."""
        line = self.line
        return bool(line.action_delay or line.noise_m or line.noise_rad or line.jitter)

    def arriving(self, env: Any, action: Any) -> Any:
        """The action to carry out, in the form in which it came."""
        action = looking.in_order(env, action)
        self.told.append(flat(action))
        late = len(self.told) - 1 - self.line.action_delay
        wanted = self.told[late] if late >= 0 else self._held(env)
        robot = self.spec.robot
        assert isinstance(robot, NativeRobot)
        if self.line.noise_m or self.line.noise_rad:
            sizes = {"m": self.line.noise_m, "rad": self.line.noise_rad}
            spread = np.array([sizes.get(fact.unit, 0.0) / fact.scale for fact in robot.actions])
            noise = stream(self.line.noise_seed, "action", len(self.told) - 1).normal(size=len(spread))
            wanted = (wanted + spread * noise).astype(np.float32)
        return shaped(wanted, action)

    def _held(self, env: Any) -> np.ndarray:
        if self.hold is None:
            self.hold = hold_action(env)
        return self.hold

    def seen(self, step: int, observation: Any) -> Any:
        """The newest observation to have arrived by this step; remembers this one, if it is not lost."""
        if self.line.live:
            return observation
        self.keep(step, lambda: copy.deepcopy(observation))
        return self.shown_view(step)

    def keep(self, step: int, look: Callable[[], Any]) -> None:
        """Remembers what is to be seen at this step, unless it is lost, and forgets what nobody will see again."""
        if not self.line.lost(step):
            self.views[step] = look()
        shown = self.line.shown(step)
        self.views = {number: view for number, view in self.views.items() if number >= shown}

    def shown_view(self, step: int) -> Any:
        """The newest view to have arrived by this step."""
        return copy.deepcopy(self.views[self.line.shown(step)])


def flat(action: Any) -> np.ndarray:
    """All numbers of an action, float32, of several robots one after the other."""
    parts = action.values() if isinstance(action, dict) else [action]
    return np.concatenate([np.asarray(part, dtype=np.float32).reshape(-1) for part in parts])


def shaped(numbers: np.ndarray, like: Any) -> Any:
    """Flat numbers in the form of another action."""
    if not isinstance(like, dict):
        return _as(numbers, like)
    parts, start = {}, 0
    for name, part in like.items():
        count = int(np.prod(np.shape(part)))
        parts[name] = _as(numbers[start : start + count], part)
        start += count
    return parts


def _as(numbers: np.ndarray, like: Any) -> Any:
    array = numbers.reshape(np.shape(like))
    return like.new_tensor(array) if hasattr(like, "new_tensor") else array.astype(np.float32)


def hold_action(env: Any) -> np.ndarray:
    """The action at which the robots stay as they are, from their controllers."""
    parts = [_hold_part(part) for robot in looking.agents(env) for _, part in looking.parts_of(robot.controller)]
    return np.concatenate(parts).astype(np.float32)


def _hold_part(part: Any) -> np.ndarray:
    config, space = part.config, part.single_action_space
    normalized = bool(getattr(config, "normalize_action", False))
    kind = type(part).__name__
    wanted, changes = np.zeros(len(space.low)), getattr(config, "use_delta", False)
    if kind.startswith("PDJointPos") and not changes:
        qpos = part.qpos[0].cpu().numpy()[: len(wanted)]
        wanted[: len(qpos)] = qpos  # behind them stand speeds, if any: of one that rests they are 0
    elif not changes and "Vel" not in kind:
        raise ConfigError(
            f"action_delay: under the control mode with {kind} no action is known that holds the robot still until the first one "
            f"arrives. Choose a control mode of joints, or of changes."
        )
    if not normalized:
        return np.asarray(wanted)
    low, high = part.action_space_low.cpu().numpy(), part.action_space_high.cpu().numpy()
    return np.asarray(2 * (wanted - low) / (high - low) - 1)


def lasting(env: Any, line: Channel, step: int, act: Callable[[Any], Any], action: Any) -> Any:
    """A control step that lasts as long as the line says."""
    if not line.jitter:
        return act(action)
    nominal = env._sim_steps_per_control
    env._sim_steps_per_control = max(1, round(nominal * line.length(step)))
    try:
        return act(action)
    finally:
        env._sim_steps_per_control = nominal
