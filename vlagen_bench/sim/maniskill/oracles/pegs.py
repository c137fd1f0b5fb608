"""Our solutions of the tasks with a peg or a tool."""

from typing import Any

import numpy as np
import sapien
from scipy.spatial.transform import Rotation

from vlagen_bench.sim.maniskill.oracles.hand import OPEN, Actions, Hand, lifted, pose_of
from vlagen_bench.sim.maniskill.oracles.moves import grasp, insert, leaning

ACROSS = np.array([0.0, 1.0, 0.0])
LOOSE = 0.22
"""setting of the gripper at which the peg hangs between the fingers, and turns under its own weight"""
PULLED_M = 0.54
"""from the robot's base to the pulled cube; the task asks for 0.6"""


def peg_insertion_side(env: Any) -> Actions:
    """The peg is grasped behind its middle, held level before the hole, and pushed in."""
    hand, task = Hand(env, speed=0.8), env.unwrapped
    peg, half_m = pose_of(task.peg), float(task.peg_half_sizes[0, 0])
    behind = (peg * sapien.Pose([-0.045, 0, 0])).p
    yield from grasp(hand, hand.grasp_pose(behind, peg.to_transformation_matrix()[:3, 1]))
    yield from hand.go(lifted(hand.commanded, 0.1))
    yield from insert(hand, lambda: pose_of(task.peg), task.goal_pose.sp, depth_m=half_m + 0.03, strokes=5)


def poke_cube(env: Any) -> Actions:
    """The peg is grasped by its tail, brought behind the cube, and pushed forward to the target, where the arm rests."""
    hand, task = Hand(env), env.unwrapped
    tail = (pose_of(task.peg) * sapien.Pose([-0.08, 0, 0])).p
    yield from grasp(hand, hand.grasp_pose(tail, ACROSS, _lean(hand, tail, near=(0.45, 10), far=(0.6, 30))))
    half_m, height_m = task.peg_half_length + task.cube_half_size, task.peg_half_width + 0.003
    start, end = pose_of(task.cube).p, pose_of(task.goal_region).p
    for centre_x, settle in ((start[0] - half_m - 0.03, 0), (end[0] - half_m - 0.01, 5)):
        goal = sapien.Pose([centre_x, start[1], height_m])
        yield from hand.carry(lambda: pose_of(task.peg), goal, settle=settle)
    yield from hand.wait(10)


def lift_peg_upright(env: Any) -> Actions:
    """The peg is grasped near its far end, lifted and tilted, let swing down between loose fingers, and set on the table.

    The arm cannot turn it all the way: a hand that points forward is too near to the table.
    """
    hand, task = Hand(env), env.unwrapped
    start = pose_of(task.peg)
    end = (start * sapien.Pose([0.08, 0, 0])).p
    yield from grasp(hand, hand.grasp_pose(end, ACROSS, leaning(np.deg2rad(10))))
    tilt = sapien.Pose(q=Rotation.from_euler("y", -30, degrees=True).as_quat(scalar_first=True))
    raised = sapien.Pose([start.p[0], start.p[1], 0.2])
    yield from hand.carry(lambda: pose_of(task.peg), raised * tilt * sapien.Pose(q=start.q), settle=8)
    yield from hand.grip(LOOSE, steps=12)
    for height_m in (0.14, 0.12):
        goal = _at_height(pose_of(task.peg), height_m)
        yield from hand.carry(lambda: pose_of(task.peg), goal, settle=3)
    yield from hand.grip(OPEN)
    yield from hand.wait(10)


def pull_cube_tool(env: Any) -> Actions:
    """The tool is grasped by its handle, hooked behind the cube from above, and pulled back."""
    hand, task = Hand(env), env.unwrapped
    tool, cube = task.l_shape_tool, pose_of(task.cube).p
    handle = (pose_of(tool) * sapien.Pose([0.02, 0, 0])).p
    yield from grasp(hand, hand.grasp_pose(handle, ACROSS, _lean(hand, handle, near=(0.35, 0), far=(0.55, 20))))
    hooked = cube + [0.045 - (task.handle_length - task.hook_length), -0.065, 0.0]
    near_m = float(hand.base.p[0] + np.sqrt(PULLED_M**2 - (cube[1] - hand.base.p[1]) ** 2))
    for back_m, height_m, settle in ((0.0, 0.12, 3), (0.0, 0.03, 3), (cube[0] - near_m, 0.03, 0)):
        goal = sapien.Pose([hooked[0] - back_m, hooked[1], height_m])
        yield from hand.carry(lambda: pose_of(tool), goal, settle=settle)


def _at_height(pose: sapien.Pose, height_m: float) -> sapien.Pose:
    return sapien.Pose([pose.p[0], pose.p[1], height_m], pose.q)


def _lean(hand: Hand, point: np.ndarray, *, near: tuple[float, float], far: tuple[float, float]) -> np.ndarray:
    """Direction of a hand that leans by so many degrees where `point` is so far (m) from the base, and between the two, between."""
    distance_m = float(np.linalg.norm((point - hand.base.p)[:2]))
    return leaning(np.deg2rad(np.interp(distance_m, (near[0], far[0]), (near[1], far[1]))))
