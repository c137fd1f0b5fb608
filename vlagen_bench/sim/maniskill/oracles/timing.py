"""The fastest way along a path of joint positions, within limits of velocity and acceleration."""

import numpy as np
import toppra
from toppra import algorithm, constraint

STILL_RAD = 1e-5
"""a path shorter than this is no motion"""
GRID = 101
"""points at which the limits are kept"""


def timed(path: np.ndarray, *, velocity: np.ndarray, acceleration: np.ndarray, step_s: float) -> np.ndarray | None:
    """Joint positions (steps, joints), one every `step_s`, from rest at the path's start to rest at its end.

    Args:
        path: (points, joints), rad: the motion is a cubic spline through them.
        velocity: limit of each joint, rad/s.
        acceleration: likewise, rad/s^2.
        step_s: time between two positions.

    Returns:
        The positions after each step, the end included; None where the path allows no speed.
    """
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    apart = np.concatenate([[True], np.diff(lengths) > STILL_RAD / 10])
    path, lengths = path[apart], lengths[apart]
    if lengths[-1] < STILL_RAD:
        return path[-1:]
    spline = toppra.SplineInterpolator(lengths, path)
    limits = [
        constraint.JointVelocityConstraint(np.stack([-velocity, velocity], axis=1)),
        constraint.JointAccelerationConstraint(np.stack([-acceleration, acceleration], axis=1)),
    ]
    points = np.linspace(0.0, lengths[-1], GRID)
    found = algorithm.TOPPRA(
        limits, spline, gridpoints=points, solver_wrapper="seidel", parametrizer="ParametrizeConstAccel"
    )
    trajectory = found.compute_trajectory()
    if trajectory is None:
        return None
    times = np.arange(step_s, trajectory.duration, step_s)
    return np.concatenate([trajectory(times), path[-1:]]) if times.size else path[-1:]
