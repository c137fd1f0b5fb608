"""The arguments that all adapters understand, and the sentences for wrong ones."""

import json

import pytest

from helpers.adapted import adapter, obs
from vlagen_bench.diagnostics.adapter_check.check import check
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.names import adapter_class

WRONG = {
    "gripper=open": "no value 'open'",
    "axes=x,y": "does not name x, y and z once each",
    "order=gripper": "name each of translation, rotation, gripper once",
    "translation_unit=inch": "give a finite number",
    "translation_unit=nan": "give a finite number",
    "replan_steps=-1": "give a whole number",
    "size=0": "give pixels such as 224",
    "size=99999": "at most 4096",
    "crop=2": "give a share above 0 and at most 1",
    "crop=0": "give a share above 0 and at most 1",
    "translation_unit=0": "give a number above 0",
    "size=1x2x3": "give pixels such as 224",
    "jpeg=maybe": "no value 'maybe'",
    "cameras=wrist": "is not THEIRS:OURS",
    "prompt=do it": "has no {instruction}",
    "state=position,pose": "no value 'pose'",
    "scene=moon": "no value 'moon'",
    "crop_area=0.9": "has no argument 'crop_area'",
    "unnorm_key=bridge": "Did you mean 'bridge_orig'?",
    "normalisation=z": "no value 'z'",
}


@pytest.mark.parametrize("given", WRONG)
def test_a_wrong_argument_is_one_sentence(given):
    name, _, value = given.partition("=")
    with pytest.raises(PolicyError) as raised:
        adapter("openvla" if name != "state" else "openpi", **{name: value})
    assert WRONG[given] in str(raised.value) and "\n" not in str(raised.value)


def test_a_key_of_libero_brings_its_pictures_and_its_gripper(tmp_path):
    of_actions = {"action": {"q01": [-1.0] * 7, "q99": [1.0] * 7, "mask": [True] * 6 + [False]}}
    known = {"norm_stats": {"bridge_orig": of_actions, "libero_spatial": of_actions}}
    (tmp_path / "config.json").write_text(json.dumps(known))
    made = adapter_class("openvla").without_model(str(tmp_path), unnorm_key="libero_spatial")
    action, picture = made.conventions.output.action, made.conventions.pictures["image"]
    assert (picture.turn, action.rotation, action.translation_unit_m) == ("horizontal", "axis_angle", 0.05)
    assert check(adapter_class("openvla").without_model(str(tmp_path), unnorm_key="libero_spatial")).mistakes == ()
    own = adapter_class("openvla").without_model(str(tmp_path), unnorm_key="bridge_orig")
    assert (own.conventions.pictures["image"].turn, own.conventions.output.action.rotation) == ("none", "euler_xyz")


@pytest.mark.parametrize("more", [{}, {"trained_on": "bridge_orig"}])
def test_statistics_that_come_with_a_file_are_right_and_another_key_of_them_is_not(more, tmp_path):
    scales = {"bridge_orig": 0.03, "sft": 0.05}
    known = {
        key: {"action": {"q01": [-x] * 6 + [0.0], "q99": [x] * 6 + [1.0], "mask": [True] * 6 + [False]}}
        for key, x in scales.items()
    }
    (tmp_path / "statistics.json").write_text(json.dumps(known))
    given = {"statistics": str(tmp_path / "statistics.json"), "scene": "bridge", **more}
    if not more:  # nothing says which of the two is meant
        with pytest.raises(
            PolicyError, match=r"statistics of 2 data sets.*Name it: unnorm_key=KEY\. There are: bridge_orig, sft"
        ):
            adapter_class("onnx").without_model("policy.onnx", **given)
        return
    assert check(adapter_class("onnx").without_model("policy.onnx", **given)).mistakes == ()
    other = check(adapter_class("onnx").without_model("policy.onnx", unnorm_key="sft", **given))
    assert other.kinds == ("normalisation key",)
    with pytest.raises(PolicyError, match="Give the file that has it"):
        adapter_class("onnx").without_model("policy.onnx", unnorm_key="sft")


def test_arguments_change_what_is_used_and_not_what_is_declared():
    made = adapter(
        "openvla", gripper="one_closed", gripper_threshold="none", translation_unit="mm", size="96x128", turn="vertical"
    )
    action, declared = made.conventions.output.action, made.declare().output.action
    assert (action.gripper, action.gripper_threshold, action.translation_unit_m) == ("one_closed", None, 0.001)
    assert (declared.gripper, declared.gripper_threshold, declared.translation_unit_m) == ("one_open", 0.5, 1.0)
    assert made.encode(obs(), "x")["image"].shape == (96, 128, 3)


def test_cameras_are_renamed_added_and_taken_away():
    made = adapter("onnx", cameras="image:off,pixels:primary,hand:wrist")
    given = made.encode(obs(), "x")
    assert sorted(given) == ["hand", "pixels", "state"] and given["hand"].shape == (3, 128, 128)
    assert made.spec["cameras"] == ("wrist",)
    black = adapter("openpi", cameras="observation/wrist_image:none")
    assert black.encode(obs(), "x")["observation/wrist_image"].max() == 0 and "cameras" not in black.spec


def test_a_camera_that_is_not_drawn_is_said_with_the_way_around():
    seen = obs()
    seen = {**seen, "images": {"front": seen["image"]}}
    with pytest.raises(PolicyError, match=r"no picture of the camera 'wrist'.*cameras=...:none"):
        adapter("openpi").encode(seen, "x")


def test_prompts_are_written_as_the_models_were_told():
    question = adapter("openvla").encode(obs(), "Put the Cup on the Plate.")["prompt"]
    assert question == "In: What action should the robot take to put the cup on the plate.?\nOut:"
    own = adapter("openvla", prompt=r"USER: {instruction}\nASSISTANT:").encode(obs(), "Go")["prompt"]
    assert own == "USER: go\nASSISTANT:"


def test_the_spec_is_that_of_the_robots():
    from vlagen_bench.policies.base import LoadedPolicy, check_spec
    from vlagen_bench.scenes.bridge import WIDOWX
    from vlagen_bench.scenes.tabletop import PANDA

    for robot in (WIDOWX, PANDA):
        check_spec(LoadedPolicy(name="x", policy=adapter("openvla"), arguments={}), robot)
