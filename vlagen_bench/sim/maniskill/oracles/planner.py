"""A planner of screw motions for one arm: poses of its tool in, joint positions out. It knows no obstacles."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import sapien
from sapien.wrapper.pinocchio_model import PinocchioModel

from vlagen_bench.sim.maniskill.oracles import screw, timing

STEP_M = 0.01
STEP_RAD = 0.05
"""how far two points of a motion are apart, at most: inverse kinematics follows from one to the next"""
VELOCITY_RAD_S = 1.0
ACCELERATION_RAD_S2 = 1.0
"""limits before they are scaled: mplib's, which ManiSkill's solutions are written for"""
IK = {"eps": 1e-5, "max_iterations": 200, "dt": 0.5, "damp": 1e-9}
LEAP_RAD = 0.5
"""a joint that turns further between two points has left its branch"""


class Unreachable(Exception):
    """The arm cannot follow a screw motion; the message says where it ends."""


class ScrewPlanner:
    """Plans on a kinematic model of the robot's own. Poses are in the world."""

    def __init__(self, *, urdf: Path, links: list[str], joints: list[str], tool: str, base: sapien.Pose) -> None:
        """`links` and `joints` (active ones, arm first) in the simulator's order; `tool` is a link."""
        self._model = PinocchioModel(urdf.read_text(encoding="utf-8"), np.array([0.0, 0.0, -9.81]))
        self._model.set_link_order(links)
        self._model.set_joint_order(joints)
        self._tool = links.index(tool)
        self.base = base
        arm = [name for name in joints if "finger" not in name]
        self._mask = np.array([name in arm for name in joints], dtype=np.int32)
        self.num_arm = len(arm)
        self._limits = joint_limits(urdf, arm)

    def tool_pose(self, qpos: np.ndarray) -> sapien.Pose:
        """Where the tool is with these joint positions, fingers included."""
        self._model.compute_forward_kinematics(qpos)
        return self.base * self._model.get_link_pose(self._tool)

    def plan(self, goal: sapien.Pose, qpos: np.ndarray, *, speed: float, step_s: float) -> np.ndarray:
        """Arm positions (steps, joints) of a screw motion from `qpos`, fingers included, to `goal`.

        Raises:
            Unreachable: a point of the motion is out of reach, beyond a joint's limit or on another branch.
        """
        start = self.tool_pose(qpos).to_transformation_matrix().astype(np.float64)
        end = goal.to_transformation_matrix().astype(np.float64)
        metres, radians = screw.screw_size(start, end)
        num = 2 + int(max(metres / STEP_M, radians / STEP_RAD))
        path = [qpos]
        for pose in screw.screw_path(start, end, num)[1:]:
            path.append(self._follow(path[-1], pose))
        arm = np.stack(path)[:, : self.num_arm]
        scaled = np.full(self.num_arm, speed)
        velocity, acceleration = scaled * VELOCITY_RAD_S, scaled * ACCELERATION_RAD_S2
        timed = timing.timed(arm, velocity=velocity, acceleration=acceleration, step_s=step_s)
        if timed is None:
            raise Unreachable(f"The way to {goal} cannot be driven within the limits of velocity and acceleration.")
        return timed

    def _follow(self, qpos: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """Joint positions near `qpos` that put the tool at a pose in the world."""
        target = self.base.inv() * sapien.Pose(pose)
        found, success, _ = self._model.compute_inverse_kinematics(
            self._tool, target, initial_qpos=qpos, active_qmask=self._mask, **IK
        )
        arm = found[: self.num_arm]
        low, high = self._limits.T
        if not success or (arm < low).any() or (arm > high).any():
            raise Unreachable(f"The tool cannot come to {np.round(pose[:3, 3], 3)} along a screw motion.")
        if np.abs(arm - qpos[: self.num_arm]).max() > LEAP_RAD:
            raise Unreachable(f"The arm would leap to another branch near {np.round(pose[:3, 3], 3)}.")
        return found


def joint_limits(urdf: Path, joints: list[str]) -> np.ndarray:
    """Lower and upper limit, rad, of each joint: (joints, 2)."""
    elements = {joint.get("name"): joint for joint in ElementTree.parse(urdf).getroot().iter("joint")}
    limits = [elements[name].find("limit") for name in joints]
    return np.array([[float(limit.attrib[key]) for key in ("lower", "upper")] for limit in limits if limit is not None])
