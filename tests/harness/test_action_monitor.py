"""The warning about actions beyond the arm, as it reaches whoever started the run."""

import numpy as np
import pytest

from helpers.fakes import FakeSim, Stepper, loaded
from helpers.runs import PLAN, TASK, go
from vlagen_bench.harness.action_monitor import EPISODES, FEWEST, ActionMonitor
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.episode import PlayedEpisode
from vlagen_bench.harness.executors import make_executor
from vlagen_bench.harness.limits import Limits
from vlagen_bench.policies.base import load
from vlagen_bench.policies.isolation.proxy import IsolationLimits
from vlagen_bench.policies.isolation.proxy import load as load_isolated
from vlagen_bench.policies.noop import Noop
from vlagen_bench.policies.random import Random
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.oversized import BoundLimits, StepLimits
from vlagen_bench.types import EpisodeResult

LIMITS = StepLimits.of(specs.of_task(TASK))


class Metres:
    """50 m a step."""

    def act(self, obs, instr):
        return np.full(7, 50.0)


class Constant:
    """Always the same."""

    def __init__(self, *numbers):
        self._action = np.array(numbers)

    def act(self, obs, instr):
        return self._action


def monitored():
    notes = []
    return ActionMonitor(LIMITS, notes.append), notes


def played(actions, outcome="failure"):
    result = EpisodeResult(
        episode=PLAN.episodes[0], outcome=outcome, success_once=False, success_at_end=outcome == "success",
        steps=len(actions), metrics={}, timings={}, error=None,
    )  # fmt: skip
    return PlayedEpisode(result=result, actions=list(np.float32(actions)), state_hashes=[])


def run(policy, *, episodes=2, workers=None):
    monitor, notes = monitored()
    made = policy if hasattr(policy, "policy") else loaded(policy)
    with make_executor(
        TASK, FakeSim, made, workers=workers, execution=Execution(), limits=Limits(), film=None,
        note=notes.append, watch=monitor.watch,
    ) as executor:  # fmt: skip
        for together in executor.endings(PLAN.episodes[:episodes]):
            for one in together:
                monitor.ended(one)
    return notes


def test_it_warns_once_and_says_what_was_commanded_what_is_possible_and_why():
    (note,) = run(Metres())
    assert note.startswith(f"warning: {FEWEST} of the first {FEWEST} actions command more")
    for part in ("86.6 m", "panda can do 0.34 m and 0.50 rad", "normalised to [-1, 1]", "millimetres", "frame"):
        assert part in note


def test_it_warns_while_the_first_episode_is_played():
    monitor, notes = monitored()
    for _ in range(FEWEST):
        assert not notes
        monitor.watch(np.full((1, 7), 50.0, np.float32))
    assert len(notes) == 1


def test_actions_within_one_are_told_to_be_normalised():
    (note,) = run(Constant(0.4, -0.2, -0.7, 0.1, 0.3, -0.5, 1.0), episodes=1)
    assert "All lie in [-1, 1]" in note


@pytest.mark.slow
def test_the_warning_comes_from_workers_and_from_an_isolated_policy():
    assert len(run(Metres(), workers=2)) == 1
    isolated = load_isolated("helpers.hostile:Far", {}, IsolationLimits(step_s=30))
    try:
        assert len([note for note in run(isolated) if note.startswith("warning")]) == 1
    finally:
        isolated.policy.close()


def test_of_a_cluster_it_is_known_when_the_first_episode_has_ended():
    monitor, notes = monitored()
    monitor.ended(played(np.full((80, 7), 50.0)))
    monitor.ended(played(np.full((80, 7), 50.0)))
    assert len(notes) == 1 and "80 of the first 80" in notes[0]


@pytest.mark.parametrize("policy", [Noop(), Random(), load("helpers.fakes:Oracle", {}).policy])
def test_there_is_no_alarm_for_policies_of_the_right_scale(policy):
    made = loaded(policy) if not getattr(policy, "privileged", False) else load("helpers.fakes:Oracle", {})
    assert run(made, episodes=4) == []


def test_some_wild_steps_are_no_alarm():
    monitor, notes = monitored()
    small, wild = np.zeros((100, 7), np.float32), np.full((1, 7), 3.0, np.float32)
    for _ in range(10):
        monitor.watch(small)
        monitor.watch(wild)
    assert not notes


@pytest.mark.parametrize(
    ("gripper", "words"),
    [
        ((0.0, 1.0), "never told to close (below 0): its values were from 0 to 1"),
        ((1.0, 1.0), "never told to close (below 0): its value was always 1, and here"),
        ((-1.0, -0.5), "never told to open (above 0)"),
    ],
)
def test_a_gripper_that_never_closes_or_opens_is_a_hint_after_some_failures(gripper, words):
    monitor, notes = monitored()
    actions = np.array([[0.02, 0, 0, 0, 0, 0, value] for value in gripper])
    for number in range(1, EPISODES + 2):
        monitor.ended(played(actions))
        assert len(notes) == (number >= EPISODES)
    assert notes[0].startswith("hint:") and words in notes[0]


@pytest.mark.parametrize(
    ("actions", "outcome"),
    [
        ([[0.02, 0, 0, 0, 0, 0, 1], [0.02, 0, 0, 0, 0, 0, -1]], "failure"),
        ([[0.02, 0, 0, 0, 0, 0, 1]], "success"),
        ([[0, 0, 0, 0, 0, 0, 1]], "failure"),
        (np.zeros((0, 7)), "error"),
    ],
    ids=["both", "success", "stands still", "no action"],
)
def test_there_is_no_hint_where_the_gripper_is_used_or_not_needed(actions, outcome):
    monitor, notes = monitored()
    for _ in range(2 * EPISODES):
        monitor.ended(played(actions, outcome))
    assert not notes


def test_every_record_says_how_many_steps_were_oversized(tmp_path):
    assert [one["metrics"]["oversized_steps"] for one in go(tmp_path / "a", Stepper()).values()] == [0] * len(
        PLAN.episodes
    )
    for record in go(tmp_path / "b", Metres()).values():
        assert record["metrics"]["oversized_steps"] == record["steps"] == TASK.max_steps


def test_of_joints_and_of_few_numbers_no_gripper_is_guessed_and_the_bounds_are_named():
    """Of a task of ManiSkill an action has as many numbers as its robot, in units of its controller."""
    bounds = {"low": np.full(3, -1.0), "high": np.full(3, 1.0)}
    limits = BoundLimits(robot="panda_stick", control_hz=20, move_m=0.0, turn_rad=0.0, **bounds)
    said = []
    monitor = ActionMonitor(limits, said.append)
    for _ in range(EPISODES):
        monitor.ended(played(np.full((FEWEST, 3), 0.5)))
    assert said == []
    monitor.watch(np.full((FEWEST, 3), 2.0))
    assert len(said) == 1 and "beyond the bounds of its 3 numbers" in said[0]
