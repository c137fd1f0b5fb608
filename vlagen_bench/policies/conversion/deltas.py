"""Changes and absolute poses, in both directions, as this package adds changes up: to the previous target.

Positions are (n, 3) in metres, orientations (n, 4) quaternions wxyz, both in the frame of the base.
"""

import numpy as np

from vlagen_bench.policies.conversion.rotations import inverse, multiply, unit


def poses_of_changes(
    position_m: np.ndarray, quat_wxyz: np.ndarray, moves_m: np.ndarray, rotations_wxyz: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The targets that changes lead to, one after the other.

    Args:
        position_m: (3,) of the target before the first change.
        quat_wxyz: (4,) its orientation.
        moves_m: (n, 3) along the axes of the base.
        rotations_wxyz: (n, 4) about the axes of the base.

    Returns:
        The positions (n, 3) and orientations (n, 4) after each change.
    """
    positions = np.asarray(position_m, np.float64) + np.cumsum(np.asarray(moves_m, np.float64), axis=0)
    orientations, now = [], np.asarray(quat_wxyz, np.float64)
    for rotation in np.asarray(rotations_wxyz, np.float64):
        now = unit(multiply(rotation, now))
        orientations.append(now)
    return positions, np.reshape(orientations, (len(positions), 4))


def changes_of_poses(
    position_m: np.ndarray, quat_wxyz: np.ndarray, positions_m: np.ndarray, quats_wxyz: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The inverse of `poses_of_changes`: the moves (n, 3) and rotations (n, 4) from each target to the next."""
    positions = np.concatenate([np.reshape(position_m, (1, 3)), positions_m]).astype(np.float64)
    quats = np.concatenate([np.reshape(quat_wxyz, (1, 4)), quats_wxyz]).astype(np.float64)
    return np.diff(positions, axis=0), unit(multiply(quats[1:], inverse(quats[:-1])))
