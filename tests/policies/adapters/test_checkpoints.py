"""What is known of a checkpoint: its own files, those of the Hub, and what is said where nothing is known."""

import json
import sys
from types import ModuleType

import numpy as np
import pytest

from helpers.adapted import checkpoint_in
from vlagen_bench.cli import adapter as command
from vlagen_bench.diagnostics.adapter_check.check import check
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import base
from vlagen_bench.policies.adapters.datasets import published_statistics
from vlagen_bench.policies.adapters.names import adapter_class
from vlagen_bench.policies.adapters.openvla import OpenVLA
from vlagen_bench.policies.conversion.normalisation import Statistics

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SFT = Statistics(q01=(-0.05,) * 6 + (0.0,), q99=(0.05,) * 6 + (1.0,), mask=(True,) * 6 + (False,))
BRIDGE = published_statistics()["bridge_orig"]


class NotThere(Exception):
    """The Hub has no such file."""


class NobodyAnswers(NotThere, OSError):
    """There is no network, and the file is in no cache."""


class Hub:
    """Stands in for `huggingface_hub`: repositories are folders."""

    def __init__(self, top):
        self.top, self.asked, self.offline = top, [], False

    def folder(self, name):
        place = self.top / name / "snapshots" / COMMIT
        place.mkdir(parents=True, exist_ok=True)
        return place

    def hf_hub_download(self, name, file, *, revision=None):
        self.asked.append((name, file, revision))
        if self.offline:
            raise NobodyAnswers("check your connection")
        if not (self.top / name).is_dir():
            raise OSError(f"404 Client Error: {name}")
        if not (self.folder(name) / file).is_file():
            raise NotThere(file)
        return str(self.folder(name) / file)

    def snapshot_download(self, name, *, revision=None):
        self.asked.append((name, "*", revision))
        return str(self.folder(name))


@pytest.fixture
def hub(tmp_path, monkeypatch):
    made = Hub(tmp_path / "hub")
    module, utils = ModuleType("huggingface_hub"), ModuleType("huggingface_hub.errors")
    module.hf_hub_download, module.snapshot_download = made.hf_hub_download, made.snapshot_download
    utils.EntryNotFoundError, utils.LocalEntryNotFoundError = NotThere, NobodyAnswers
    module.errors = utils
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    monkeypatch.setitem(sys.modules, "huggingface_hub.errors", utils)
    return made


def openvla(checkpoint="", **arguments):
    return adapter_class("openvla").without_model(checkpoint, **arguments)


@pytest.fixture
def without_hub(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)


def test_a_checkpoint_whose_statistics_are_nowhere_never_gets_those_of_another(without_hub):
    for arguments in ({}, {"unnorm_key": "bridge_orig"}):
        with pytest.raises(PolicyError) as raised:
            openvla("someone/openvla-finetuned", **arguments)
        for said in (
            "no folder someone/openvla-finetuned",
            "huggingface_hub",
            "statistics=dataset_statistics.json",
            "statistics=published",
        ):
            assert said in str(raised.value)
    with pytest.raises(PolicyError, match="no folder runs/x"):
        openvla("runs/x")


@pytest.mark.parametrize("checkpoint", ["", "openvla/openvla-7b"])
def test_openvla_7b_has_the_published_statistics_of_the_scenes_robot(checkpoint, without_hub):
    output = openvla(checkpoint).conventions.output
    assert (output.key, output.statistics) == ("bridge_orig", BRIDGE)
    said = check(openvla(checkpoint)).assumed["normalisation"]
    assert said == "quantiles of bridge_orig, from what openvla/openvla-7b published"
    with pytest.raises(PolicyError, match=r"statistics of 2 data sets.*Name it: unnorm_key=KEY"):
        openvla(checkpoint, scene="tabletop")  # a Panda, of which there are none


def test_the_models_of_the_paper_have_the_statistics_of_bridgedata_and_its_fine_tuned_one_has_not(without_hub):
    assert openvla("gen-robot/openvla-7b-rlvla-rl", unnorm_key="bridge_orig").conventions.output.statistics == BRIDGE
    with pytest.raises(PolicyError, match="no folder gen-robot/openvla-7b-rlvla-sft_16k"):
        openvla("gen-robot/openvla-7b-rlvla-sft_16k", unnorm_key="sft")


def test_published_statistics_are_taken_where_the_user_says_so(without_hub):
    assert openvla("someone/x", statistics="published").conventions.output.statistics == BRIDGE


def test_the_only_key_of_a_checkpoint_is_its_key_and_one_of_several_has_to_be_named(tmp_path):
    own = checkpoint_in(tmp_path / "own", {"sft": SFT})
    checkpoint_in(own, {"bridge_orig": BRIDGE, "sft": SFT}, "config.json")  # what it knew before, too
    assert openvla(str(own)).conventions.output.key == "sft"
    assert openvla(str(own), unnorm_key="bridge_orig").conventions.output.statistics == BRIDGE
    both = checkpoint_in(tmp_path / "both", {"bridge_orig": BRIDGE, "sft": SFT})
    with pytest.raises(PolicyError, match=r"2 data sets.*There are: bridge_orig, sft"):
        openvla(str(both))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(PolicyError, match=r"has none, neither in dataset_statistics.json nor in config.json"):
        openvla(str(empty))


def test_statistics_of_the_hub_are_fetched_and_their_commit_is_the_version(hub):
    checkpoint_in(hub.folder("gen-robot/openvla-7b-rlvla-sft_16k"), {"sft": SFT})
    made = openvla("gen-robot/openvla-7b-rlvla-sft_16k", unnorm_key="sft")
    np.testing.assert_allclose(made.conventions.output.statistics.q99, SFT.q99)
    assert made.version() == made.spec["version"] == f"gen-robot/openvla-7b-rlvla-sft_16k@{COMMIT}"
    assert {file for _, file, _ in hub.asked} == {"dataset_statistics.json", "config.json"}  # and no weights
    assert [revision for _, _, revision in hub.asked] == [None, COMMIT]  # both of one commit
    hub.asked.clear()
    openvla("gen-robot/openvla-7b-rlvla-sft_16k", revision="v1")
    assert hub.asked[0][2] == "v1"


@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        (lambda hub: setattr(hub, "offline", True), "does not give its dataset_statistics.json: it does not answer, and no copy is kept"),
        (lambda hub: None, "404 Client Error"),
        (lambda hub: hub.folder("someone/x"), "has none, neither in"),
        (lambda hub: (hub.folder("someone/x") / "config.json").write_text("[1]"), "it holds a list, not a mapping"),
        (lambda hub: (hub.folder("someone/x") / "config.json").write_text("{" * 100_000), "cannot be read"),
    ],
    ids=["offline", "no such checkpoint", "no statistics", "a list", "no JSON"],
)  # fmt: skip
def test_what_the_hub_does_not_give_is_one_sentence(hub, prepare, says):
    prepare(hub)
    with pytest.raises(PolicyError) as raised:
        openvla("someone/x", unnorm_key="bridge_orig")
    assert says in str(raised.value) and "\n" not in str(raised.value)


def test_a_folder_has_no_revision(tmp_path):
    with pytest.raises(PolicyError, match="is a folder on this machine"):
        openvla(str(checkpoint_in(tmp_path / "own", {"sft": SFT})), revision="main")


RIGHT = {"q01": [-1.0] * 7, "q99": [1.0] * 7, "mask": [True] * 6 + [False]}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"q01": [0.0, 0.1], "q99": [1.0, 1.0], "mask": [True, True]}, "an action has 7 numbers here"),
        ({"q01": [-1.0] * 6}, "as many numbers are expected under each name, not q01 6, q99 7, mask 7"),
        ({"q01": ["a"] * 7}, "q01 has to be a list of finite numbers"),
        ({"q99": [float("nan")] * 7}, "q99 has to be a list of finite numbers"),
        ({"q99": [10**400] * 7}, "q99 has to be a list of finite numbers"),
        ({"q99": 1.0}, "q99 has to be a list of finite numbers"),
        ({"q99": [-2.0] * 7}, "a number of q01 is larger than that of q99"),
        ({"mask": [1] * 7}, "mask has to be a list of true or false"),
        ({"q01": None, "q99": None}, "as many numbers are expected under each name"),
        ({"q99": None}, "normalisation=quantiles needs q01 and q99"),
    ],
)
def test_wrong_statistics_are_one_sentence(tmp_path, changed, says):
    file = tmp_path / "statistics.json"
    file.write_text(json.dumps({"own": {"action": {**RIGHT, **changed}}}))
    for name in ("openvla", "onnx"):
        with pytest.raises(PolicyError) as raised:
            adapter_class(name).without_model("", statistics=str(file), unnorm_key="own")
        assert says in str(raised.value) and "\n" not in str(raised.value)


def test_a_scheme_that_the_statistics_lack_and_a_rotation_of_another_length_are_refused(tmp_path):
    own = str(checkpoint_in(tmp_path / "own", {"sft": SFT}))
    with pytest.raises(PolicyError, match=r"normalisation=mean_std needs mean and std, .* have q01, q99"):
        openvla(own, normalisation="mean_std")
    with pytest.raises(PolicyError, match=r"8 numbers here \(translation 3, rotation 4, gripper 1\), .* are of 7"):
        openvla(own, rotation="quat_wxyz")


def test_a_loaded_model_with_other_statistics_than_the_published_ones_is_refused():
    made = openvla("openvla/openvla-7b")
    made._agrees({"bridge_orig": {"action": {"q01": list(BRIDGE.q01), "q99": list(BRIDGE.q99)}}})
    made._agrees(None)
    with pytest.raises(PolicyError, match="are not the published ones"):
        made._agrees({"bridge_orig": {"action": {"q01": list(SFT.q01), "q99": list(SFT.q99)}}})
    with pytest.raises(PolicyError, match="has no key 'bridge_orig'"):
        made._agrees({"sft": {"action": {"q01": list(SFT.q01), "q99": list(SFT.q99)}}})


def oft(checkpoint="", **arguments):
    return adapter_class("openvla_oft").without_model(checkpoint, **arguments)


def test_openvla_oft_goes_by_the_checkpoints_only_key(tmp_path, hub):
    goal = checkpoint_in(tmp_path / "goal", {"libero_goal_no_noops": SFT})
    assert oft(str(goal)).key == "libero_goal_no_noops"
    checkpoint_in(hub.folder("someone/oft"), {"bridge_orig": BRIDGE})
    bridge = oft("someone/oft")
    assert (bridge.key, len(bridge.conventions.pictures), bridge.conventions.chunk) == ("bridge_orig", 1, 5)
    own = checkpoint_in(tmp_path / "own", {"my_robot": SFT})
    with pytest.raises(PolicyError, match="nothing says what the actions under 'my_robot' mean"):
        oft(str(own))
    assert oft(str(own), trained_on="bridge_orig").key == "my_robot"
    four = checkpoint_in(tmp_path / "four", {f"libero_{name}": SFT for name in ("goal", "object", "spatial", "10")})
    with pytest.raises(PolicyError, match="4 data sets"):
        oft(str(four))
    hub.offline = True
    with pytest.raises(PolicyError, match=r"Name the key of its statistics: unnorm_key=KEY"):
        oft("someone/else")
    assert oft("someone/else", unnorm_key="libero_goal_no_noops").key == "libero_goal_no_noops"


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


def test_the_command_says_it_in_one_line(without_hub):
    with pytest.raises(PolicyError, match="no folder someone/x"):
        command.check("openvla:someone/x", policy_args=("unnorm_key=bridge_orig",))


def test_a_missing_package_is_said_before_the_hub_is_asked(hub, monkeypatch):
    monkeypatch.setitem(sys.modules, "lerobot", None)
    with pytest.raises(PolicyError, match="needs the package lerobot"):
        base.load("lerobot:someone/act", {})
    assert hub.asked == []


def test_weights_are_loaded_from_the_commit_of_the_statistics(hub, monkeypatch):
    checkpoint_in(hub.folder("someone/x"), {"sft": SFT})
    made, seen = openvla("someone/x"), {}

    class Auto:
        def from_pretrained(self, checkpoint, **how):
            seen.update(how)
            raise RuntimeError("enough")

    theirs = ModuleType("transformers")
    theirs.AutoProcessor = theirs.AutoModelForVision2Seq = Auto()
    monkeypatch.setitem(sys.modules, "transformers", theirs)
    with pytest.raises(RuntimeError, match="enough"):
        OpenVLA.connect(made)
    assert seen["revision"] == COMMIT
