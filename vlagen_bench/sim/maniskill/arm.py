"""The arm controller for many arms at once: as `vlagen_bench.sim.arm`, with inverse kinematics in torch."""

import contextlib
import os
from pathlib import Path

import numpy as np
import pytorch_kinematics
import torch
from mani_skill.utils.geometry.rotation_conversions import euler_angles_to_matrix, matrix_to_axis_angle

from vlagen_bench.scenes.base import RobotSpec

DAMPING = 1e-6  # of the least squares, as SAPIEN's inverse kinematics on the CPU
REACHED = 1e-4  # m and rad together, likewise: what is left when a target counts as reached
# Shares of the way to the target in each iteration: short steps first, so that a redundant arm takes nearly the same
# way as with SAPIEN's steps of 0.1, then full ones for accuracy.
STEPS = (0.3, 0.3, 0.4, 0.4, 0.5, 0.5, 1.0, 1.0, 1.0)


class BatchedArm:
    """Tool targets of many robots of one kind, in their base frames. Rows are robots; double precision."""

    def __init__(self, *, spec: RobotSpec, urdf: Path, num_envs: int, device: torch.device) -> None:
        self._spec = spec
        # The parser prints a line for every attribute that it does not know.
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere), contextlib.redirect_stdout(nowhere):
            chain = pytorch_kinematics.build_serial_chain_from_urdf(urdf.read_bytes(), end_link_name=spec.tool_link)
        self._chain = chain.to(dtype=torch.float64, device=device)
        self._target = torch.eye(4, dtype=torch.float64, device=device).repeat(num_envs, 1, 1)

    def reset(self, rows: list[int], arm_qpos: torch.Tensor) -> None:
        """The tool's target is where joint positions (rows, joints) put it."""
        self._target[rows] = self._chain.forward_kinematics(arm_qpos.double()).get_matrix()

    def command(self, actions: np.ndarray, arm_qpos: torch.Tensor) -> torch.Tensor:
        """Moves the targets by actions (N, 7), as `Arm.command`; drive targets (N, joints), arm first, then fingers.

        An arm whose target cannot be reached holds where it is.
        """
        moves = torch.as_tensor(actions, dtype=torch.float64, device=self._target.device)
        self._target[:, :3, 3] += moves[:, :3]
        self._target[:, :3, :3] = euler_angles_to_matrix(moves[:, 3:6], "XYZ") @ self._target[:, :3, :3]
        solution, reachable = self._solve(arm_qpos.double())
        arm = torch.where(reachable[:, None], solution, arm_qpos.double())
        opening = (moves[:, 6:].clamp(-1.0, 1.0) + 1) / 2
        closed_m, open_m = self._spec.gripper_closed_m, self._spec.gripper_open_m
        fingers = (closed_m + opening * (open_m - closed_m)).expand(-1, len(self._spec.gripper_joints))
        return torch.cat([arm, fingers], dim=1).float()

    def _solve(self, qpos: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Joint positions that put the tools at their targets, and which of them do."""
        damping = DAMPING * torch.eye(6, dtype=qpos.dtype, device=qpos.device)
        for share in STEPS:
            jacobian, tool = self._chain.jacobian(qpos, ret_eef_pose=True)
            across = jacobian.transpose(1, 2)
            force = torch.linalg.solve(jacobian @ across + damping, self._error(tool))
            qpos = qpos + share * (across @ force[..., None])[..., 0]
        error = self._error(self._chain.forward_kinematics(qpos).get_matrix())
        return qpos, error.norm(dim=1) < REACHED

    def _error(self, tool: torch.Tensor) -> torch.Tensor:
        """(N, 6): what is missing to the target, translation (m) and rotation vector (rad) along the base's axes."""
        turn = matrix_to_axis_angle(self._target[:, :3, :3] @ tool[:, :3, :3].transpose(1, 2))
        return torch.cat([self._target[:, :3, 3] - tool[:, :3, 3], turn], dim=1)
