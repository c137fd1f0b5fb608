"""The arm controller: a delta of the tool's target pose, inverse kinematics, drive targets."""

from dataclasses import dataclass

import numpy as np
import sapien

# Gives articulations their method `create_pinocchio_model`.
import sapien.wrapper.pinocchio_model
from sapien import physx

from vlagen_bench.scenes.base import RobotSpec
from vlagen_bench.sim import single_precision

IK_MAX_ITERATIONS = 100  # as mani_skill 3.0.1, agents/controllers/utils/kinematics.py


@dataclass(kw_only=True)
class Arm:
    """The controller of one robot: targets accumulate, as in the official bridge controller."""

    robot: physx.PhysxArticulation
    spec: RobotSpec

    def __post_init__(self) -> None:
        joints = {joint.name: joint for joint in self.robot.active_joints}
        order = list(joints)
        self._arm = [joints[name] for name in self.spec.arm_joints]
        self._arm_index = [order.index(name) for name in self.spec.arm_joints]
        self._gripper = [joints[name] for name in self.spec.gripper_joints]
        self._gripper_index = [order.index(name) for name in self.spec.gripper_joints]
        self._tool_index = [link.name for link in self.robot.links].index(self.spec.tool_link)
        self._tool = self.robot.links[self._tool_index].entity
        self._mask = np.array([name in self.spec.arm_joints for name in order], dtype=np.int32)
        # Of the loaded robot, whose single-precision lengths differ from those in the URDF, as in ManiSkill.
        self._model = self.robot.create_pinocchio_model()
        torch_decides = self.spec.trigonometry == "torch"
        self._trigonometry = (
            single_precision.torch_trigonometry() if torch_decides else single_precision.rounded_trigonometry
        )
        self._keep(self.tool_in_base.p, self.tool_in_base.q)

    def _keep(self, p: np.ndarray, q: np.ndarray) -> None:
        self._target_p, self._target_q = p, q

    @property
    def target(self) -> sapien.Pose:
        """Tool pose that the arm is told to reach, in the base frame."""
        return sapien.Pose(self._target_p, self._target_q)

    def reset(self, qpos: np.ndarray, *, slack: bool = False) -> None:
        """Puts the joints (rad, m; arm first) there, at rest, with drive targets to match, or of zero if `slack`."""
        full = np.zeros(len(self.robot.active_joints), dtype=np.float32)
        full[[*self._arm_index, *self._gripper_index]] = qpos
        self.robot.set_qpos(full)
        self.robot.set_qvel(np.zeros_like(full))
        for joint, value in zip(self.robot.active_joints, full, strict=True):
            joint.set_drive_target(0.0 if slack else float(value))
        base, tool = self.robot.pose, self._tool.pose
        self._keep(*single_precision.pose_in(base.p, base.q, tool.p, tool.q))

    def command(self, action: np.ndarray) -> bool:
        """Sets the drive targets for one control step.

        Args:
            action: (7,): delta xyz (m) and delta euler XYZ (rad) of the tool's target, along the base's axes,
                then the gripper, +1 open to -1 closed, clipped.

        Returns:
            Whether the target can be reached; if not, the arm holds where it is.
        """
        move = action.astype(np.float32)
        turn = single_precision.quat_of_euler(move[3:6], self._trigonometry)
        self._keep(self._target_p + move[:3], single_precision.quat_multiply(turn, self._target_q))
        qpos = self.robot.get_qpos()
        solution, reachable, _ = self._model.compute_inverse_kinematics(
            self._tool_index,
            self.target,
            initial_qpos=qpos,
            active_qmask=self._mask,
            max_iterations=IK_MAX_ITERATIONS,
        )
        joints = solution if reachable else qpos
        for joint, index in zip(self._arm, self._arm_index, strict=True):
            joint.set_drive_target(float(joints[index]))
        opening_m = single_precision.scaled(move[6], self.spec.gripper_closed_m, self.spec.gripper_open_m)
        for joint in self._gripper:
            joint.set_drive_target(float(opening_m))
        return bool(reachable)

    def scale_gains(self, factor: float) -> None:
        """Sets the arm's drives to `factor` times the spec's stiffness and damping; the strongest force stays."""
        spec = self.spec
        gains = zip(self._arm, spec.stiffness, spec.damping, spec.force_limit, strict=True)
        for joint, stiffness, damping, limit in gains:
            joint.set_drive_properties(stiffness * factor, damping * factor, force_limit=limit, mode="force")

    def scale_gripper(self, factor: float) -> None:
        """Sets the fingers' drives to `factor` times the spec's.

        All of it, not only the limit: what the fingers press comes from the stiffness, long before any limit.
        """
        spec = self.spec
        for joint in self._gripper:
            joint.set_drive_properties(
                spec.gripper_stiffness * factor,
                spec.gripper_damping * factor,
                force_limit=spec.gripper_force_limit * factor,
                mode="force",
            )

    @property
    def tool_in_base(self) -> sapien.Pose:
        """Measured pose of the tool in the base frame."""
        return self.robot.pose.inv() * self._tool.pose

    @property
    def tool(self) -> sapien.Pose:
        """Measured pose of the tool in the world."""
        return self._tool.pose

    def state(self) -> np.ndarray:
        """The policy's view, float32, as `RobotSpec.state_layout` names it."""
        pose, qpos = self.tool_in_base, self.robot.get_qpos()
        width = float(np.mean(qpos[self._gripper_index]))
        opened = self.spec.gripper_open_m
        low = max(self.spec.gripper_closed_m, 0.0)
        opening = np.clip((width - low) / (opened - low), 0.0, 1.0)
        return np.concatenate([pose.p, pose.q, [opening], qpos[self._arm_index]]).astype(np.float32)
