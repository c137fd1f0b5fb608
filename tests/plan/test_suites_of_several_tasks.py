"""Suites of several tasks: each task is a suite of its own, with the conditions that make sense there."""

import pytest

from vlagen_bench.cli.selection import Selection
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog, native_tasks, plan
from vlagen_bench.plan.options import options


def narrowed(suite, task):
    return plan.select(catalog.suite(suite), conditions=None, episodes=None, seed=None, task=task)


def test_a_part_is_a_suite_of_its_own_name():
    part = narrowed("any-task", "PlaceSphere-v1")
    assert (part.name, part.task, part.tasks) == ("any-task-PlaceSphere-v1", "PlaceSphere-v1", ())
    assert part == catalog.suite("any-task-PlaceSphere-v1")
    assert catalog.has_suite(part.name) and not catalog.has_suite("any-task-PickCube-v1")
    assert list(options(part.name, part.task, part.conditions, part.episodes, part.seed)) == ["--suite", part.name]


def test_the_whole_has_no_plan_and_says_which_parts_have():
    with pytest.raises(ConfigError, match=r"of several tasks.*--task PushCube-v1"):
        narrowed("any-task", None)


def test_every_part_has_what_makes_sense_there_and_nothing_else():
    whole = catalog.suite("any-task-full")
    assert set(whole.tasks) == set(native_tasks.card_files())
    lacking = {
        (name, one)
        for name in whole.tasks
        for one in set(whole.conditions) - set(catalog.suite(f"any-task-full-{name}").conditions)
    }
    assert lacking == {("PlaceSphere-v1", "yaw_l3"), ("RollBall-v1", "yaw_l3"), ("PushT-v1", "gripper_force_l3")}


def test_a_command_plays_every_part_unless_one_is_named():
    tasks = [part.task for part in Selection(suite="any-task").parts()]
    assert tasks == list(catalog.suite("any-task").tasks)
    assert Selection(suite="any-task", task="PushCube-v1").parts() == (Selection(suite="any-task", task="PushCube-v1"),)
    assert Selection(suite="quick").parts() == (Selection(suite="quick"),)


def test_a_suite_whose_task_is_none_of_its_tasks_is_refused(tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text(
        "name: odd\nversion: 1\ntask: PushCube-v1\ntasks: [PullCube-v1]\nepisodes: 1\nconditions: [nominal]\n"
    )
    with pytest.raises(ConfigError, match="PushCube-v1"):
        catalog.read_suite(path)
