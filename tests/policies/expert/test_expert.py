"""The expert: its geometry, grasps, motion, and whole episodes."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from transforms3d.euler import euler2mat

from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog, plan
from vlagen_bench.policies.expert import grasps, places
from vlagen_bench.policies.expert.grippers import PANDA, WIDOWX, gripper_of
from vlagen_bench.policies.expert.motion import nearest_turn, step_towards, tips_of, tool_frame, yaw_of
from vlagen_bench.policies.expert.shapes import Frame, from_hulls

GRIPPERS = [PANDA, WIDOWX]


def box(size_m, centre_m=(0, 0, 0), yaw_rad=0.0):
    """A shape on the table if its centre is half its height above 0."""
    corners = np.array(np.meshgrid(*[[-0.5, 0.5]] * 3)).reshape(3, -1).T * size_m
    shape = from_hulls([corners], np.zeros(3))
    return shape.at(Frame(axes=euler2mat(0, 0, yaw_rad), origin=np.array(centre_m, dtype=float)))


def ring(outer_m, inner_m, height_m, base_m):
    """A dish: a floor with a wall of boxes around it, as convex hulls."""
    angles = np.linspace(0, 2 * np.pi, 17)
    hulls = [np.array([[outer_m * np.cos(a), outer_m * np.sin(a), z] for a in angles[:-1] for z in (0, base_m)])]
    for a, b in pairwise(angles):
        corners = [
            [r * np.cos(c), r * np.sin(c), z] for r in (inner_m, outer_m) for c in (a, b) for z in (base_m, height_m)
        ]
        hulls.append(np.array(corners))
    return hulls


# Geometry ----------------------------------------------------------------------------------------------------------


def test_a_shape_is_sampled_on_its_surface():
    shape = box((0.06, 0.04, 0.02))
    assert np.allclose(shape.points.max(0), [0.03, 0.02, 0.01])
    assert np.allclose(shape.points.min(0), [-0.03, -0.02, -0.01])
    on_a_face = np.isclose(np.abs(shape.points), [0.03, 0.02, 0.01], atol=1e-9).any(axis=1)
    assert on_a_face.all()
    assert (np.einsum("ij,ij->i", shape.points, shape.normals) > 0).all()


def test_what_lies_inside_another_hull_is_not_surface():
    corners = np.array(np.meshgrid(*[[-0.5, 0.5]] * 3)).reshape(3, -1).T
    overlapping = from_hulls([corners * 0.04, corners * 0.04 + [0.02, 0, 0]], np.zeros(3))
    inside = np.all(np.abs(overlapping.points - [0.01, 0, 0]) < [0.0297, 0.0197, 0.0197], axis=1)
    assert not inside.any()


def test_sampling_is_the_same_every_time():
    assert np.array_equal(box((0.05, 0.03, 0.04)).points, box((0.05, 0.03, 0.04)).points)


def test_the_middle_of_a_pan_is_that_of_its_dish_not_of_its_handle():
    handle = np.array(np.meshgrid([0.05, 0.12], [-0.01, 0.01], [0.01, 0.02])).reshape(3, -1).T
    pan = from_hulls([*ring(0.06, 0.05, 0.02, 0.004), handle], np.zeros(3))
    assert np.linalg.norm(places.middle_of(pan)) < 0.006


def test_the_gap_is_to_the_floor_of_a_dish_between_its_walls():
    dish = from_hulls(ring(0.06, 0.05, 0.02, 0.004), np.zeros(3))
    block = box((0.03, 0.03, 0.03), (0, 0, 0.05))
    assert places.gap_m(block.points, dish.points) == pytest.approx(0.035 - 0.004, abs=1e-6)
    over_the_wall = box((0.03, 0.03, 0.03), (0.055, 0, 0.05))
    assert places.gap_m(over_the_wall.points, dish.points) == pytest.approx(0.035 - 0.02, abs=1e-6)
    assert places.gap_m(box((0.03, 0.03, 0.03), (1, 0, 0.05)).points, dish.points) == np.inf


def test_the_highest_thing_on_the_way():
    tower = box((0.04, 0.04, 0.1), (0.1, 0.02, 0.05)).points
    assert places.top_along(np.zeros(3), np.array([0.2, 0, 0]), tower, 0.05) == pytest.approx(0.1)
    assert places.top_along(np.zeros(3), np.array([-0.2, 0, 0]), tower, 0.05) == -np.inf


# Grasps ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gripper", GRIPPERS, ids=lambda gripper: gripper.robot)
@pytest.mark.parametrize("yaw_deg", [0, 45, 90, 135])
def test_a_bar_is_held_across_its_middle(gripper, yaw_deg):
    bar = box((0.12, 0.03, 0.03), (0.1, -0.05, 0.015), np.radians(yaw_deg))
    grasp = grasps.find(gripper, bar, (), table_m=0.0, yaw_now_rad=-np.pi / 2)
    across = np.radians(yaw_deg + 90)
    assert abs(nearest_turn(grasp.yaw_rad, across) - across) < np.radians(4)
    assert np.linalg.norm(grasp.tips_m[:2] - [0.1, -0.05]) < 0.004
    assert gripper.tip_clearance_m <= grasp.tips_m[2] < 0.01
    assert grasp.room_m == pytest.approx(gripper.opening_m / 2 - 0.015, abs=0.002)


def test_what_is_too_wide_is_not_held():
    angles = np.linspace(0, 2 * np.pi, 25)
    disc = from_hulls([[[0.05 * np.cos(a), 0.05 * np.sin(a), z] for a in angles for z in (0, 0.03)]], np.zeros(3))
    assert grasps.find(WIDOWX, disc, (), table_m=0.0, yaw_now_rad=0.0) is None


def test_a_tall_thing_is_held_by_its_upper_part():
    grasp = grasps.find(WIDOWX, box((0.03, 0.03, 0.08), (0, 0, 0.04)), (), table_m=0.0, yaw_now_rad=0.0)
    assert grasp.tips_m[2] == pytest.approx(0.08 - WIDOWX.palm_m, abs=1e-6)


def test_fingers_stay_out_of_a_neighbour():
    block = box((0.04, 0.04, 0.04), (0, 0, 0.02))
    neighbour = box((0.04, 0.2, 0.06), (0.045, 0, 0.03))
    alone = grasps.find(PANDA, block, (), table_m=0.0, yaw_now_rad=0.0)
    beside = grasps.find(PANDA, block, (neighbour,), table_m=0.0, yaw_now_rad=0.0)
    assert abs(np.sin(alone.yaw_rad)) < 0.1
    assert abs(np.cos(beside.yaw_rad)) < 0.1


def test_a_failed_grasp_is_not_tried_again_at_once():
    block = box((0.04, 0.04, 0.04), (0, 0, 0.02))
    first = grasps.find(PANDA, block, (), table_m=0.0, yaw_now_rad=0.0)
    second = grasps.find(PANDA, block, (), table_m=0.0, yaw_now_rad=0.0, failed=(first,))
    assert abs(first.yaw_rad - second.yaw_rad) > 0.1 or np.linalg.norm(first.tips_m - second.tips_m) > 0.003


# Motion ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gripper", GRIPPERS, ids=lambda gripper: gripper.robot)
def test_a_tool_frame_is_a_rotation_with_its_tips_below(gripper):
    tool = tool_frame(gripper, np.array([0.1, 0.2, 0.03]), 0.7)
    assert np.allclose(tool.axes.T @ tool.axes, np.eye(3))
    assert np.linalg.det(tool.axes) == pytest.approx(1.0)
    assert np.allclose(tips_of(gripper, tool), [0.1, 0.2, 0.03])
    assert yaw_of(tool) == pytest.approx(0.7)


def test_steps_reach_the_goal_through_the_controllers_rule_on_a_turned_base():
    base = Frame(axes=euler2mat(0, 0, np.pi), origin=np.array([0.1, 0.0, 0.8]))
    target = tool_frame(WIDOWX, np.array([0.0, 0.0, 1.0]), -np.pi / 2)
    target = Frame(axes=target.axes @ euler2mat(0.05, 0.1, 0.0), origin=target.origin)
    goal = tool_frame(WIDOWX, np.array([-0.1, 0.05, 0.9]), -2.5)
    for _ in range(8):
        action = step_towards(goal, target, base, step_m=0.04, step_rad=0.3, fingers=1.0)
        assert np.linalg.norm(action[:3]) <= 0.04 + 1e-6
        turn = euler2mat(*action[3:6].astype(float), "rxyz")
        assert np.linalg.norm(Rotation.from_matrix(turn).as_rotvec()) <= 0.3 + 1e-6
        target = Frame(axes=base.axes @ turn @ base.axes.T @ target.axes, origin=target.origin + base.axes @ action[:3])
    assert np.allclose(target.origin, goal.origin, atol=1e-5)
    assert np.allclose(target.axes, goal.axes, atol=1e-5)


def test_an_unknown_robot_is_refused():
    with pytest.raises(ConfigError, match="panda"):
        gripper_of("pandas")


# Episodes ----------------------------------------------------------------------------------------------------------


def play(sim, task_name, condition, index, *, steps=None):
    """Plays one episode; the last status, the actions, and the state hashes."""
    from vlagen_bench.policies.expert.policy import Expert

    task = catalog.task(task_name)
    episode, _ = plan.sample(task, condition, index=index, seed=3)
    status = sim.reset(episode)
    expert = Expert()
    expert.attach(sim)
    expert.reset([episode.id])
    actions, hashes = [], [sim.state_hash()]
    for _ in range(steps or task.max_steps):
        actions.append(expert.act(None, episode.instruction))
        status = sim.advance(actions[-1])
        hashes.append(sim.state_hash())
        if task.ends_on_success and status.success:
            break
    return status, np.array(actions), hashes


@pytest.fixture(scope="module")
def tabletop():
    from vlagen_bench.sim.simulator import Simulator

    return Simulator.of(catalog.task("tabletop_put_on"), drawn=False)


def check_bounds(actions, gripper):
    assert actions.dtype == np.float32
    assert actions.shape[1:] == (7,)
    assert np.isfinite(actions).all()
    assert np.linalg.norm(actions[:, :3], axis=1).max() <= gripper.step_m + 1e-6
    turns = [Rotation.from_matrix(euler2mat(*row.astype(float), "rxyz")).magnitude() for row in actions[:, 3:6]]
    assert max(turns) <= gripper.step_rad + 1e-6
    assert set(np.unique(actions[:, 6])) <= {-1.0, 1.0}


@pytest.mark.sim
@pytest.mark.parametrize(
    ("condition", "index"),
    [
        *(("nominal", index) for index in range(4)),
        ("object_test", 0),
        ("receptacle_test", 0),
        ("receptacle_test", 1),
        ("position_test", 0),
        ("reposition_l3", 0),
        ("mass_l5", 0),
        ("friction_l5", 0),
    ],
)
def test_it_succeeds_on_the_tabletop(tabletop, condition, index):
    status, actions, _ = play(tabletop, "tabletop_put_on", condition, index)
    assert status.success
    assert status.first_success_step <= 40
    check_bounds(actions, PANDA)


@pytest.mark.sim
@pytest.mark.bridge
@pytest.mark.parametrize(
    ("condition", "index"),
    [("in_distribution", 0), ("in_distribution", 1), ("unseen_objects", 0), ("unseen_positions", 0), ("reposition", 0)],
)
def test_it_succeeds_on_the_bridge_scene_and_the_success_lasts(condition, index):
    from vlagen_bench.sim.simulator import Simulator

    status, actions, _ = play(
        Simulator.of(catalog.task("bridge_put_on"), drawn=False), "bridge_put_on", condition, index
    )
    assert status.success
    check_bounds(actions, WIDOWX)


@pytest.mark.sim
def test_the_same_episode_is_played_in_the_same_way(tabletop):
    _, first, hashes = play(tabletop, "tabletop_put_on", "reposition_l3", 2)
    play(tabletop, "tabletop_put_on", "nominal", 3, steps=5)
    _, second, again = play(tabletop, "tabletop_put_on", "reposition_l3", 2)
    assert np.array_equal(first, second)
    assert hashes == again


@pytest.mark.sim
def test_it_only_looks(tabletop):
    from vlagen_bench.policies.expert.policy import Expert

    play(tabletop, "tabletop_put_on", "nominal", 1, steps=7)
    expert = Expert()
    expert.attach(tabletop)
    expert.reset(["any"])
    before, target = tabletop.state_hash(), tabletop.arm.target.p.copy()
    for _ in range(3):
        expert.act(None, "")
    assert tabletop.state_hash() == before
    assert np.array_equal(tabletop.arm.target.p, target)


@pytest.mark.sim
def test_it_is_marked_as_privileged():
    from vlagen_bench.policies.expert.policy import Expert

    assert Expert.privileged is True
