"""The expert of tasks of ManiSkill: their oracles, in the control mode that is played, and as certificates have it."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from helpers.places import DOCS
from vlagen_bench.calibration.certify import certify_one
from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.plan import catalog, native_tasks, plan
from vlagen_bench.policies.expert.native import NativeExpert, as_planned, oracle_of
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.sim.backends import simulator_of

WITH_ORACLE = tuple(name for name in native_tasks.card_files() if native_tasks.card(name).oracle)


def test_nothing_shipped_solves_three_of_the_listed_tasks():
    assert len(WITH_ORACLE) == 12
    with pytest.raises(ConfigError, match="Nothing shipped solves PushT-v1"):
        oracle_of(catalog.task("PushT-v1"))


@pytest.mark.parametrize("name", WITH_ORACLE)
def test_the_limit_of_a_card_lets_its_oracle_come_to_its_end(name):
    lines = map(json.loads, (DOCS / "data" / "maniskill_oracles.jsonl").read_text(encoding="utf-8").splitlines())
    steps = [
        one["success_step"]
        for one in lines
        if one["task"] == name and one["version"] == oracle_of(catalog.task(name)).version
    ]
    assert max(filter(None, steps)) <= native_tasks.card(name).max_steps


@pytest.mark.sim
@pytest.mark.slow
@pytest.mark.parametrize("name", ["PushCube-v1", 'PushCube-v1{"control_mode":"pd_joint_pos"}'])
def test_the_expert_solves_an_episode_in_either_control_mode(name):
    task = catalog.task(name)
    sim, expert = simulator_of(task, drawn=False), Expert()
    status = sim.reset(plan.sample(task, "nominal", index=0, seed=0)[0])
    expert.attach(sim)
    while not status.success and sim.steps < task.max_steps:
        status = sim.advance(expert.act(None, ""))
    expert.close()
    assert status.success and status.progress == 1.0


@pytest.mark.sim
@pytest.mark.slow
def test_an_episode_is_certified_in_the_control_mode_of_its_oracle():
    task = catalog.task("PushCube-v1")
    episode, _ = plan.sample(task, "lighting_l3", index=0, seed=0)
    found = certify_one(episode, task, simulator_of(as_planned(task)), Expert())
    assert found.solved and found.trouble is None and 40 < found.steps < task.max_steps
    assert found.target_px > found.source_px > 0


def test_a_control_mode_in_which_no_oracle_speaks_is_refused():
    of = catalog.task("PushCube-v1")
    robot = SimpleNamespace(control_mode="pd_ee_delta_pose", actions=())
    expert = NativeExpert(SimpleNamespace(task=of, spec=SimpleNamespace(robot=robot)))
    expert._actions = iter([np.zeros(8)])
    with pytest.raises(PolicyError, match="pd_ee_delta_pose"):
        expert.act()
