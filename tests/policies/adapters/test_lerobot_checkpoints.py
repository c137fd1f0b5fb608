"""What a checkpoint of LeRobot says of itself in its `config.json`, before its weights are loaded."""

import json
import sys

import pytest
import torch

from helpers.fake_hub import COMMIT, installed
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import base
from vlagen_bench.policies.adapters.lerobot import Sessions
from vlagen_bench.policies.adapters.names import adapter_class


@pytest.fixture
def hub(tmp_path, monkeypatch):
    return installed(tmp_path / "hub", monkeypatch)


def act_config(folder, state=15, action=7, **more):
    features = {
        "input_features": {"observation.images.top": {"shape": [3, 48, 64]}, "observation.state": {"shape": [state]}},
        "output_features": {"action": {"shape": [action]}},
    }
    (folder / "config.json").write_text(json.dumps({"n_action_steps": 5, "chunk_size": 10, **features, **more}))
    return folder


def lerobot(checkpoint="", **arguments):
    return adapter_class("lerobot").without_model(checkpoint, **arguments)


def test_a_lerobot_checkpoint_of_the_hub_says_its_pictures_before_its_weights_are_fetched(hub):
    (act_config(hub.folder("someone/act")) / "model.safetensors").write_bytes(b"weights")
    made = lerobot("someone/act", replan_steps="3")
    assert list(made.conventions.pictures) == ["observation.images.top"] and made.version() == f"someone/act@{COMMIT}"
    assert (made.conventions.chunk, made.conventions.played) == (10, 3)
    assert hub.asked == [("someone/act", "config.json", None)]
    made.fetch()
    assert hub.asked[-1] == ("someone/act", "*", COMMIT) and len(made.version()) == 16
    hub.offline = True
    with pytest.raises(PolicyError, match=r"the Hub does not give its config\.json.*Give the folder"):
        lerobot("nobody/act")


def test_a_lerobot_folder_without_a_configuration_is_refused(tmp_path):
    with pytest.raises(PolicyError, match=r"has no config\.json"):
        lerobot(str(tmp_path))
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(PolicyError, match="cannot be read"):
        lerobot(str(tmp_path))


@pytest.mark.parametrize(
    "said",
    [
        {"input_features": [1]},
        {"chunk_size": "x"},
        {"chunk_size": -5},
        {"horizon": 10**9},
        {"n_action_steps": 1.5},
        {"input_features": {"observation.images.a": {"shape": [3, 99_999, 99_999]}}},
        {"input_features": {"observation.images.a": {"shape": "abc"}}},
    ],
)
def test_a_lerobot_configuration_that_cannot_be_is_refused(tmp_path, said):
    (tmp_path / "config.json").write_text(json.dumps(said))
    with pytest.raises(PolicyError, match=r"of config\.json cannot be"):
        lerobot(str(tmp_path))


def test_a_lerobot_policy_of_another_robot_is_refused_before_it_is_loaded(tmp_path):
    act_config(tmp_path, state=14, action=14)
    with pytest.raises(PolicyError, match=r"has action of 14 numbers, and here it has 7"):
        lerobot(str(tmp_path))
    act_config(tmp_path, state=8)
    with pytest.raises(PolicyError, match=r"has observation.state of 8 numbers, and here it has 15"):
        lerobot(str(tmp_path))
    assert lerobot(str(tmp_path), trained_on="libero").conventions.state is not None
    assert lerobot(str(tmp_path), state="position,quat_wxyz,opening") is not None


def test_a_missing_package_is_said_before_the_hub_is_asked(hub, monkeypatch):
    monkeypatch.setitem(sys.modules, "lerobot", None)
    with pytest.raises(PolicyError, match="needs the package lerobot"):
        base.load("lerobot:someone/act", {})
    assert hub.asked == []


@pytest.mark.parametrize(
    ("names", "cameras"),
    [
        ("wrist", "wrist"),
        ("hand_camera", "wrist"),
        ("top", "primary"),
        ("eye_in_hand,front", "wrist,primary"),
        ("gripper,front", "wrist,primary"),
        ("side,front", "side,primary"),
        ("left_wrist,right_wrist,top", "wrist,right_wrist,primary"),
    ],
)
def test_no_camera_stands_for_another_one(tmp_path, names, cameras):
    pictures = {f"observation.images.{name}": {"shape": [3, 48, 64]} for name in names.split(",")}
    made = lerobot(str(act_config(tmp_path, input_features=pictures | {"observation.state": {"shape": [15]}})))
    given = [made.conventions.pictures[name].camera for name in pictures]
    assert given == cameras.split(",")


class Counting:
    """A policy of LeRobot's form that answers how often it was asked since its reset."""

    def reset(self):
        self.asked = 0

    def select_action(self, batch):
        self.asked += 1
        return torch.tensor([float(self.asked)])


def test_the_episode_that_was_asked_longest_ago_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(Sessions, "KEPT", 2)
    sessions = Sessions(torch, Counting(), lambda batch: batch, lambda action: action)
    found = [sessions.answers([{"episode": name}])[0].item() for name in "abacaab"]
    assert found == [1, 1, 2, 1, 3, 4, 1]
