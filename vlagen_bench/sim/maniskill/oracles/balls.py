"""Our solutions of the tasks with a ball."""

from typing import Any

import numpy as np
import sapien

from vlagen_bench.sim.maniskill.oracles.hand import CLOSED, OPEN, Actions, Hand, lifted, pose_of
from vlagen_bench.sim.maniskill.oracles.moves import grasp

DIAGONAL = np.array([1.0, 1.0, 0.0]) / np.sqrt(2)
"""fingers that open along it fit between the walls of the square bin"""
LAUNCH_M = 0.4
"""from the robot's base to where the ball begins to roll"""
SWING_M = 0.3


def place_sphere(env: Any) -> Actions:
    """The sphere is let go where it will lie in the bin, which is as wide as the sphere, and the hand goes away upwards."""
    hand, task = Hand(env), env.unwrapped
    sphere = task.obj
    yield from grasp(hand, hand.grasp_pose(pose_of(sphere).p, DIAGONAL))
    rest = pose_of(task.bin).p + [0.0, 0.0, task.block_half_size[0] + task.radius + 0.002]
    yield from hand.go(lifted(hand.commanded, 0.08))
    for above_m in (0.05, 0.0, 0.0):
        goal = sapien.Pose(rest + [0.0, 0.0, above_m], pose_of(sphere).q)
        yield from hand.carry(lambda: pose_of(sphere), goal)
    yield from hand.grip(OPEN, steps=4)
    yield from hand.go(lifted(hand.commanded, 0.08))
    yield from hand.wait(10)


def roll_ball(env: Any) -> Actions:
    """The ball is carried before the robot and let go while the hand moves fast towards the target."""
    hand, task = Hand(env), env.unwrapped
    ball, base, goal = task.ball, task.agent.robot.pose.sp, pose_of(task.goal_region).p
    launch = (base * sapien.Pose([LAUNCH_M, 0, 0])).p
    launch[2] = task.ball_radius + 0.004
    way = (goal - launch) * [1, 1, 0]
    way = way / np.linalg.norm(way)
    yield from grasp(hand, hand.grasp_pose(pose_of(ball).p, np.array([-way[1], way[0], 0.0])))
    yield from hand.carry(lambda: pose_of(ball), sapien.Pose(launch, pose_of(ball).q), settle=3)
    swing = hand.planned(sapien.Pose(hand.commanded.p + SWING_M * way, hand.commanded.q), speed=2.0)
    for index, position in enumerate(swing):
        hand.gripper = OPEN if index >= 0.4 * len(swing) else CLOSED
        yield hand.action(position)
    yield from hand.wait(120)
