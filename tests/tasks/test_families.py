"""The contract of every family of tasks, and of every task in the simulator."""

import dataclasses
import json
import re

import pytest

from helpers.places import TESTS
from vlagen_bench import axes, tasks
from vlagen_bench.axes.instruction import SLOT
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog, native_tasks, plan
from vlagen_bench.policies.expert.policy import Expert, routine_of
from vlagen_bench.policies.expert.routine import Routine
from vlagen_bench.report.html import words
from vlagen_bench.scenes import specs
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.tasks import FAMILIES
from vlagen_bench.tasks.judge import Judge, Status

TASKS = [catalog.task(name) for name in catalog.task_names()]
MARKED = [
    pytest.param(task, id=task.name, marks=[pytest.mark.sim, *([pytest.mark.bridge] if task.scene == "bridge" else [])])
    for task in TASKS
]
PICK_UP = """
name: mine
version: 1
family: pick_up
scene: tabletop
max_steps: 60
nominal_name: nominal
nominal:
  object: {split: train}
  table: {split: train}
  position: {region: inner}
  yaw: {degrees: [0, 90]}
  instruction: {templates: ["pick up the {source}"]}
"""


def read(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return catalog.read_task(path)


@pytest.mark.parametrize("family", list(FAMILIES), ids=lambda family: family.name)
def test_a_family_is_whole(family):
    assert family.about and "source" in family.roles and all(map(axes.AXES.get, family.roles.values()))
    assert all(family.failure_modes.values()) and dataclasses.is_dataclass(family.rule)
    assert family.name == native_tasks.FAMILY or issubclass(routine_of(family), Routine)
    assert len(family.rewrites) in (0, 5)


@pytest.mark.parametrize("family", list(FAMILIES), ids=lambda family: family.name)
def test_rewritings_name_every_role_and_nothing_else(family):
    for template in (template for level in family.rewrites for template in level):
        assert sorted(SLOT.findall(template)) == sorted(family.roles), template


def test_the_report_has_words_for_every_failure_mode_and_families_agree_on_them():
    known = words.failure_modes()
    for family in FAMILIES:
        assert {name: known[name] for name in family.failure_modes} == dict(family.failure_modes)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_conditions_of_put_on_tasks_are_those_that_they_always_had(task):
    golden = json.loads((TESTS / "golden" / "conditions.json").read_text(encoding="utf-8"))
    if task.family == "put_on":
        assert list(task.condition_names()) == golden[task.name]


def test_what_a_scene_offers_is_what_its_pack_has():
    for name in specs.scene_names():
        spec = specs.scene(name)
        pack = tasks.draft(next(task for task in TASKS if task.scene == name), {}).pack
        coloured = all(model.colour and model.category for model in pack.objects)
        assert ("colours and categories" in spec.offers) == coloured
        assert ("overlay textures" in spec.offers) == bool(pack.textures)


def test_every_capability_that_an_axis_requires_is_offered_somewhere():
    offered = {capability for task in TASKS for capability in tasks.offer_of(task).capabilities}
    assert {capability for axis in axes.AXES for capability in axis.requires_capabilities} <= offered


@pytest.mark.parametrize(
    "axis", ["receptacle", "receptacle_position", "receptacle_reposition", "distractor_receptacle"]
)
def test_what_needs_a_receptacle_is_no_axis_of_pick_up(axis):
    task = catalog.task("tabletop_pick_up")
    assert not [name for name in task.condition_names() if name.startswith((f"{axis}_l", f"{axis}_t"))]
    suite = catalog.suite("pick")
    with pytest.raises(ConfigError, match=f"The axis {axis} needs the role target, which the task tabletop_pick_up"):
        catalog.conditions.names_of((axis,), tasks.offer_of(task))
    for which in axes.AXES.get(axis).variants():
        with pytest.raises(ConfigError, match=f"The axis {axis} needs the role target"):
            plan.select(suite, conditions=(axes.variant_name(axis, which),), episodes=None, seed=None)


def test_an_episode_with_a_receptacle_is_none_of_pick_up():
    episode = plan.sample(catalog.task("tabletop_pick_up"), "nominal", index=0, seed=0)[0].to_dict()
    del episode["id"]
    episode["values"]["receptacle"] = "plate"
    with pytest.raises(
        ConfigError, match=r"does not fit tabletop_pick_up@1\. The axis receptacle needs the role target"
    ):
        plan.episode_from_dict(episode)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            "  object: {split: train}\n",
            "",
            r"needs the axis object, which fills the role source.*object: \{split: train\}",
        ),
        ("  table: {split: train}\n", "", "every task needs the axis table"),
        ("  position: {region: inner}\n", "", "every task needs the axis position"),
        ("family: pick_up", "family: pickup", "no family of tasks 'pickup'.*pick_up"),
        ("pick up the {source}", "put the {source} on the {target}", r"slot \{target\}.*They have: \{source\}"),
        ("scene: tabletop\n", "scene: tabletop\nsuccess: {rise: 0.1}\n", "success: .*rise_m"),
        (
            "  table:",
            "  receptacle: {split: train}\n  table:",
            r"The axis receptacle needs the role target.*\(family pick_up\)",
        ),
        ("family: pick_up\n", "", "the family put_on needs the axis receptacle"),
        ("inner}\n", "inner, third: target}\n", "`third` is target, a role that the task does not have"),
    ],
)
def test_a_wrong_task_file_is_a_sentence(tmp_path, old, new, why):
    assert old in PICK_UP
    with pytest.raises(ConfigError, match=re.compile(why, re.DOTALL)):
        plan.sample(read(tmp_path, PICK_UP.replace(old, new)), "nominal", index=0, seed=0)


def test_a_task_file_may_ask_for_more_height(tmp_path):
    task = read(tmp_path, PICK_UP + "success: {rise_m: 0.2, hold_s: 2}\n")
    assert tasks.rule_of(task) == FAMILIES.get("pick_up").rule(rise_m=0.2, hold_s=2.0)


def test_an_axis_that_asks_for_an_axis_that_is_not_there_is_left_out(tmp_path):
    task = read(tmp_path, PICK_UP.replace("  yaw: {degrees: [0, 90]}\n", "") + "variants: true\n")
    assert (
        "mass_l3" in task.conditions
        and "yaw_l1" not in task.conditions
        and "distractor_object_train" not in task.conditions
    )
    with pytest.raises(ConfigError, match="The axis distractor_object needs the axis yaw"):
        catalog.conditions.names_of(("distractor_object",), tasks.offer_of(task))


@pytest.mark.parametrize("task", MARKED)
def test_the_nominal_episode_of_every_task_is_judged(task):
    sim = Simulator.of(task, drawn=False)
    status = sim.reset(plan.sample(task, task.nominal_name, index=0, seed=0)[0])
    assert isinstance(sim.judge, Judge) and isinstance(status, Status)
    assert set(sim.world.bodies) == set(tasks.family_of(task).roles)
    assert not status.success and status.trouble in tasks.family_of(task).failure_modes
    assert tasks.family_of(task).potential(status) == 0


@pytest.mark.parametrize("task", MARKED)
def test_the_expert_does_every_task(task):
    sim, expert = Simulator.of(task, drawn=False), Expert()
    episode = plan.sample(task, task.nominal_name, index=1, seed=0)[0]
    status = sim.reset(episode)
    expert.attach(sim)
    expert.reset([episode.id])
    while not status.success and sim.steps < task.max_steps:
        status = sim.advance(expert.act(None, sim.instruction))
    assert status.success and status.trouble is None and status.first_success_step == sim.steps
    assert tasks.family_of(task).potential(status) == pytest.approx(1.2)
