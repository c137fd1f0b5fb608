"""The family "pick up": when its judge says success, what it says otherwise, and its runs."""

import json
import warnings
from types import SimpleNamespace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import vlagen_bench  # noqa: F401 - registers the ids
from helpers.commands import call
from vlagen_bench.scenes import specs
from vlagen_bench.tasks.pick_up import PickUp, PickUpRule

TOOL_M = np.zeros(3)
SQUEEZE = {"left": np.array([0.0, 2.0, 0.0]), "right": np.array([0.0, -2.0, 0.0])}


class FakeWorld:
    """A source and a distractor whose heights, and a grip whose presence, a test says."""

    spec = specs.scene("tabletop")

    def __init__(self):
        upright = SimpleNamespace(p=np.zeros(3), q=np.array([1.0, 0, 0, 0]))
        names = self.spec.robot.finger_links
        self.links = {
            name: SimpleNamespace(entity=SimpleNamespace(per_scene_id=number, pose=upright))
            for number, name in enumerate(names)
        }
        self.bodies = {
            role: SimpleNamespace(
                role=role, entity=SimpleNamespace(per_scene_id=id_), position_m=np.array([0.5, 0, 0.02])
            )
            for role, id_ in (("source", 2), ("distractor", 3))
        }
        self.gripped = None

    def forces_n(self):
        if self.gripped is None:
            return {}
        body = self.bodies[self.gripped].entity.per_scene_id
        return {frozenset((0, body)): SQUEEZE["left"], frozenset((1, body)): SQUEEZE["right"]}

    def lift(self, role, rise_m, *, gripped=True):
        self.gripped = role if gripped else None
        self.bodies[role].position_m = np.array([0.5, 0, 0.02 + rise_m])


def judged(*moments, rule=None):
    """The statuses after these control steps, each told as (rise of the source, whether it is gripped)."""
    world = FakeWorld()
    judge = PickUp.judge(world, rule or PickUpRule())
    found = []
    for rise_m, gripped in moments:
        world.lift("source", rise_m, gripped=gripped)
        found.append(judge.count(TOOL_M))
    return found


def test_it_is_done_once_it_was_held_high_enough_for_a_second():
    """Five whole control steps of 0.2 s lie between six of their ends; the step that lifts it is no part of the second."""
    found = judged(*[(0.11, True)] * 7)
    assert [status.success for status in found] == [False] * 5 + [True] * 2
    assert found[-1].first_success_step == 6 and found[-1].held_s == pytest.approx(1.2)
    assert [status.held_s for status in found[:2]] == pytest.approx([0.0, 0.2])


def test_a_break_begins_the_second_again():
    high, low, dropped = (0.11, True), (0.09, True), (0.11, False)
    for pause in (low, dropped):
        assert [one.success for one in judged(*[high] * 5, pause, *[high] * 6)] == [False] * 11 + [True]


def test_longer_control_steps_count_for_longer():
    world = FakeWorld()
    judge = PickUp.judge(world, PickUpRule())
    world.lift("source", 0.11)
    assert [judge.count(TOOL_M, lasted=1.3).success for _ in range(5)] == [False] * 4 + [True]


def test_looking_counts_nothing():
    world = FakeWorld()
    judge = PickUp.judge(world, PickUpRule())
    world.lift("source", 0.11)
    assert not any(judge.look(TOOL_M).success for _ in range(10))


@pytest.mark.parametrize(
    ("moments", "mode"),
    [
        ([(0.0, False)], "never_reached"),
        ([(0.05, True)], "lifted_too_low"),
        ([(0.05, True), (0.0, False)], "dropped"),
        ([(0.11, True)], "not_held_long_enough"),
        ([(0.11, True), (0.0, False)], "lifted_then_lost"),
    ],
)
def test_what_went_wrong(moments, mode):
    assert judged(*moments)[-1].trouble == mode


def test_lifting_another_object_is_said():
    world = FakeWorld()
    judge = PickUp.judge(world, PickUpRule())
    world.lift("distractor", 0.11)
    status = judge.count(TOOL_M)
    assert status.trouble == "wrong_object_lifted" and status.wrong_object_lifted and not status.grasped


@pytest.mark.sim
@pytest.mark.parametrize(
    "env_id",
    ["VLAGen/TabletopPickUp-Nominal-v1", pytest.param("VLAGen/BridgePickUp-Nominal-v1", marks=pytest.mark.bridge)],
)
def test_check_env_finds_nothing(env_id):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gym.make(env_id).unwrapped)


@pytest.mark.sim
def test_the_shaped_reward_of_an_expert_adds_up_to_that_of_success():
    from vlagen_bench.policies.expert.policy import Expert

    env = gym.make("VLAGen/TabletopPickUp-Main-v1").unwrapped
    env.reset(seed=2)
    expert = Expert()
    expert.attach(env._sim)
    expert.reset([""])
    total, over = 0.0, False
    while not over:
        _, reward, terminated, truncated, info = env.step(expert.act(None, ""))
        total, over = total + reward, terminated or truncated
    assert info["success"] and total == pytest.approx(1.2)


@pytest.mark.sim
def test_a_run_is_evaluated_reported_and_replayed_bit_for_bit(tmp_path):
    out = tmp_path / "run"
    made = call("vlagen-eval", "--policy", "expert", "--suite", "pick", "--conditions", "distractor_object_train",
                "--episodes", "1", "--out", out, "--video", "none", cwd=tmp_path)  # fmt: skip
    assert made.returncode == 0, made.stderr
    lines = [json.loads(line) for line in (out / "episodes.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 2 and all(line["outcome"] == "success" for line in lines)
    assert {"reached", "grasped", "lifted", "rise_m", "held_s", "trouble"} <= set(lines[0]["metrics"])
    again = call("vlagen", "replay", out, cwd=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr


@pytest.mark.sim
def test_a_failed_run_says_why_in_words(tmp_path):
    out = tmp_path / "run"
    made = call("vlagen-eval", "--policy", "noop", "--suite", "pick", "--conditions", "nominal", "--episodes", "1",
                "--out", out, "--video", "none", cwd=tmp_path)  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "never came near" in (out / "report.html").read_text(encoding="utf-8")
