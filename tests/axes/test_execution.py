"""The axes of places, poses and events do in the scene what their sizes say, on both robots."""

from dataclasses import replace
from math import dist

import numpy as np
import pytest

from vlagen_bench import axes
from vlagen_bench.axes import AXES, Draft
from vlagen_bench.axes.shared import spots
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs.manifest import load
from vlagen_bench.plan import catalog, plan
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.scenes import specs
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.types import Episode
from vlagen_bench.utils.seeding import stream

TASKS = ("tabletop_put_on", pytest.param("bridge_put_on_fixed", marks=pytest.mark.bridge))
EXECUTION = (
    "base_pose", "object_position", "push", "receptacle_position", "receptacle_reposition", "reposition", "robot_pose",
    "table_height", "yaw",
)  # fmt: skip
HOLD = np.array([0, 0, 0, 0, 0, 0, 1], dtype=np.float32)
RISE = np.array([0, 0, 0.02, 0, 0, 0, 1], dtype=np.float32)


def sampled(task_name, condition, index=0):
    return plan.sample(catalog.task(task_name), condition, index=index, seed=0)


def simulator(task_name, *, drawn=False):
    task = catalog.task(task_name)
    return Simulator.of(task, drawn=drawn)


@pytest.fixture(scope="module", params=TASKS)
def task_name(request):
    return request.param


@pytest.fixture(scope="module")
def sim(task_name):
    return simulator(task_name)


def grid_of(task_name):
    return specs.scene(catalog.task(task_name).scene).grid


# What is sampled ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", range(12))
@pytest.mark.parametrize(("axis", "role"), [("object_position", "source"), ("receptacle_position", "target")])
def test_a_thing_stands_so_far_outside_and_the_further_the_harder(task_name, axis, role, index):
    grid, away_m = grid_of(task_name), []
    for number, size_m in enumerate(AXES.get(axis).levels, start=1):
        episode, twin = sampled(task_name, f"{axis}_l{number}", index)
        x, y = episode.values[axis]["xy_m"]
        outside_m = max(abs(x - grid.centre_m[0]), abs(y - grid.centre_m[1])) - grid.inner_half_edge_m
        assert outside_m == pytest.approx(size_m, abs=2e-6)
        other = twin.values["position"]["target" if role == "source" else "source"]
        assert dist((x, y), other) > grid.separation_m
        away_m.append(dist((x, y), twin.values["position"][role]))
    assert np.all(np.diff(away_m) > 0)


@pytest.mark.parametrize("index", range(12))
def test_source_and_target_moved_out_together_stay_apart(task_name, index):
    episode, _ = sampled(task_name, "object_position_l5+receptacle_position_l5", index)
    places = [episode.values[axis]["xy_m"] for axis in ("object_position", "receptacle_position")]
    assert dist(*places) > grid_of(task_name).separation_m


@pytest.mark.parametrize("index", range(12))
@pytest.mark.parametrize(("axis", "role"), [("reposition", "source"), ("receptacle_reposition", "target")])
def test_a_thing_is_moved_exactly_so_far_and_not_onto_another(task_name, axis, role, index):
    for number, size_m in enumerate(AXES.get(axis).levels, start=1):
        episode, twin = sampled(task_name, f"{axis}_l{number}", index)
        start, end = twin.values["position"][role], episode.values[axis]["xy_m"]
        assert dist(start, end) == pytest.approx(size_m, abs=2e-6)
        other = twin.values["position"]["target" if role == "source" else "source"]
        assert dist(end, other) > grid_of(task_name).separation_m


def test_both_may_be_moved_in_one_episode(task_name):
    for index in range(12):
        values = sampled(task_name, "receptacle_reposition_l5+reposition_l5", index)[0].values
        ends = [values[axis]["xy_m"] for axis in ("reposition", "receptacle_reposition")]
        assert dist(*ends) > grid_of(task_name).separation_m


def test_a_reposition_by_a_size_leaves_the_third_place_to_a_distractor(task_name):
    for index in range(12):
        values = sampled(task_name, "distractor_object_train+reposition_l5", index)[0].values
        assert dist(values["reposition"]["xy_m"], values["position"]["third"]) > grid_of(task_name).separation_m


def test_a_reposition_to_the_third_place_refuses_to_share_it():
    third = axes.make("reposition", {}, "test")
    assert third.needs() == {"position": {"third": "source"}}
    assert axes.make("reposition", {"by_m": 0.1}, "test").needs() == {}
    position = {"source": [0, 0], "target": [0.09, 0.09], "third": [-0.09, -0.09]}
    draft = Draft(scene=specs.TABLETOP, pack=load("household"), values={"position": position, "distractor_object": {}})
    with pytest.raises(ConfigError, match="third place"):
        third.sample(stream(0), draft)


def test_the_far_places_exclude_the_ring():
    with pytest.raises(ConfigError, match="place of the object"):
        sampled("tabletop_put_on", "object_position_l1+position_test")


@pytest.mark.parametrize("index", range(8))
def test_a_yaw_is_off_a_trained_one_and_that_is_the_twins(task_name, index):
    for number, off_deg in enumerate(AXES.get("yaw").levels, start=1):
        episode, twin = sampled(task_name, f"yaw_l{number}", index)
        assert abs(episode.values["yaw"] - twin.values["yaw"]) == off_deg
        assert twin.values["yaw"] in (0, 45, 90, 135)


def test_yaws_are_off_to_both_sides_and_official_digits_reach_all_of_them():
    axis = axes.make("yaw", {"degrees": [0, 45], "off_deg": 9.0}, "test")
    draft = Draft(scene=specs.TABLETOP, pack=load("household"), values={})
    pool = {axis.pick(index, draft) for index in range(axis.size(draft))}
    assert pool == {9.0, 54.0, -9.0, 36.0} == {axis.sample(stream(0, i), draft) for i in range(60)}


@pytest.mark.parametrize("index", range(8))
def test_joint_offsets_are_so_long_and_of_one_direction(task_name, index):
    found = [np.array(sampled(task_name, f"robot_pose_l{n}", index)[0].values["robot_pose"]) for n in range(1, 6)]
    lengths = [float(np.linalg.norm(offsets)) for offsets in found]
    assert lengths == pytest.approx(AXES.get("robot_pose").levels, abs=1e-5)
    assert all(
        np.allclose(offsets / length, found[-1] / lengths[-1], atol=1e-4)
        for offsets, length in zip(found, lengths, strict=True)
    )


@pytest.mark.parametrize("index", range(12))
def test_a_push_has_its_speed_and_does_not_lead_off_the_table(task_name, index):
    episode, twin = sampled(task_name, "push_l3", index)
    push, centre = episode.values["push"], grid_of(task_name).centre_m
    assert 2 <= push["after_step"] <= 4
    assert np.linalg.norm(push["velocity_m_s"]) == pytest.approx(AXES.get("push").levels[2], abs=1e-5)
    assert np.dot(push["velocity_m_s"], np.subtract(twin.values["position"]["source"], centre)) <= 1e-6


def test_directions_differ_between_episodes():
    draft = Draft(
        scene=specs.TABLETOP,
        pack=load("household"),
        values={"position": {"source": [0.0, 0.0], "target": [0.09, 0.09]}},
    )
    ends = {spots.away(stream(0, index), draft, "source", 0.05, 0.12) for index in range(40)}
    assert len(ends) > 10


# What becomes of it ------------------------------------------------------------------------------------------------


@pytest.mark.sim
@pytest.mark.parametrize("axis", EXECUTION)
def test_a_size_of_nothing_changes_nothing(task_name, sim, axis):
    task = catalog.task(task_name)
    _, twin = sampled(task_name, f"{axis}_l1")
    nothing = {**task.nominal.get(axis, {}), AXES.get(axis).sized_by: AXES.get(axis).nothing}
    values = plan.draw(task, {**task.nominal, axis: nothing}, index=0, seed=0)
    hashes = []
    for played in (twin, Episode(task=task.ref, condition="nothing", index=0, seed=0, values=values)):
        sim.reset(played)
        for _ in range(9):
            sim.advance(HOLD)
        hashes.append(sim.state_hash())
    assert hashes[0] == hashes[1]


@pytest.mark.sim
@pytest.mark.parametrize("by_m", [-0.05, 0.05])
def test_things_stand_on_a_table_of_another_height(task_name, sim, by_m):
    episode, twin = sampled(task_name, "table_height_l5")
    sim.reset(twin)
    before = {role: body.position_m[2] for role, body in sim.world.bodies.items()}
    tool_m = sim.arm.tool.p
    sim.reset(replace(episode, values={**episode.values, "table_height": by_m}))
    for role, body in sim.world.bodies.items():
        assert body.position_m[2] - before[role] == pytest.approx(by_m, abs=2e-3)
    assert np.allclose(sim.arm.tool.p, tool_m, atol=1e-5)


@pytest.mark.sim
def test_a_moved_base_takes_the_arm_along_but_not_the_camera(task_name):
    sim = simulator(task_name, drawn=True)
    episode, twin = sampled(task_name, "base_pose_l5")
    sim.reset(twin)
    camera, tool = sim.world.camera.get_global_pose(), sim.arm.tool_in_base
    moved = episode.values["base_pose"]
    sim.reset(episode)
    sim.observe()
    shift = sim.world.robot.pose.p - specs.scene(catalog.task(task_name).scene).robot.base.p
    assert np.allclose(shift, [*moved["xy_m"], 0], atol=1e-5)
    assert abs(moved["yaw_rad"]) == pytest.approx(0.12)
    assert np.allclose(
        sim.world.camera.get_global_pose().to_transformation_matrix(), camera.to_transformation_matrix(), atol=1e-5
    )
    assert np.allclose(sim.arm.tool_in_base.p, tool.p, atol=1e-4)


@pytest.mark.sim
@pytest.mark.parametrize(("axis", "role"), [("reposition", "source"), ("receptacle_reposition", "target")])
def test_a_moved_thing_comes_to_rest_at_its_place(task_name, sim, axis, role):
    episode, _ = sampled(task_name, f"{axis}_l5")
    sim.reset(episode)
    at_rest = {role: body.position_m for role, body in sim.world.bodies.items()}
    for _ in range(10):
        sim.advance(RISE)
    away_m = {role: dist(body.position_m, at_rest[role]) for role, body in sim.world.bodies.items()}
    assert dist(sim.body(role).position_m[:2], episode.values[axis]["xy_m"]) < 0.02
    assert away_m[role] > 0.1
    assert sum(moved_m > 0.005 for moved_m in away_m.values()) == 1


@pytest.mark.sim
@pytest.mark.parametrize("index", [0, 6])
@pytest.mark.parametrize("level", [1, 2])
def test_fingers_on_their_way_throw_nothing_that_is_moved(level, index):
    """In these episodes the thing comes to where the fingers would be two steps later."""
    sim = simulator("tabletop_put_on")
    episode, _ = sampled("tabletop_put_on", f"reposition_l{level}", index)
    sim.reset(episode)
    expert = Expert()
    expert.attach(sim)
    for _ in range(episode.values["reposition"]["after_step"] + 1):
        sim.advance(expert.act(None, sim.instruction))
    assert dist(sim.body("source").position_m[:2], episode.values["reposition"]["xy_m"]) < 0.02


@pytest.mark.sim
def test_what_lies_on_a_receptacle_is_moved_with_it(task_name, sim):
    episode, _ = sampled(task_name, "receptacle_reposition_l5")
    last = replace(
        episode,
        values={
            **episode.values,
            "receptacle_reposition": {**episode.values["receptacle_reposition"], "after_step": 80},
        },
    )
    expert = Expert()
    sim.reset(last)
    expert.attach(sim)
    for _ in range(79):
        status = sim.advance(expert.act(None, ""))
    assert status.success
    between = sim.body("source").position_m - sim.body("target").position_m
    for _ in range(4):
        status = sim.advance(HOLD)
    assert dist(sim.body("target").position_m[:2], last.values["receptacle_reposition"]["xy_m"]) < 0.02
    assert np.allclose(sim.body("source").position_m - sim.body("target").position_m, between, atol=0.02)
    assert status.success


@pytest.mark.sim
def test_a_pushed_thing_moves_that_way_after_that_step(task_name, sim):
    episode, _ = sampled(task_name, "push_l5")
    push = episode.values["push"]
    sim.reset(episode)
    start = sim.body("source").position_m
    for _ in range(push["after_step"]):
        sim.advance(RISE)
    assert np.allclose(sim.body("source").position_m, start, atol=1e-3)
    sim.advance(RISE)
    moved = (sim.body("source").position_m - start)[:2]
    assert np.dot(moved, push["velocity_m_s"]) > 0.5 * np.linalg.norm(moved) * np.linalg.norm(push["velocity_m_s"])
    assert np.linalg.norm(moved) > 0.01


@pytest.mark.sim
@pytest.mark.parametrize("axis", EXECUTION)
def test_the_expert_copes_with_the_hardest_level(task_name, sim, axis):
    episode, _ = sampled(task_name, f"{axis}_l5", index=1)
    expert, status = Expert(), sim.reset(episode)
    expert.attach(sim)
    for _ in range(catalog.task(task_name).max_steps):
        status = sim.advance(expert.act(None, ""))
        if status.success:
            break
    assert status.success
