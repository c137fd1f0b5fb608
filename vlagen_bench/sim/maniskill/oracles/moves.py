"""What several of our own oracles do: grasp, lean, insert."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import sapien

from vlagen_bench.sim.maniskill.oracles.hand import CLOSED, Actions, Hand, pose_of

ABOVE_M = 0.05
"""from where the hand goes down to what it grasps"""
FINGER_M = 0.055
"""from the middle between the open fingers to the middle of one"""
CLEAR_M = 0.05
"""between the middle of a finger and that of a cube of 4 cm which it must not touch"""


def grasp(hand: Hand, pose: sapien.Pose) -> Actions:
    """Along the hand's own direction, from a little before."""
    yield from hand.go(pose * sapien.Pose([0, 0, -ABOVE_M]))
    yield from hand.go(pose)
    yield from hand.grip(CLOSED)


def grasp_cube(hand: Hand, cube: Any, others: Iterable[Any]) -> Actions:
    """From above, by the pair of faces where no other cube is in the fingers' way; of two, the one nearer to the hand."""
    centre, frame = pose_of(cube).p, pose_of(cube).to_transformation_matrix()[:3, :3]
    level = [axis for axis in frame.T if abs(axis[2]) < 0.5]
    free = [axis for axis in level if room(centre, axis, others) > CLEAR_M]
    now = hand.tool.to_transformation_matrix()[:3, 1]
    axis = max(free or level, key=lambda axis: abs(axis @ now) if free else room(centre, axis, others))
    yield from grasp(hand, hand.grasp_pose(centre, axis))


def room(centre: np.ndarray, axis: np.ndarray, others: Iterable[Any]) -> float:
    """How far the nearest of other cubes is, m, from where the fingers go when they open along `axis`."""
    fingers = [centre + side * FINGER_M * axis for side in (-1, 1)]
    return min(
        (float(np.linalg.norm((finger - pose_of(one).p)[:2])) for finger in fingers for one in others), default=1.0
    )


def leaning(radians: float) -> np.ndarray:
    """Direction of a hand that points down and leans forward, away from the robot."""
    return np.array([np.sin(radians), 0.0, -np.cos(radians)])


def insert(hand: Hand, held: Callable[[], sapien.Pose], goal: sapien.Pose, *, depth_m: float, strokes: int) -> Actions:
    """Brings what is held before `goal`, `depth_m` back along its x axis, and on in strokes that correct each other."""
    for settle in (0, 5, 5):
        yield from hand.carry(held, goal * sapien.Pose([-depth_m, 0, 0]), settle=settle)
    for left_m in np.linspace(depth_m, 0.0, strokes + 1)[1:]:
        yield from hand.carry(held, goal * sapien.Pose([-left_m, 0, 0]), settle=2)
