"""Adapters as they are played: what is asked when, what is remembered of each episode, and how chunks are cut."""

import sys
from types import ModuleType

import numpy as np
import pytest

from helpers.adapted import adapter, obs
from vlagen_bench.policies import base
from vlagen_bench.policies.adapters.actions import ActionForm, OutputForm
from vlagen_bench.policies.adapters.base import Adapter
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.datasets import VLAGEN


class Scripted(Adapter):
    """Answers what it is told to, and counts its questions."""

    NAME = "scripted"
    FORM = ActionForm(gripper="plus_one_open")
    CHUNK = 4

    def declare(self):
        return Conventions(
            state=VLAGEN.state,
            output=OutputForm(action=self.FORM),
            chunk=self.CHUNK,
            replan_steps=2,
            prompt_key="prompt",
        )

    def connect(self):
        self.asked = []
        return self.answers

    def answers(self, inputs):
        self.asked.append(len(inputs))
        return [self.chunk(len(self.asked)) for _ in inputs]

    def chunk(self, number):
        actions = np.zeros((self.CHUNK, 7))
        actions[:, 0] = number + np.arange(self.CHUNK) / 10
        return actions


class Absolute(Scripted):
    """Absolute targets, each 1 cm above the one before, from 0.5 m on."""

    FORM = ActionForm(gripper="plus_one_open", reference="absolute", rotation="quat_wxyz")

    def chunk(self, number):
        heights = 0.5 + 0.01 * (np.arange(self.CHUNK) + 2 * (number - 1))
        return np.array([[0.3, 0, height, 0, 1, 0, 0, 1] for height in heights])


def seen(episode="a"):
    state = np.zeros(15, np.float32)
    state[[0, 2, 4]] = 0.3, 0.4, 1.0
    return {**obs(), "state": state, "episode_id": episode}


def test_the_first_actions_of_a_chunk_are_played():
    policy = Scripted()
    assert policy.act(seen(), "go").shape == (2, 7)
    assert Scripted(replan_steps="3").act(seen(), "go")[:, 0].tolist() == pytest.approx([1.0, 1.1, 1.2])
    assert len(Scripted(replan_steps="0").act(seen(), "go")) == 4
    assert len(Scripted(replan_steps="9").act(seen(), "go")) == 4


def test_absolute_targets_are_played_one_by_one_from_where_the_last_led_to():
    policy = Absolute()
    moves = [policy.act(seen(), "go")[0] for _ in range(5)]
    assert policy.asked == [1, 1, 1]  # after two steps each
    np.testing.assert_allclose([move[2] for move in moves], [0.1, 0.01, 0.01, 0.01, 0.01], atol=1e-6)
    np.testing.assert_allclose(np.stack(moves)[:, 3:6], 0, atol=1e-6)


def test_episodes_are_remembered_apart_and_forgotten_when_they_begin():
    policy = Absolute()
    policy.act(seen("a"), "go")
    first_of_b = policy.act_batch([seen("a"), seen("b")], ["go", "go"])[1]
    assert first_of_b[0, 2] == pytest.approx(0.5 + 0.02 - 0.4, abs=1e-6) and policy.asked == [1, 1]
    policy.reset(["a"])
    policy.act(seen("a"), "go")
    assert policy.asked == [1, 1, 1]


def test_an_ensemble_asks_at_every_step_and_averages():
    policy = Scripted(ensemble="0")
    found = [policy.act(seen(), "go")[0, 0] for _ in range(3)]
    assert found == pytest.approx([1.0, np.mean([1.1, 2.0]), np.mean([1.2, 2.1, 3.0])])
    assert policy.asked == [1, 1, 1]


@pytest.mark.parametrize("ensemble", [{}, {"ensemble": "0"}])
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (np.zeros((5, 1, 7)), "answered float64 of the shape (5, 1, 7); expected are numbers of the shape (actions, 7)"),
        (np.zeros((4, 8)), "of the shape (4, 8); expected are numbers of the shape (actions, 7): translation 3, rotation 3, "),
        (np.zeros((0, 7)), "of the shape (0, 7)"),
        (None, "answered object of the shape (1, 1)"),
        ([[1, 2], [3]], "the model's answer, a list, is no array: ValueError"),
        ({"action": 1}, "answered object"),
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_one_sentence(answer, says, ensemble):
    policy = Scripted(**ensemble)
    policy.chunk = lambda number: answer
    with pytest.raises(base.PolicyError) as raised:
        policy.act(seen(), "go")
    assert says in str(raised.value) and str(raised.value).startswith("scripted: ") and "\n" not in str(raised.value)


def test_a_sticky_gripper_holds():
    class Flips(Scripted):
        CHUNK = 1

        def chunk(self, number):
            return np.array([[0, 0, 0, 0, 0, 0, 1.0 if number % 2 else -1.0]])

    sticky = Flips(sticky_steps="3")
    assert [sticky.act(seen(), "go")[0, 6] for _ in range(5)] == [1, -1, -1, -1, 1]


def test_a_simpler_object_is_made_for_each_episode_with_its_arguments(monkeypatch):
    made = []

    class Robot:
        def __init__(self, speed="1"):
            self.speed, self.told, self.steps = float(speed), None, 0
            made.append(self)

        def reset(self, text):
            self.told, self.steps = text, 0

        def step(self, image, text):
            assert image.dtype == np.uint8 and image.shape == (256, 256, 3) and text == self.told
            self.steps += 1
            action = {
                "world_vector": np.array([self.speed * self.steps, 0, 0]), "rot_axangle": np.array([0, 0, 0.1]),
                "gripper": np.array([-1.0]), "terminate_episode": np.array([0.0]),
            }  # fmt: skip
            return {}, action

    module = ModuleType("their_robot")
    module.Robot = Robot
    monkeypatch.setitem(sys.modules, "their_robot", module)
    loaded = base.load("simpler:their_robot:Robot", {"speed": "0.01"})
    first = loaded.policy.act_batch([seen("a"), seen("b")], ["lift", "push"])
    second = loaded.policy.act(seen("a"), "lift")
    np.testing.assert_allclose(first[0], [[0.01, 0, 0, 0, 0, 0.1, -1]], atol=1e-6)
    assert second[0, 0] == pytest.approx(0.02) and len(made) == 2
    loaded.policy.reset(["a"])
    assert loaded.policy.act(seen("a"), "lift")[0, 0] == pytest.approx(0.01) and len(made) == 3
    assert loaded.shown_arguments == {"speed": "0.01", "checkpoint": "their_robot:Robot"}
    with pytest.raises(base.PolicyError, match="Name it as simpler:MODULE:CLASS"):
        base.load("simpler:their_robot:Nobody", {})
    with pytest.raises(
        base.PolicyError, match=r"simpler:their_robot:Robot cannot be made: ValueError.*constructor: speed"
    ):
        base.load("simpler:their_robot:Robot", {"speed": "fast"})
    with pytest.raises(base.PolicyError, match=r"cannot be made: TypeError.*constructor: spead"):
        base.load("simpler:their_robot:Robot", {"spead": "1"})


@pytest.fixture
def counting(monkeypatch):
    """A class whose objects move 1 cm farther at each step; how many there were."""

    class Counting:
        made = 0

        def __init__(self):
            Counting.made += 1

        def reset(self, text):
            self.steps = 0

        def step(self, image, text):
            self.steps += 1
            return {}, {"world_vector": [self.steps / 100, 0, 0], "rot_axangle": [0, 0, 0], "gripper": [1]}

    module = ModuleType("their_counter")
    module.Counting = Counting
    monkeypatch.setitem(sys.modules, "their_counter", module)
    return Counting


def test_more_episodes_at_once_than_objects_are_kept_remember_each(counting):
    policy = base.load("simpler:their_counter:Counting", {}).policy
    many = [seen(str(i)) for i in range(65)]
    for _ in range(3):
        moved = [actions[0, 0] for actions in policy.act_batch(many, ["go"] * 65)]
    assert moved == pytest.approx([0.03] * 65) and counting.made == 65


def test_the_object_that_was_asked_longest_ago_is_let_go_and_its_episode_is_told(counting):
    policy = base.load("simpler:their_counter:Counting", {}).policy
    for i in range(100):
        policy.act(seen(f"short {i}"), "go")
        assert policy.act(seen("long"), "go")[0, 0] == pytest.approx((i + 1) / 100)
    with pytest.raises(base.PolicyError, match=r"the object of the episode short 0 was let go.*Play fewer episodes at"):
        policy.act(seen("short 0"), "go")
    policy.reset(["short 0"])
    assert policy.act(seen("short 0"), "go")[0, 0] == pytest.approx(0.01)


def test_a_batch_larger_than_what_is_remembered_forgets_none_of_its_episodes(monkeypatch):
    monkeypatch.setattr("vlagen_bench.policies.adapters.base.MOST_EPISODES", 2)
    policy = Absolute()
    many = [seen(name) for name in "abc"]
    for _ in range(2):  # two steps of one chunk
        policy.act_batch(many, ["go"] * 3)
    assert policy.asked == [3]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("json:dumps", "is a function, not a class"),
        ("json:JSONDecoder", "has no step and no reset"),
        ("json", "Name it as simpler:MODULE:CLASS"),
        ("json:", "Name it as simpler:MODULE:CLASS"),
        (":x", "Name it as simpler:MODULE:CLASS"),
    ],
)
def test_what_is_no_simpler_object_is_one_sentence(name, says):
    with pytest.raises(base.PolicyError) as raised:
        base.load(f"simpler:{name}", {})
    assert says in str(raised.value) and "\n" not in str(raised.value)


def test_lerobots_queues_are_kept_for_each_episode():
    from vlagen_bench.policies.adapters.lerobot import Sessions

    torch = pytest.importorskip("torch")

    class Policy(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))
            self.reset()

        def reset(self):
            self._queue = []

        def select_action(self, batch):
            self._queue.append(float(batch["observation.state"][0]))
            return torch.tensor([[sum(self._queue)]])

    sessions = Sessions(torch, Policy(), lambda batch: batch, lambda action: action)

    def ask(episode, value):
        given = {"observation.state": np.array([value], np.float32), "task": "go", "episode": episode}
        return sessions.answers([given])[0].item()

    assert [ask("a", 1), ask("b", 10), ask("a", 2), ask("b", 20)] == [1, 10, 3, 30]
    sessions.begin("a")
    assert ask("a", 5) == 5 and ask("b", 1) == 31


def test_lerobots_checkpoint_says_its_pictures_and_steps(tmp_path):
    (tmp_path / "config.json").write_text(
        '{"type": "act", "chunk_size": 100, "n_action_steps": 20, "input_features": {'
        '"observation.images.wrist": {"shape": [3, 96, 96]}, "observation.images.front": {"shape": [3, 240, 320]}}}'
    )
    from vlagen_bench.policies.adapters.lerobot import LeRobot

    made = LeRobot.without_model(str(tmp_path))
    given = made.encode(obs(), "go")
    assert given["observation.images.front"].shape == (3, 240, 320) and given["observation.images.wrist"].shape == (
        3,
        96,
        96,
    )
    assert given["observation.images.front"].dtype == np.float32 and given["observation.images.front"].max() <= 1
    assert "observation.state" not in given and (made.conventions.chunk, made.conventions.played) == (100, 20)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(base.PolicyError, match="cannot be read"):
        LeRobot.without_model(str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [({"form": "aloha"}, "14 joints of two ViperX arms"), ({"form": "droid", "scene": "bridge"}, "is a widowx250s")],
)
def test_forms_of_other_robots_are_refused_with_the_reason(arguments, reason):
    with pytest.raises(base.PolicyError, match=reason):
        adapter("openpi", **arguments)


def test_the_servers_answer_is_looked_at():
    with pytest.raises(base.PolicyError, match="answered without 'actions'; there is: error"):
        adapter("openpi").unpack({"error": "x"})
