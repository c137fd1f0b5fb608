"""The progress of an episode, for every family of tasks."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from vlagen_bench import tasks
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog, native_tasks, plan
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.policies.noop import Noop
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.tasks import FAMILIES, TaskFamily
from vlagen_bench.tasks.judge import EventHistory, Judge, Status

TASKS = [
    pytest.param(
        catalog.task(name),
        id=name,
        marks=[pytest.mark.sim, *([pytest.mark.bridge] if catalog.task(name).scene == "bridge" else [])],
    )
    for name in catalog.task_names()
]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts(Status):
    """Of an imagined family with four stages."""

    b: bool = False
    d: bool = False


class ScriptedJudge(Judge):
    """Says what its script says, step by step."""

    def look(self, tool_m):
        script = self.rule[self.step - 1]
        common = {**vars(self.past), "released": True, "grasped_now": "grasped" in script, "tool_source_m": 1.0}
        status = Facts(**common, trouble=None, success="success" in script, b="b" in script, d="d" in script)
        return self._named(status)

    def status(self, contacts, tool_m, common):
        raise AssertionError("look is scripted")

    def failure_mode(self, status):
        return "never_reached"


def course(*script, stages=("reached", "grasped", "b", "d")):
    """The progress after each step."""
    body = SimpleNamespace(position_m=np.zeros(3), role="source")
    judge = ScriptedJudge(world=SimpleNamespace(bodies={"source": body}), rule=script, asked=("source",))
    judge.stages = stages
    return [judge.count(np.zeros(3)).progress for _ in script]


def test_it_is_the_furthest_stage_so_far_of_all_and_success():
    assert course((), ("grasped",), (), ("b",), ()) == [0, 0.4, 0.4, 0.6, 0.6]


def test_a_stage_counts_whatever_came_before_it():
    assert course(("d",), ("b",)) == [0.8, 0.8]


def test_it_is_one_during_success_and_only_then():
    assert course((), ("success",), ("success",), ()) == [0, 1, 1, 0.8], "a success that is lost came to all before it"


def test_a_family_without_stages_of_its_own_has_reached_and_grasped():
    assert tuple(TaskFamily.stages) == ("reached", "grasped")
    assert course(("grasped",), ("success",), stages=tuple(TaskFamily.stages)) == [2 / 3, 1]


@pytest.mark.parametrize("family", list(FAMILIES), ids=lambda family: family.name)
def test_every_family_declares_its_stages_with_words(family):
    assert len(family.stages) >= 2 and all(family.stages.values())
    # A task of ManiSkill may be done without a grasp, such as a push.
    assert list(family.stages)[:2] == ["reached", "moved" if family.name == native_tasks.FAMILY else "grasped"]


def test_stages_that_are_no_mapping_of_words_are_refused():
    from vlagen_bench.axes.shared import declared

    mine = FAMILIES.get("put_on")
    wrong = type("Wrong", (mine,), {"stages": ("reached",), "name": "wrong"})
    with pytest.raises(ConfigError, match="`stages` is"):
        declared.check_family(wrong)


@pytest.mark.parametrize("task", TASKS)
def test_the_stages_are_flags_of_the_status_and_nothing_that_happens_is_no_progress(task):
    sim, policy = Simulator.of(task, drawn=False), Noop()
    statuses = [sim.reset(plan.sample(task, task.nominal_name, index=0, seed=0)[0])]
    statuses += [sim.advance(policy.act({}, "")) for _ in range(20)]
    assert {status.progress for status in statuses} == {0.0}
    for name in tasks.family_of(task).stages:
        assert getattr(statuses[-1], name) is False, name


@pytest.mark.parametrize("task", TASKS)
def test_the_expert_goes_through_all_stages_up_to_success(task):
    sim, expert = Simulator.of(task, drawn=False), Expert()
    episode = plan.sample(task, task.nominal_name, index=1, seed=0)[0]
    status = sim.reset(episode)
    expert.attach(sim)
    expert.reset([episode.id])
    course = [status.progress]
    while not status.success and sim.steps < task.max_steps:
        status = sim.advance(expert.act(None, sim.instruction))
        course.append(status.progress)
    stages = len(tasks.family_of(task).stages)
    assert course == sorted(course) and course[-1] == 1.0 and max(course[:-1]) < 1.0
    assert set(np.round(np.array(course) * (stages + 1), 9)) <= set(range(stages + 2))
    assert len(set(course)) > stages - 1, "it comes by its stages one by one"
    assert all(getattr(status, name) for name in tasks.family_of(task).stages)


def test_a_history_begins_without_progress():
    assert EventHistory().progress == 0.0 and EventHistory().raised is False
