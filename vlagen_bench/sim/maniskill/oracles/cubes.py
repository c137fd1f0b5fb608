"""Our solutions of the tasks with cubes."""

from typing import Any

import numpy as np
import sapien
from scipy.spatial.transform import Rotation

from vlagen_bench.sim.maniskill.oracles.hand import OPEN, Actions, Hand, lifted, pose_of
from vlagen_bench.sim.maniskill.oracles.moves import CLEAR_M, grasp_cube, room

BESIDE_M = 0.043
"""between the middles of two cubes of 4 cm that stand side by side"""


def stack_cube(env: Any) -> Actions:
    """One cube is grasped where the other leaves room for the fingers, and let go on top of it."""
    hand, task = Hand(env), env.unwrapped
    yield from grasp_cube(hand, task.cubeA, [task.cubeB])
    below = pose_of(task.cubeB).p
    yield from put(hand, task.cubeA, below + [0, 0, 0.041])


def stack_pyramid(env: Any) -> Actions:
    """One cube is put beside the second, and the third on both."""
    hand, task = Hand(env), env.unwrapped
    first, second, third = task.cubeA, task.cubeB, task.cubeC
    yield from grasp_cube(hand, first, [second, third])
    beside, along = place_beside(first, second, third)
    closing = hand.tool.to_transformation_matrix()[:3, 1]
    across = np.array([-along[1], along[0], 0.0])
    yield from put(hand, first, beside + [0, 0, 0.001], turn=_turn(closing, across))
    yield from grasp_cube(hand, third, [first, second])
    middle = (pose_of(first).p + pose_of(second).p) / 2
    yield from put(hand, third, middle + [0, 0, 0.041])


def put(hand: Hand, cube: Any, place: np.ndarray, *, turn: Rotation | None = None) -> Actions:
    """Carries a held cube above `place`, turns it, sets it down and goes away upwards."""
    quat = ((turn or Rotation.identity()) * _rotation(pose_of(cube))).as_quat(scalar_first=True)
    yield from hand.go(lifted(hand.commanded, 0.1))
    for above_m, settle in ((0.05, 0), (0.02, 3), (0.0, 3)):
        goal = sapien.Pose(place + [0, 0, above_m], quat)
        yield from hand.carry(lambda: pose_of(cube), goal, settle=settle)
    yield from hand.grip(OPEN)
    yield from hand.go(lifted(hand.commanded, 0.1))


def place_beside(cube: Any, other: Any, third: Any) -> tuple[np.ndarray, np.ndarray]:
    """Where `cube` stands side by side with `other`, on the side where the third is not in the way, and that side's direction."""
    centre, frame = pose_of(other).p, pose_of(other).to_transformation_matrix()[:3, :3]
    sides = [sign * axis for axis in frame.T if abs(axis[2]) < 0.5 for sign in (-1, 1)]

    def is_free(side: np.ndarray) -> bool:
        place, across = centre + BESIDE_M * side, np.array([-side[1], side[0], 0.0])
        apart_m = float(np.linalg.norm((place - pose_of(third).p)[:2]))
        return apart_m > 0.06 and room(place, across, [third]) > CLEAR_M

    side = max(sides, key=lambda side: (is_free(side), float(side @ (pose_of(cube).p - centre))))
    return centre + BESIDE_M * side, side


def _turn(of: np.ndarray, onto: np.ndarray) -> Rotation:
    """The smaller turn about the vertical that makes one level line parallel to another."""
    angle = np.arctan2(onto[1], onto[0]) - np.arctan2(of[1], of[0])
    return Rotation.from_euler("z", (angle + np.pi / 2) % np.pi - np.pi / 2)


def _rotation(pose: sapien.Pose) -> Rotation:
    return Rotation.from_quat(pose.q, scalar_first=True)
