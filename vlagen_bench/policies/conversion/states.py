"""What a robot is like, in a model's words: parts of this package's `obs["state"]`, one behind the other."""

from typing import Literal, get_args

import numpy as np

from vlagen_bench.policies.conversion.rotations import (
    FORMATS,
    RotationFormat,
    format_of,
    inverse,
    multiply,
    whole_turn_of_quat,
)

Part = Literal[
    "position", "euler_xyz", "euler_xyz_fixed", "axis_angle", "axis_angle_x", "quat_wxyz", "quat_xyzw", "rot6d_columns", "rot6d_rows", "matrix",
    "opening", "closing", "fingers", "joints", "zero",
]  # fmt: skip
"""position: m, in the frame of the base, or in a world where the base stands elsewhere; a rotation format: the tool's orientation there, angles in rad; opening: 1 open,
axis_angle_x: of the two rotation vectors of an orientation the one whose x is positive, up to 2 pi long; closing: 1 closed; fingers: m of both, the second negative (robosuite's `gripper_qpos`); joints: rad; zero: one number 0"""
PARTS: tuple[Part, ...] = get_args(Part)
Quat = tuple[float, float, float, float]
Point = tuple[float, float, float]
ORIGIN: Point = (0.0, 0.0, 0.0)
NO_TURN: Quat = (1.0, 0.0, 0.0, 0.0)
POSITION, QUAT, OPENING, JOINTS = slice(0, 3), slice(3, 7), 7, slice(8, None)
"""where they stand in `obs["state"]`, as `RobotSpec.state_layout` names them"""


def state_in(
    state: np.ndarray,
    parts: tuple[Part, ...],
    *,
    finger_m: float = 0.04,
    rest_quat_wxyz: Quat = NO_TURN,
    base_m: Point = ORIGIN,
) -> np.ndarray:
    """The parts, float32 (n,).

    Args:
        state: float32, this package's.
        parts: which, in order.
        finger_m: how far a finger of the model's robot is from the middle when it is open.
        rest_quat_wxyz: the orientation, in the frame of the base, that counts as none.
        base_m: where the base stands in the world in which the model's positions are, its axes along those of that world.
    """
    state = np.asarray(state, np.float64)
    quat = multiply(state[QUAT], inverse(np.array(rest_quat_wxyz)))
    found = [
        state[POSITION] + np.array(base_m) if part == "position" else _part(state, quat, part, finger_m)
        for part in parts
    ]
    return np.concatenate(found).astype(np.float32)


def size_of(parts: tuple[Part, ...], joints: int) -> int:
    """How many numbers the parts have, of a robot with so many joints."""
    example = np.zeros(POSITION.stop + 5 + joints)
    example[QUAT] = NO_TURN
    return len(state_in(example, parts))


def _part(state: np.ndarray, quat_wxyz: np.ndarray, part: Part, finger_m: float) -> np.ndarray:
    if part == "axis_angle_x":
        return whole_turn_of_quat(-quat_wxyz if quat_wxyz[1] < 0 else quat_wxyz)
    if part in FORMATS:
        rotation: RotationFormat = part
        return format_of(rotation).of_quat(quat_wxyz)
    opening = state[OPENING]
    return {
        "opening": np.array([opening]),
        "closing": np.array([1 - opening]),
        "fingers": np.array([opening, -opening]) * finger_m,
        "joints": state[JOINTS],
        "zero": np.zeros(1),
    }[part]
