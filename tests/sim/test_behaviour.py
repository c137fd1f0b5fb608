"""The behaviour of the arm in the real simulator: careful and careless policies, and physics that does not notice."""

import numpy as np
import pytest
import sapien

from helpers.simulated import hashes
from vlagen_bench.plan import catalog, plan
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.sim import behaviour as watching
from vlagen_bench.sim.simulator import Simulator

pytestmark = pytest.mark.sim

PUT_ON = catalog.task("tabletop_put_on")
TASKS = [
    pytest.param(catalog.task(name), id=name, marks=[pytest.mark.bridge] if "bridge" in name else [])
    for name in ("tabletop_put_on", "tabletop_pick_up", "bridge_put_on", "bridge_pick_up")
]


def begun(task=PUT_ON, index=1):
    sim = Simulator.of(task, drawn=False)
    sim.reset(plan.sample(task, task.nominal_name, index=index, seed=0)[0])
    return sim


def by_expert(sim, until):
    """Lets the expert act until something is so."""
    expert = Expert()
    expert.attach(sim)
    expert.reset(["0"])
    while not until(status := sim.advance(expert.act(None, sim.instruction))):
        assert sim.steps < 80, status
    return status


def moved(sim, *, to_m, gripper, steps):
    """Takes the tool's target straight to a place of the world."""
    there_m = (sim.world.robot.pose.inv() * sapien.Pose(list(to_m))).p
    for _ in range(steps):
        way_m = np.clip(there_m - sim.arm.target.p, -0.06, 0.06)
        sim.advance(np.array([*way_m, 0, 0, 0, gripper], np.float32))


@pytest.mark.parametrize("task", TASKS)
def test_the_expert_is_quick_direct_and_careful(task):
    sim = begun(task)
    by_expert(sim, lambda status: status.success)
    found = sim.behaviour()
    assert found.time_to_success_s == pytest.approx(sim.steps / 5) and 2 < found.time_to_success_s < 10
    assert 1 <= found.path_ratio < 2 and 0.2 < found.path_m < 1 and 10 < found.jerk_rms_m_s3 < 400
    assert (found.table_hits, found.things_toppled, found.things_off_table) == (0, 0, 0)
    assert found.table_force_n == 0 and 1 < found.thing_force_n < 150, "it presses on nothing but what it holds"


def test_who_stands_still_does_nothing_and_has_no_time_to_success():
    sim = begun()
    for _ in range(10):
        sim.advance(np.array([0, 0, 0, 0, 0, 0, 1], np.float32))
    found = sim.behaviour()
    assert found.time_to_success_s is None and found.path_ratio is None
    assert found.path_m < 1e-3 and found.jerk_rms_m_s3 < 1
    assert (found.table_force_n, found.thing_force_n, found.table_hits) == (0, 0, 0)


@pytest.mark.parametrize("task", TASKS)
def test_pushing_into_the_table_is_a_hit_with_force_and_coming_back_is_another(task):
    sim = begun(task)
    x_m, y_m, _ = start_m = sim.arm.tool.p
    aside_m = {"tabletop": 0.25, "bridge": 0.1}[task.scene]
    for _ in range(2):
        moved(sim, to_m=[x_m, y_m + aside_m, sim.world.table_height_m - 0.05], gripper=-1, steps=12)
        moved(sim, to_m=start_m, gripper=-1, steps=8)
    found = sim.behaviour()
    assert found.table_force_n > 20 and found.table_hits >= 2 and found.time_to_success_s is None


def test_a_thing_that_is_carried_over_the_edge_and_let_go_is_off_the_table():
    sim = begun()
    by_expert(sim, lambda status: status.raised)
    moved(sim, to_m=[-0.3, 0.75, 0.25], gripper=-1, steps=20)
    assert sim.behaviour().things_off_table == 0
    moved(sim, to_m=[-0.3, 0.75, 0.25], gripper=1, steps=5)
    assert sim.body("source").position_m[2] < sim.world.table_height_m - 0.05
    assert sim.behaviour().things_off_table == 1 and sim.behaviour().things_toppled == 0, (
        "the source is not counted there"
    )


def test_a_thing_that_is_turned_over_is_counted_once():
    sim = begun()
    thing = sim.body("target").rigid
    thing.set_linear_velocity([0, 0, 1.5])
    thing.set_angular_velocity([8, 0, 0])
    moved(sim, to_m=sim.arm.tool.p, gripper=1, steps=5)
    assert sim.behaviour().things_toppled == 1
    moved(sim, to_m=sim.arm.tool.p, gripper=1, steps=3)
    assert sim.behaviour().things_toppled == 1


def test_physics_does_not_notice_that_it_is_watched(monkeypatch):
    episodes = [plan.sample(PUT_ON, name, index=0, seed=0)[0] for name in ("nominal", "reposition_l3")]
    sim = Simulator.of(PUT_ON, drawn=False)
    watched = [hashes(sim, one) for one in episodes]
    for name in ("tick", "stepped", "interrupted"):
        monkeypatch.setattr(watching.BehaviourWatch, name, lambda self, *arguments: None)
    assert [hashes(sim, one) for one in episodes] == watched


def test_equal_actions_give_equal_numbers_in_another_simulator():
    found = []
    for _ in range(2):
        sim = begun()
        by_expert(sim, lambda status: status.success)
        found.append(sim.behaviour())
    assert found[0] == found[1]


def test_what_an_axis_moves_is_no_jerk_of_the_arm_and_topples_nothing():
    sim = Simulator.of(PUT_ON, drawn=False)
    sim.reset(plan.sample(PUT_ON, "reposition_l3", index=0, seed=0)[0])
    moved(sim, to_m=sim.arm.tool.p, gripper=1, steps=30)
    found = sim.behaviour()
    assert sim.scene.moves and max(sim.scene.moves) < 30, "the thing was moved"
    assert found.jerk_rms_m_s3 < 1 and found.things_toppled == 0 and found.table_hits == 0


def test_a_control_step_is_looked_at_within():
    sim = begun()
    looks = []
    sim.watch._course.pressed = lambda *forces, time_s: looks.append(time_s)
    sim.advance(np.array([0, 0, 0, 0, 0, 0, -1], np.float32))
    assert np.diff(looks) == pytest.approx([0.06] * 2), "a look every 6 steps of 0.01 s"
