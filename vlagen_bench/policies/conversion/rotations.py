"""Formats of rotations, each to and from quaternions wxyz. Angles are in radians; arrays are (..., n) of float64.

An Euler angle (x, y, z) means rotations about the three axes in that order. Two conventions carry that name:
`euler_xyz` turns about the axes of the body as they are by then (R = Rx Ry Rz; PyTorch3D's "XYZ", ManiSkill's, and this
package's), `euler_xyz_fixed` about axes that stay (R = Rz Ry Rx; roll, pitch, yaw; scipy's "xyz", transforms3d's "sxyz").
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

RotationFormat = Literal[
    "euler_xyz", "euler_xyz_fixed", "axis_angle", "quat_wxyz", "quat_xyzw", "rot6d_columns", "rot6d_rows", "matrix"
]
FORMATS: tuple[RotationFormat, ...] = get_args(RotationFormat)
SMALL = 1e-12


def multiply(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The product of quaternions wxyz (..., 4): the rotation `second`, then `first`."""
    w, x, y, z = np.moveaxis(np.asarray(first, np.float64), -1, 0)
    a, b, c, d = np.moveaxis(np.asarray(second, np.float64), -1, 0)
    parts = (w * a - x * b - y * c - z * d, w * b + x * a + y * d - z * c,
             w * c - x * d + y * a + z * b, w * d + x * c - y * b + z * a)  # fmt: skip
    return np.stack(parts, axis=-1)


def inverse(quat_wxyz: np.ndarray) -> np.ndarray:
    """The inverse of unit quaternions wxyz (..., 4)."""
    return np.asarray(quat_wxyz, np.float64) * np.array([1.0, -1.0, -1.0, -1.0])


def rotate(quat_wxyz: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) turned by unit quaternions wxyz (..., 4)."""
    return np.einsum("...ij,...j->...i", matrix_of_quat(quat_wxyz), np.asarray(vectors, np.float64))


def unit(quat_wxyz: np.ndarray) -> np.ndarray:
    """Quaternions of length 1 with w >= 0: of a rotation's two quaternions, the one that continuous formats come from."""
    quat = np.asarray(quat_wxyz, np.float64)
    quat = quat / np.maximum(np.linalg.norm(quat, axis=-1, keepdims=True), SMALL)
    return np.where(quat[..., :1] < 0, -quat, quat)


def matrix_of_quat(quat_wxyz: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3)."""
    w, x, y, z = np.moveaxis(unit(quat_wxyz), -1, 0)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def quat_of_matrix(matrix: np.ndarray) -> np.ndarray:
    """Quaternions wxyz (..., 4) with w >= 0, of rotation matrices (..., 3, 3)."""
    m = np.asarray(matrix, np.float64)
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    squares = np.stack([1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz], axis=-1)
    wx, wy, wz = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 1, 0] + m[..., 0, 1], m[..., 0, 2] + m[..., 2, 0], m[..., 2, 1] + m[..., 1, 2]
    # Four ways to the same quaternion, of which the one that divides by the largest number is taken.
    rows = (
        (squares[..., 0], wx, wy, wz),
        (wx, squares[..., 1], xy, xz),
        (wy, xy, squares[..., 2], yz),
        (wz, xz, yz, squares[..., 3]),
    )
    ways = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    largest = np.argmax(squares, axis=-1)[..., None, None]
    return unit(np.take_along_axis(ways, largest, axis=-2)[..., 0, :])


def axis_angle_of_quat(quat_wxyz: np.ndarray) -> np.ndarray:
    """Rotation vectors (..., 3): the axis times the angle, which is at most pi."""
    return whole_turn_of_quat(unit(quat_wxyz))


def whole_turn_of_quat(quat_wxyz: np.ndarray) -> np.ndarray:
    """Rotation vectors (..., 3) of quaternions as they are, up to 2 pi long: with w below 0 the long way round."""
    quat = np.asarray(quat_wxyz, np.float64)
    sine = np.linalg.norm(quat[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, quat[..., :1])
    return quat[..., 1:] * np.where(sine > SMALL, angle / np.maximum(sine, SMALL), 2.0)


def quat_of_axis_angle(vectors: np.ndarray) -> np.ndarray:
    """Quaternions wxyz of rotation vectors (..., 3)."""
    vectors = np.asarray(vectors, np.float64)
    half = np.linalg.norm(vectors, axis=-1, keepdims=True) / 2
    return np.concatenate([np.cos(half), vectors * np.sinc(half / np.pi) / 2], axis=-1)


def euler_xyz_of_quat(quat_wxyz: np.ndarray) -> np.ndarray:
    """Angles (..., 3) with R = Rx Ry Rz; the middle one is within pi / 2 of zero."""
    m = matrix_of_quat(quat_wxyz)
    y = np.arcsin(np.clip(m[..., 0, 2], -1, 1))
    x, z = np.arctan2(-m[..., 1, 2], m[..., 2, 2]), np.arctan2(-m[..., 0, 1], m[..., 0, 0])
    return np.stack([x, y, z], axis=-1)


def quat_of_euler_xyz(angles: np.ndarray) -> np.ndarray:
    """Quaternions wxyz of angles (..., 3) with R = Rx Ry Rz."""
    x, y, z = _about_axes(angles)
    return multiply(multiply(x, y), z)


def euler_xyz_fixed_of_quat(quat_wxyz: np.ndarray) -> np.ndarray:
    """Angles (..., 3) with R = Rz Ry Rx: roll, pitch and yaw; the middle one is within pi / 2 of zero."""
    m = matrix_of_quat(quat_wxyz)
    y = np.arcsin(np.clip(-m[..., 2, 0], -1, 1))
    x, z = np.arctan2(m[..., 2, 1], m[..., 2, 2]), np.arctan2(m[..., 1, 0], m[..., 0, 0])
    return np.stack([x, y, z], axis=-1)


def quat_of_euler_xyz_fixed(angles: np.ndarray) -> np.ndarray:
    """Quaternions wxyz of angles (..., 3) with R = Rz Ry Rx."""
    x, y, z = _about_axes(angles)
    return multiply(multiply(z, y), x)


def rot6d_columns_of_quat(quat_wxyz: np.ndarray) -> np.ndarray:
    """(..., 6): the first column of the matrix, then the second (Zhou et al. 2019; robomimic, GR00T)."""
    m = matrix_of_quat(quat_wxyz)
    return np.concatenate([m[..., :, 0], m[..., :, 1]], axis=-1)


def quat_of_rot6d_columns(numbers: np.ndarray) -> np.ndarray:
    """Quaternions wxyz of two columns (..., 6), which are made orthonormal first."""
    numbers = np.asarray(numbers, np.float64)
    first, second = _unit(numbers[..., :3]), numbers[..., 3:]
    second = _unit(second - np.sum(first * second, axis=-1, keepdims=True) * first)
    return quat_of_matrix(np.stack([first, second, np.cross(first, second)], axis=-1))


def rot6d_rows_of_quat(quat_wxyz: np.ndarray) -> np.ndarray:
    """(..., 6): the first row of the matrix, then the second (PyTorch3D)."""
    return rot6d_columns_of_quat(inverse(quat_wxyz))


def quat_of_rot6d_rows(numbers: np.ndarray) -> np.ndarray:
    """Quaternions wxyz of two rows (..., 6), which are made orthonormal first."""
    return inverse(quat_of_rot6d_columns(numbers))


@dataclass(frozen=True, kw_only=True)
class Format:
    """How a rotation is written."""

    size: int
    """how many numbers it has"""
    to_quat: Callable[[np.ndarray], np.ndarray]
    of_quat: Callable[[np.ndarray], np.ndarray]
    angles: bool = False
    """whether the numbers are angles, so that they have a unit"""


_BY_NAME: dict[RotationFormat, Format] = {
    "euler_xyz": Format(size=3, to_quat=quat_of_euler_xyz, of_quat=euler_xyz_of_quat, angles=True),
    "euler_xyz_fixed": Format(size=3, to_quat=quat_of_euler_xyz_fixed, of_quat=euler_xyz_fixed_of_quat, angles=True),
    "axis_angle": Format(size=3, to_quat=quat_of_axis_angle, of_quat=axis_angle_of_quat, angles=True),
    "quat_wxyz": Format(size=4, to_quat=unit, of_quat=unit),
    "quat_xyzw": Format(
        size=4,
        to_quat=lambda quat: unit(np.roll(quat, 1, axis=-1)),
        of_quat=lambda quat: np.roll(unit(quat), -1, axis=-1),
    ),
    "rot6d_columns": Format(size=6, to_quat=quat_of_rot6d_columns, of_quat=rot6d_columns_of_quat),
    "rot6d_rows": Format(size=6, to_quat=quat_of_rot6d_rows, of_quat=rot6d_rows_of_quat),
    "matrix": Format(
        size=9,
        to_quat=lambda m: quat_of_matrix(np.reshape(m, (*np.shape(m)[:-1], 3, 3))),
        of_quat=lambda quat: matrix_of_quat(quat).reshape(*np.shape(quat)[:-1], 9),
    ),
}


def format_of(name: RotationFormat) -> Format:
    """The format of this name."""
    return _BY_NAME[name]


def angle_between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """By how much two orientations, quaternions wxyz (..., 4), differ: rad, 0 to pi."""
    difference = multiply(inverse(unit(first)), unit(second))
    return 2 * np.arctan2(np.linalg.norm(difference[..., 1:], axis=-1), np.abs(difference[..., 0]))


def _about_axes(angles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The quaternions wxyz of the turns about each axis alone."""
    angles = np.asarray(angles, np.float64)
    x, y, z = (quat_of_axis_angle(angles[..., i, None] * np.eye(3)[i]) for i in range(3))
    return x, y, z


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), SMALL)
