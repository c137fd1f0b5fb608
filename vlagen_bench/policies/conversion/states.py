"""What a robot is like, in a model's words: parts of this package's `obs["state"]`, one behind the other."""

from typing import Literal, get_args

import numpy as np

from vlagen_bench.policies.conversion.rotations import FORMATS, RotationFormat, format_of

Part = Literal[
    "position", "euler_xyz", "euler_xyz_fixed", "axis_angle", "quat_wxyz", "quat_xyzw", "rot6d_columns", "rot6d_rows", "matrix",
    "opening", "closing", "fingers", "joints", "zero",
]  # fmt: skip
"""position: m, in the frame of the base; a rotation format: the tool's orientation there, angles in rad; opening: 1 open,
closing: 1 closed; fingers: m of both, the second negative (robosuite's `gripper_qpos`); joints: rad; zero: one number 0"""
PARTS: tuple[Part, ...] = get_args(Part)
POSITION, QUAT, OPENING, JOINTS = slice(0, 3), slice(3, 7), 7, slice(8, None)
"""where they stand in `obs["state"]`, as `RobotSpec.state_layout` names them"""


def state_in(state: np.ndarray, parts: tuple[Part, ...], *, finger_m: float = 0.04) -> np.ndarray:
    """The parts, float32 (n,).

    Args:
        state: float32, this package's.
        parts: which, in order.
        finger_m: how far a finger of the model's robot is from the middle when it is open.
    """
    return np.concatenate([_part(np.asarray(state, np.float64), part, finger_m) for part in parts]).astype(np.float32)


def _part(state: np.ndarray, part: Part, finger_m: float) -> np.ndarray:
    if part in FORMATS:
        rotation: RotationFormat = part
        return format_of(rotation).of_quat(state[QUAT])
    opening = state[OPENING]
    return {
        "position": state[POSITION],
        "opening": np.array([opening]),
        "closing": np.array([1 - opening]),
        "fingers": np.array([opening, -opening]) * finger_m,
        "joints": state[JOINTS],
        "zero": np.zeros(1),
    }[part]
