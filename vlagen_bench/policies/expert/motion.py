"""Motions of the tool: bounded actions towards a target pose, along the base's axes."""

import numpy as np
from scipy.spatial.transform import Rotation

from vlagen_bench.policies.expert.grippers import Gripper
from vlagen_bench.policies.expert.shapes import Frame


def tool_frame(gripper: Gripper, tips_m: np.ndarray, yaw_rad: float) -> Frame:
    """The tool's world pose with the fingers straight down, the tips' middle there, closing along `yaw_rad`."""
    down = np.array([0.0, 0.0, -1.0])
    closing = np.array([np.cos(yaw_rad), np.sin(yaw_rad), 0.0])
    if gripper.approach_axis == 0:
        axes = np.column_stack([down, closing, np.cross(down, closing)])
    else:
        axes = np.column_stack([np.cross(closing, down), closing, down])
    return Frame(axes=axes, origin=np.asarray(tips_m, dtype=float) - gripper.tip_offset_m * down)


def tips_of(gripper: Gripper, tool: Frame) -> np.ndarray:
    """The middle between the fingertips (3,)."""
    return tool.origin + gripper.tip_offset_m * tool.axes[:, gripper.approach_axis]


def tip_sweep(gripper: Gripper, tool: Frame) -> np.ndarray:
    """Points (N, 3) at the height of the fingertips, wherever these may be while they open."""
    along = np.arange(-0.5, 0.51, 0.05) * (gripper.opening_m + 2 * gripper.finger_thickness_m)
    across = np.array([-1.0, 0.0, 1.0]) * gripper.finger_half_width_m
    closing = tool.axes[:, 1]
    sideways = np.cross(tool.axes[:, gripper.approach_axis], closing)
    grid = along[:, None, None] * closing + across[None, :, None] * sideways
    return tips_of(gripper, tool) + grid.reshape(-1, 3)


def yaw_of(tool: Frame) -> float:
    """Direction of the closing axis in the horizontal plane, in radians."""
    return float(np.arctan2(tool.axes[1, 1], tool.axes[0, 1]))


def nearest_turn(yaw_rad: float, now_rad: float) -> float:
    """The yaw that closes along the same line, less than a quarter turn from `now_rad`."""
    return now_rad + (yaw_rad - now_rad + np.pi / 2) % np.pi - np.pi / 2


def angle_between(first: Frame, second: Frame) -> float:
    """Angle of the rotation from one frame to the other, in radians."""
    return float(np.linalg.norm(Rotation.from_matrix(second.axes @ first.axes.T).as_rotvec()))


def step_towards(
    goal: Frame, target: Frame, base: Frame, *, step_m: float, step_rad: float, fingers: float
) -> np.ndarray:
    """The action (7,) float32 that moves the controller's `target` towards `goal`; all frames are world poses.

    The translation is at most `step_m` long and the rotation at most `step_rad` large.
    """
    shift = base.axes.T @ (goal.origin - target.origin)
    shift *= min(1.0, step_m / max(float(np.linalg.norm(shift)), 1e-9))
    turn = Rotation.from_matrix(base.axes.T @ goal.axes @ target.axes.T @ base.axes).as_rotvec()
    turn *= min(1.0, step_rad / max(float(np.linalg.norm(turn)), 1e-9))
    # The controller reads three intrinsic angles about x, y, z.
    angles = Rotation.from_rotvec(turn).as_euler("XYZ")
    return np.array([*shift, *angles, fingers], dtype=np.float32)


def target_after(action: np.ndarray, target: Frame, base: Frame) -> Frame:
    """Where an action (7,) brings the controller's `target`; all frames are world poses."""
    turn = base.axes @ Rotation.from_euler("XYZ", action[3:6]).as_matrix() @ base.axes.T
    return Frame(axes=turn @ target.axes, origin=target.origin + base.axes @ action[:3])
