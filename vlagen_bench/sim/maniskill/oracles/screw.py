"""Screw motions between two poses, as (4, 4) matrices."""

import numpy as np
from scipy.spatial.transform import Rotation

SMALL_RAD = 1e-6
"""below it, a turn is taken for none"""


def screw_path(start: np.ndarray, goal: np.ndarray, num: int) -> np.ndarray:
    """`num` (>= 2) poses (num, 4, 4) from `start` to `goal`, evenly along the one screw that joins them.

    The turn between the two is at most half a turn, the shorter way round.
    """
    motion = goal @ np.linalg.inv(start)
    turn = Rotation.from_matrix(motion[:3, :3]).as_rotvec()
    drift = np.linalg.solve(_swept(turn), motion[:3, 3])
    return np.stack([_motion(turn * share, drift * share) @ start for share in np.linspace(0.0, 1.0, num)])


def screw_size(start: np.ndarray, goal: np.ndarray) -> tuple[float, float]:
    """How far apart two poses are: m and rad."""
    motion = goal @ np.linalg.inv(start)
    turn = Rotation.from_matrix(motion[:3, :3]).magnitude()
    return float(np.linalg.norm(goal[:3, 3] - start[:3, 3])), float(turn)


def _motion(turn: np.ndarray, drift: np.ndarray) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_rotvec(turn).as_matrix()
    pose[:3, 3] = _swept(turn) @ drift
    return pose


def _swept(turn: np.ndarray) -> np.ndarray:
    """What a drift along turning axes adds up to: the integral of the rotation over the turn (Lynch and Park, 3.3.3)."""
    angle = float(np.linalg.norm(turn))
    if angle < SMALL_RAD:
        return np.eye(3)
    x, y, z = turn / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + (1 - np.cos(angle)) / angle * cross + (1 - np.sin(angle) / angle) * cross @ cross
