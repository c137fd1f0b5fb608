"""What is known of a checkpoint: its own files, those of the Hub, and what is said where nothing is known."""

import json
import sys
from types import ModuleType

import numpy as np
import pytest

from helpers.adapted import checkpoint_in
from helpers.fake_hub import COMMIT, installed
from vlagen_bench.cli import adapter as command
from vlagen_bench.diagnostics.adapter_check.check import check
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.datasets import published_statistics
from vlagen_bench.policies.adapters.names import adapter_class
from vlagen_bench.policies.adapters.openvla import OpenVLA
from vlagen_bench.policies.conversion.normalisation import Statistics

SFT = Statistics(q01=(-0.05,) * 6 + (0.0,), q99=(0.05,) * 6 + (1.0,), mask=(True,) * 6 + (False,))
BRIDGE = published_statistics()["bridge_orig"]


@pytest.fixture
def hub(tmp_path, monkeypatch):
    return installed(tmp_path / "hub", monkeypatch)


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


def test_a_fault_in_one_of_many_data_sets_is_said_where_that_one_is_asked_for(tmp_path):
    file = tmp_path / "statistics.json"
    file.write_text(
        json.dumps({"own": {"action": RIGHT, "proprio": {}}, "other": {"action": {"q01": "far"}, "proprio": None}})
    )
    for name in ("openvla", "onnx"):
        made = adapter_class(name).without_model("", statistics=str(file), unnorm_key="own")
        assert made.conventions.output.statistics.q99 == (1.0,) * 7
        with pytest.raises(PolicyError, match=r"the actions of 'other' in .*statistics\.json: q01 has to be a list"):
            adapter_class(name).without_model("", statistics=str(file), unnorm_key="other")


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


def test_the_command_says_it_in_one_line(without_hub):
    with pytest.raises(PolicyError, match="no folder someone/x"):
        command.check("openvla:someone/x", policy_args=("unnorm_key=bridge_orig",))


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


@pytest.mark.parametrize(
    ("name", "cropped"),
    [
        ("a--image_aug", True),
        ("openvla-7b-finetuned-libero-spatial", True),
        ("image_aug_runs/plain", False),
        ("mine", False),
    ],
)
def test_whether_a_checkpoint_saw_crops_is_told_by_its_own_name(tmp_path, name, cropped):
    (tmp_path / name).mkdir(parents=True)
    made = openvla(str(checkpoint_in(tmp_path / name, {"libero_spatial_no_noops": SFT})))
    assert (made.conventions.pictures["image"].crop_area == 0.9) is cropped
