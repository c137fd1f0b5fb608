"""The cards of ManiSkill's tasks: fifteen, complete, and read without a simulator."""

import re
import subprocess
import sys

import pytest

from helpers.places import DOCS
from vlagen_bench.axes import AXES
from vlagen_bench.envs.registration import env_ids
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog, native_tasks

LISTED = (
    "LiftPegUpright-v1", "PegInsertionSide-v1", "PickCube-v1", "PlaceSphere-v1", "PlugCharger-v1", "PokeCube-v1", "PullCube-v1",
    "PullCubeTool-v1", "PushCube-v1", "PushT-v1", "RollBall-v1", "StackCube-v1", "StackPyramid-v1", "TwoRobotPickCube-v1",
    "TwoRobotStackCube-v1",
)  # fmt: skip


def test_the_fifteen_have_a_card():
    assert tuple(native_tasks.card_files()) == LISTED


@pytest.mark.parametrize("name", LISTED)
def test_a_card_is_complete(name):
    card = native_tasks.card(name)
    assert card.source and card.instruction and card.result and len(card.alternatives) == 2
    assert card.max_steps >= 100
    assert set(card.unfit) <= set(AXES.names()) and all(card.unfit.values())
    assert ("object_size" in card.unfit) != bool(card.size_attributes), "an axis that is left out needs a reason"
    sentences = [sentence for level in native_tasks.rewrites(card) for sentence in level]
    assert len(sentences) == len(set(sentences)) and card.instruction not in sentences
    assert not any("{" in sentence for sentence in sentences)


@pytest.mark.parametrize("name", LISTED)
def test_a_listed_task_has_ids_for_its_levels_and_none_for_what_makes_no_sense(name):
    ids = dict(env_ids())
    short = native_tasks.short(name)
    assert ids[f"VLAGen/{short}-LightingL3-v1"] == {"task": name, "condition": "lighting_l3"}
    assert f"VLAGen/{short}-Nominal-v1" in ids
    assert f"VLAGen/{short}-TableTest-v1" not in ids
    assert (f"VLAGen/{short}-ObjectSizeL1-v1" in ids) == bool(native_tasks.card(name).size_attributes)
    assert (f"VLAGen/{short}-YawL1-v1" in ids) == (name not in ("PlaceSphere-v1", "RollBall-v1"))


def test_an_axis_that_makes_no_sense_says_why():
    task = catalog.task("PlaceSphere-v1")
    with pytest.raises(
        ConfigError, match=r"object_size makes no sense in the task PlaceSphere-v1 .*its bin is as wide"
    ):
        catalog.condition(task, "object_size_l3")


def test_the_page_names_the_parameters_of_axes_as_they_are():
    named = re.findall(r"`(\w+)` of `(\w+)`", (DOCS / "any_task.md").read_text(encoding="utf-8"))
    assert len(named) == 5 and all(key == AXES.get(axis).sized_by for key, axis in named)


def test_goals_that_pictures_do_not_show_are_said():
    assert "hides its goal" in native_tasks.remarks(catalog.task("PickCube-v1"))[0]
    assert native_tasks.remarks(catalog.task("StackCube-v1")) == ()


def test_listed_tasks_and_their_conditions_need_no_simulator():
    code = "from vlagen_bench.plan import catalog; print(len(catalog.task('StackCube-v1').conditions)); import sys; "
    code += "print([name for name in ('sapien', 'mani_skill', 'torch') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[1] == "[]"


def test_a_name_becomes_words():
    assert native_tasks.words_of("SlidePuck") == "slide puck"
    assert native_tasks.words_of("PushTBar2") == "push t bar 2"


def test_arguments_of_the_environment_are_part_of_the_name():
    task = native_tasks.task_with("PickCube-v1", {"control_mode": "pd_ee_delta_pose", "obs_mode": "rgb"})
    assert task.name == 'PickCube-v1{"control_mode":"pd_ee_delta_pose"}'
    assert native_tasks.task(task.name) == task
    assert native_tasks.task_with("PickCube-v1", {"obs_mode": "rgb"}).name == "PickCube-v1"
