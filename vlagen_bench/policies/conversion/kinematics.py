"""Forward kinematics of the Franka Panda: the pose of its tool from the angles of its joints.

Lengths and angles are those of Franka's documentation ("Denavit-Hartenberg parameters", Craig's convention); the tool is the
point between the finger tips, 0.1034 m from the hand, which is turned by -45 degrees against the flange.
"""

import numpy as np

from vlagen_bench.policies.conversion.rotations import quat_of_matrix

JOINTS = 7
LENGTHS_M = (0.0, 0.0, 0.0, 0.0825, -0.0825, 0.0, 0.088)
OFFSETS_M = (0.333, 0.0, 0.316, 0.0, 0.384, 0.0, 0.0)
TWISTS_RAD = tuple(quarter * np.pi / 2 for quarter in (0, -1, 1, 1, -1, 1, 1))
FLANGE_M, HAND_M, HAND_RAD = 0.107, 0.1034, -np.pi / 4


def panda_tool(joints_rad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Position (..., 3) in m and quaternion wxyz (..., 4) of the tool in the frame of the base, of joints (..., 7) in rad.

    Examples:
        >>> position, quat = panda_tool(np.array([0, 0, 0, -np.pi / 2, 0, np.pi / 2, np.pi / 4]))
        >>> abs(position).round(4).tolist()
        [0.5545, 0.0, 0.5211]
    """
    joints = np.asarray(joints_rad, np.float64)
    pose = np.broadcast_to(np.eye(4), (*joints.shape[:-1], 4, 4))
    for i, (length, offset, twist) in enumerate(zip(LENGTHS_M, OFFSETS_M, TWISTS_RAD, strict=True)):
        pose = pose @ _link(length, offset, twist, joints[..., i])
    still = np.zeros(joints.shape[:-1])
    pose = pose @ _link(0.0, FLANGE_M + HAND_M, 0.0, still + HAND_RAD)
    return pose[..., :3, 3], quat_of_matrix(pose[..., :3, :3])


def _link(length_m: float, offset_m: float, twist_rad: float, angle_rad: np.ndarray) -> np.ndarray:
    """Poses (..., 4, 4) of a link in the frame of the one before it."""
    sin, cos, across, along = np.sin(angle_rad), np.cos(angle_rad), np.sin(twist_rad), np.cos(twist_rad)
    zero, one = np.zeros_like(angle_rad), np.ones_like(angle_rad)
    rows = (
        (cos, -sin, zero, one * length_m),
        (sin * along, cos * along, -one * across, -one * across * offset_m),
        (sin * across, cos * across, one * along, one * along * offset_m),
        (zero, zero, zero, one),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
