"""The tabletop's camera shows the whole gripper and forearm, and the table's edge, whatever the arm does."""

import numpy as np
import pytest
import sapien

from helpers.simulated import TASK
from vlagen_bench.axes import AXES, variant_name
from vlagen_bench.plan import plan
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.scenes import projection
from vlagen_bench.sim import backdrop
from vlagen_bench.sim.simulator import Simulator

pytestmark = pytest.mark.sim

TIP = sapien.Pose([0, 0, 0.0535])
"""end of a finger in its link's frame, from its mesh"""
EPISODES = 6


def framed(sim, points_m):
    pixels = projection.nominal(sim.spec).project(points_m)
    camera = sim.spec.camera
    return bool((pixels >= 0).all() and (pixels <= (camera.width_px, camera.height_px)).all())


def tips_seen(sim, episode):
    """For each step of the expert, whether both finger tips are in the picture."""
    status, expert = sim.reset(episode), Expert()
    expert.attach(sim)
    expert.reset([episode.id])
    seen = []
    while not status.success and sim.steps < TASK.max_steps:
        seen.append(framed(sim, [(sim.world.links[name].entity.pose * TIP).p for name in sim.spec.robot.finger_links]))
        status = sim.advance(expert.act({"state": sim.robot_state(), "episode_id": episode.id}, sim.instruction))
    return seen


POSES = [variant_name("robot_pose", level) for level in AXES.get("robot_pose").variants()]


@pytest.mark.parametrize("condition", ["nominal", *POSES])
def test_both_finger_tips_are_in_the_picture(condition):
    sim = Simulator.of(TASK, drawn=False)
    episodes = [plan.sample(TASK, condition, index=index, seed=3)[0] for index in range(EPISODES)]
    seen = np.concatenate([tips_seen(sim, episode) for episode in episodes])
    assert len(seen) > 10 * EPISODES and seen.mean() >= 0.99


def test_gripper_and_forearm_are_in_the_picture_at_rest():
    sim = Simulator.of(TASK, drawn=False)
    sim.reset(plan.sample(TASK, "nominal", index=0, seed=0)[0])
    names = ("panda_link4", "panda_link5", "panda_link6", "panda_link7", "panda_hand", "panda_hand_tcp")
    assert framed(sim, [sim.world.links[name].entity.pose.p for name in names])


def test_every_place_and_the_near_edge_of_the_table_are_in_the_picture():
    view, scene = projection.nominal(sim_spec := Simulator.of(TASK, drawn=False).spec), sim_spec
    assert projection.sees_all(view, scene)
    along = np.linspace(*backdrop.TABLE_Y_M, 50)
    edge = view.project(np.column_stack([np.full(50, backdrop.TABLE_X_M[1]), along, np.zeros(50)]))
    assert ((edge >= 0) & (edge <= 256)).all(axis=1).sum() >= 3, "some of the edge"


def test_the_pedestal_goes_where_the_base_goes_and_the_legs_reach_the_floor_of_a_raised_table():
    sim = Simulator.of(TASK)
    sim.reset(plan.sample(TASK, "base_pose_l5", index=0, seed=0)[0])
    assert np.allclose(sim.world._pedestal.pose.p, sim.world.robot.pose.p)
    assert np.allclose(sim.world._pedestal.pose.q, sim.world.robot.pose.q)
    most_m = max(AXES.get("table_height").levels)
    assert most_m <= backdrop.LIFTED_M, "legs that are raised still end below the floor"
