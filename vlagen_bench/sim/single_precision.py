"""Turns and poses in single precision, rounded as ManiSkill's, which computes them with PyTorch.

The last bit of the tool's target reaches the drives, and contacts make centimetres of it. So every function here does
the same operations in the same order. Quaternions are wxyz; every array and every number is float32.
"""

from collections.abc import Callable

import numpy as np

Trigonometry = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""angles (rad) -> their cosines, their sines"""

_ZERO, _HALF, _ONE, _TWO = (np.float32(value) for value in (0.0, 0.5, 1.0, 2.0))
_FLOOR = np.float32(0.1)


def rounded_trigonometry(angles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines rounded from double precision: the nearest single there is."""
    wide = angles.astype(np.float64)
    return np.cos(wide).astype(np.float32), np.sin(wide).astype(np.float32)


def torch_trigonometry() -> Trigonometry:
    """PyTorch's cosines and sines: one in twenty is not the nearest single. Loads PyTorch."""
    import torch

    def both(angles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        tensor = torch.from_numpy(angles)
        return torch.cos(tensor).numpy(), torch.sin(tensor).numpy()

    return both


def quat_of_euler(angles: np.ndarray, trigonometry: Trigonometry) -> np.ndarray:
    """`matrix_to_quaternion(euler_angles_to_matrix(angles, "XYZ"))`, of (3,) angles in rad."""
    (cx, cy, cz), (sx, sy, sz) = trigonometry(angles)
    xy, zy = sx * sy, -(cx * sy)
    return quat_of_matrix(
        (
            (cy * cz, -(cy * sz), sy),
            (xy * cz + cx * sz, cx * cz - xy * sz, -(sx * cy)),
            (zy * cz + sx * sz, sx * cz - zy * sz, cx * cy),
        )
    )


def quat_of_matrix(matrix: tuple[tuple[np.float32, ...], ...]) -> np.ndarray:
    """`matrix_to_quaternion`: of four ways, that which divides by the largest number."""
    (m00, m01, m02), (m10, m11, m12), (m20, m21, m22) = matrix
    sums = (_ONE + m00 + m11 + m22, _ONE + m00 - m11 - m22, _ONE - m00 + m11 - m22, _ONE - m00 - m11 + m22)
    roots = [np.sqrt(value) if value > 0 else _ZERO for value in sums]
    largest = max(range(4), key=roots.__getitem__)
    square = roots[largest] * roots[largest]
    parts = (
        (square, m21 - m12, m02 - m20, m10 - m01),
        (m21 - m12, square, m10 + m01, m02 + m20),
        (m02 - m20, m10 + m01, square, m12 + m21),
        (m10 - m01, m20 + m02, m21 + m12, square),
    )[largest]
    return _upright(np.array(parts) / (_TWO * max(roots[largest], _FLOOR)))


def quat_multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`quaternion_multiply`: the turn b, then a; its real part is not negative."""
    return _upright(_raw_multiply(a, b))


def quat_apply(quat: np.ndarray, point: np.ndarray) -> np.ndarray:
    """`quaternion_apply`: the point (3,), turned."""
    w, x, y, z = quat
    inverse = np.array((w, -x, -y, -z))
    return _raw_multiply(_raw_multiply(quat, np.array((_ZERO, *point))), inverse)[1:]


def pose_in(base_p: np.ndarray, base_q: np.ndarray, p: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`base.inv() * pose` of ManiSkill's `Pose`: position and quaternion in the frame of the base."""
    w, x, y, z = base_q
    inverse = np.array((w, -x, -y, -z))
    return quat_apply(inverse, -base_p) + quat_apply(inverse, p), quat_multiply(inverse, q)


def scaled(share: float, low: float, high: float) -> np.float32:
    """`clip_and_scale_action`: where in [low, high] a share in [-1, 1] lies."""
    lower, upper = np.float32(low), np.float32(high)
    clipped = np.float32(min(max(float(share), -1.0), 1.0))
    return _HALF * (upper + lower) + _HALF * (upper - lower) * clipped


def _raw_multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return np.array(
        (
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        )
    )


def _upright(quat: np.ndarray) -> np.ndarray:
    return -quat if quat[0] < 0 else quat
