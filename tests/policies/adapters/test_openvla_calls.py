"""How OpenVLA and OpenVLA-OFT are called: stand-ins of their classes and functions say what they were given."""

import sys
from types import ModuleType

import numpy as np
import pytest
import torch

from helpers.adapted import obs
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import base

BatchFeature = pytest.importorskip("transformers").BatchFeature
TOKENS = [31_871, 31_800, 31_950, 31_872, 31_872, 31_872, 31_744]
KEY = {"unnorm_key": "bridge_orig", "statistics": "published"}


class Processor:
    """Ends with the token of `Out:`, or with the empty word too, as some versions of the tokenizer do."""

    ids = (1, 512, 4451, 29901)

    def __call__(self, prompt, picture):
        self.prompt, self.picture = prompt, picture
        ids = torch.tensor([self.ids])
        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float()
        return BatchFeature({"input_ids": ids, "attention_mask": torch.ones_like(ids), "pixel_values": pixels})


class Model(torch.nn.Module):
    def generate(self, **asked):
        self.asked = asked
        return torch.cat([asked["input_ids"], torch.tensor([TOKENS])], dim=1)


@pytest.fixture
def openvla(monkeypatch):
    processor, model = Processor(), Model()
    loaded = {}

    def giving(one):
        def from_pretrained(checkpoint, **how):
            loaded[type(one).__name__] = (checkpoint, how)
            return one

        return type("Auto", (), {"from_pretrained": staticmethod(from_pretrained)})

    theirs = ModuleType("transformers")
    theirs.AutoProcessor, theirs.AutoModelForVision2Seq = giving(processor), giving(model)
    monkeypatch.setitem(sys.modules, "transformers", theirs)
    return processor, model, loaded


@pytest.mark.parametrize("ids", [(1, 512, 4451, 29901), (1, 512, 4451, 29901, 29871)])
def test_openvla_is_asked_with_the_empty_word_once(openvla, monkeypatch, ids):
    processor, model, loaded = openvla
    monkeypatch.setattr(Processor, "ids", ids)
    policy = base.load("openvla:openvla/openvla-7b", {"device": "cpu"}).policy
    action = policy.act(obs("bridge"), "Put the Carrot on the Plate")
    assert model.asked["input_ids"].tolist() == [[1, 512, 4451, 29901, 29871]]
    assert model.asked["attention_mask"].tolist() == [[1] * 5]
    assert model.asked["pixel_values"].dtype == torch.bfloat16 and processor.picture.size == (224, 224)
    assert processor.prompt == "In: What action should the robot take to put the carrot on the plate?\nOut:"
    assert (model.asked["do_sample"], model.asked["max_new_tokens"]) == (False, 7) and "temperature" not in model.asked
    assert loaded["Model"] == ("openvla/openvla-7b", {"torch_dtype": torch.bfloat16, "trust_remote_code": True})
    expected = policy.conventions.output.decode(np.array([TOKENS]), policy.situation(obs("bridge")))
    np.testing.assert_array_equal(action, expected)


def test_openvla_samples_at_the_temperature_of_the_paper(openvla):
    policy = base.load("openvla:runs/x", {**KEY, "device": "cpu", "temperature": "0.6", "dtype": "float32"}).policy
    policy.act(obs("bridge"), "go")
    _, model, _ = openvla
    assert (model.asked["do_sample"], model.asked["temperature"]) == (True, 0.6)
    assert model.asked["pixel_values"].dtype == torch.float32


def test_transformers_without_openvlas_class_says_which_environment_is_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", ModuleType("transformers"))  # as 5.0 is: without that class
    with pytest.raises(PolicyError, match=r"transformers==4\.40\.1"):
        base.load("openvla:runs/x", KEY)


@pytest.fixture
def oft(monkeypatch):
    """`experiments.robot.openvla_utils`, which is no package: it is found from the root of its repository."""
    utils, calls = ModuleType("experiments.robot.openvla_utils"), {}

    def vla(settings):
        calls["settings"] = settings
        return type("VLA", (), {"llm_dim": 4096})()

    def action(settings, vla, processor, given, task, head, projector):
        calls["given"], calls["task"], calls["parts"] = given, task, (processor, head, projector)
        return [np.array([0.5, 0, 0, 0, 0, 1, gripper]) for gripper in (0.9, 0.1)]

    utils.get_vla, utils.get_vla_action = vla, action
    utils.get_processor = lambda settings: "processor"
    utils.get_action_head = lambda settings, llm_dim: ("head", llm_dim)
    utils.get_proprio_projector = lambda settings, llm_dim, proprio_dim: ("projector", llm_dim, proprio_dim)
    robot = ModuleType("experiments.robot")
    robot.openvla_utils = utils
    for name, module in (
        ("experiments", ModuleType("experiments")),
        ("experiments.robot", robot),
        (utils.__name__, utils),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    return calls


def test_openvla_oft_is_called_by_its_own_functions(oft):
    policy = base.load("openvla_oft:somewhere", {"unnorm_key": "libero_goal_no_noops"}).policy
    actions = policy.act(obs(), "Lift it")
    settings = oft["settings"]
    assert (settings.pretrained_checkpoint, settings.unnorm_key) == ("somewhere", "libero_goal_no_noops")
    assert (settings.num_images_in_input, settings.use_proprio, settings.center_crop) == (2, True, False)
    assert oft["parts"] == ("processor", ("head", 4096), ("projector", 4096, 8)) and oft["task"] == "Lift it"
    shapes = {name: np.shape(value) for name, value in oft["given"].items() if name != "task_description"}
    assert shapes == {"full_image": (224, 224, 3), "wrist_image": (224, 224, 3), "state": (8,)}
    np.testing.assert_allclose(actions, [[0.025, 0, 0, 0, 0, 0.5, 1], [0.025, 0, 0, 0, 0, 0.5, -1]], atol=1e-6)


def test_openvla_oft_of_bridgedata_sees_one_picture(oft):
    policy = base.load("openvla_oft:somewhere", {"unnorm_key": "bridge_orig", "scene": "bridge"}).policy
    policy.act(obs("bridge"), "go")
    assert (oft["settings"].num_images_in_input, oft["settings"].unnorm_key) == (1, "bridge_orig")
    assert "wrist_image" not in oft["given"]


def test_openvla_oft_without_its_repository_says_what_to_do():
    with pytest.raises(PolicyError, match=r"follow SETUP\.md of moojink/openvla-oft"):
        base.load("openvla_oft:somewhere", {})
