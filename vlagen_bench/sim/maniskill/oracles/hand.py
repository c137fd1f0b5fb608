"""The moves of our own oracles: a Panda that goes along screw motions, opens and closes its gripper, and waits."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import sapien

from vlagen_bench.sim.maniskill.oracles.planner import ScrewPlanner

OPEN, CLOSED = 1.0, -1.0
DOWN = np.array([0.0, 0.0, -1.0])
Actions = Generator[np.ndarray, None, None]


class Hand:
    """One Panda of an environment in the control mode `pd_joint_pos`. Moves are generators of actions (8,)."""

    def __init__(self, env: Any, *, speed: float = 0.9) -> None:
        """`speed` scales the limits of velocity and acceleration, 1 rad/s and 1 rad/s^2."""
        self.env = env.unwrapped
        self.speed = speed
        agent = self.env.agent
        self._robot = agent.robot
        self.base = agent.robot.pose.sp
        self._planner = ScrewPlanner(
            urdf=Path(agent.urdf_path),
            links=[link.get_name() for link in agent.robot.get_links()],
            joints=[joint.get_name() for joint in agent.robot.get_active_joints()],
            tool="panda_hand_tcp",
            base=self.base,
        )
        self.gripper = OPEN
        self.commanded = self.tool
        """the pose that the last move was to end at; the tool may hang a little beside it"""

    @property
    def tool(self) -> sapien.Pose:
        """Measured pose of the tool in the world."""
        return self.env.agent.tcp.pose.sp

    def go(self, goal: sapien.Pose, *, speed: float | None = None, settle: int = 0) -> Actions:
        """Along a screw motion to `goal`, then `settle` steps at its end. Raises `Unreachable`."""
        positions = self.planned(goal, speed=speed)
        for position in [*positions, *[positions[-1]] * settle]:
            yield self.action(position)

    def carry(
        self,
        held: Callable[[], sapien.Pose],
        to: sapien.Pose,
        *,
        speed: float | None = None,
        settle: int = 0,
    ) -> Actions:
        """Moves so that what is held, now at `held()`, comes to `to`.

        The correction is added to what was commanded, not to where the tool is, so that what a load or a contact presses
        aside is made up for when the move is repeated.
        """
        yield from self.go(to * held().inv() * self.commanded, speed=speed, settle=settle)

    def planned(self, goal: sapien.Pose, *, speed: float | None = None) -> np.ndarray:
        """Arm positions (steps, 7) to `goal`, which counts as commanded from now on. Raises `Unreachable`."""
        positions = self._planner.plan(
            goal, self._qpos(), speed=speed or self.speed, step_s=float(self.env.control_timestep)
        )
        self.commanded = goal
        return positions

    def grip(self, gripper: float, *, steps: int = 6) -> Actions:
        """The fingers go to `gripper`, from `OPEN` to `CLOSED`, while the arm stays where it is."""
        self.gripper = gripper
        yield from self.wait(steps)

    def wait(self, steps: int) -> Actions:
        """The arm stays where it is."""
        position = self._qpos()[: self._planner.num_arm]
        for _ in range(steps):
            yield self.action(position)

    def grasp_pose(self, centre: np.ndarray, closing: np.ndarray, approaching: np.ndarray = DOWN) -> sapien.Pose:
        """A pose of the tool with the fingers on both sides of `centre` along `closing`; of its two, the nearer to the tool's now."""
        now = self.tool.to_transformation_matrix()[:3, 1]
        level = closing - closing @ approaching * approaching
        level = level / np.linalg.norm(level)
        return self.env.agent.build_grasp_pose(approaching, level if level @ now >= 0 else -level, centre)

    def _qpos(self) -> np.ndarray:
        return self._robot.get_qpos()[0].cpu().numpy().astype(np.float64)

    def action(self, position: np.ndarray) -> np.ndarray:
        """The action (8,) that asks for arm positions (7,) and the gripper's present setting."""
        return np.append(position, self.gripper).astype(np.float32)


def lifted(pose: sapien.Pose, height_m: float) -> sapien.Pose:
    """The same pose, higher."""
    return sapien.Pose(pose.p + [0.0, 0.0, height_m], pose.q)


def pose_of(thing: Any) -> sapien.Pose:
    """Pose of an actor in the world, now."""
    return thing.pose.sp
