"""The arguments that all adapters understand, and the sentences for wrong ones."""

import json

import numpy as np
import pytest

from helpers.adapted import ALL, adapter, obs
from vlagen_bench.diagnostics.adapter_check.check import check
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.base import Adapter
from vlagen_bench.policies.adapters.conventions import Conventions
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
    "cameras=a:primary,a:wrist": "'a' is named twice",
    "cameras=,": "is not THEIRS:OURS",
    "prompt=do it": "has no {instruction}",
    "state=position,pose": "no value 'pose'",
    "scene=moon": "no value 'moon'",
    "crop_area=0.9": "has no argument 'crop_area'",
    "unnorm_key=bridge": "Did you mean 'bridge_orig'?",
    "normalisation=z": "no value 'z'",
    "cameras=prompt:primary": "no picture can have this name",
}


@pytest.mark.parametrize("given", WRONG)
def test_a_wrong_argument_is_one_sentence(given):
    name, _, value = given.partition("=")
    with pytest.raises(PolicyError) as raised:
        adapter("openvla" if name != "state" else "openpi", **{name: value})
    assert WRONG[given] in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"reference": "absolute", "frame": "tool"}, "an absolute pose has to be in the base or in the world"),
        ({"rotation": "quat_wxyz", "rotation_unit": "deg"}, "rotation=quat_wxyz has no angles"),
        ({"normalisation": "mean_std"}, "there are no statistics that it would use"),
    ],
)
def test_arguments_that_would_have_no_effect_are_refused(arguments, says):
    with pytest.raises(PolicyError, match=says):
        adapter("onnx", **arguments)


OWN = {
    "openvla": {"temperature": "hot", "seed": "-1", "device": "banana", "dtype": "float31", "revision": "a b", "statistics": ""},
    "openvla_oft": {"unnorm_key": "", "trained_on": "mars"},
    "lerobot": {"trained_on": "mars", "device": "cuda:x", "revision": "../x"},
    "openpi": {"form": "humanoid", "connect_s": "0", "reconnect_s": "nan", "answer_s": "forever", "api_key": ""},
    "gr00t": {"protocol": "n9", "answer_s": "-1", "api_token": "a\nb", "trained_on": "mars"},
    "onnx": {"threads": "0", "chunk": "-1", "with_state": "maybe", "state_name": " ", "trained_on": "mars"},
    "torchscript": {"threads": "1.5", "device": "tpu", "chunk": "9" * 5000},
    "sb3": {"algorithm": "DQN", "actions": "both", "deterministic": "1", "device": "gpu"},
    "simpler": {"scene": "moon", "ensemble": "1e9"},
    "octo": {"sticky_steps": "0"},
}  # fmt: skip
"""by adapter, its own arguments with values that are none"""


@pytest.mark.parametrize(("name", "argument"), [(name, argument) for name, given in OWN.items() for argument in given])
def test_each_argument_of_each_adapter_is_read_before_anything_is_loaded(name, argument):
    with pytest.raises(PolicyError) as raised:
        adapter(name, **{argument: OWN[name][argument]})
    assert argument in str(raised.value) and "\n" not in str(raised.value) and len(str(raised.value)) < 700


@pytest.mark.parametrize(
    "name", [name for name in ALL if name not in ("simpler", "octo")]
)  # whose others are the object's
def test_every_argument_of_an_adapter_has_a_reader_and_refuses_a_misspelt_name(name):
    kind = adapter_class(name)
    assert all(callable(read) for read in kind.ARGUMENTS.values())
    for argument in kind.ARGUMENTS:
        with pytest.raises(PolicyError, match=f"has no argument '{argument}_'"):
            adapter(name, **{f"{argument}_": "1"})


def test_numbers_of_a_program_are_arguments_as_well_and_lists_are_not():
    made = adapter("openpi", answer_s=20, replan_steps=3, jpeg=True, crop=None)
    assert (made.options["answer_s"], made.conventions.replan_steps) == (20.0, 3)
    assert made.conventions.pictures["observation/image"].jpeg is True
    for wrong in (["a"], {"a": 1}, b"x"):
        with pytest.raises(PolicyError, match="api_key: give a text or a number, not a "):
            adapter("openpi", api_key=wrong)


def test_an_adapter_whose_class_fails_is_one_sentence(tmp_path):
    class Fails(Adapter):
        NAME = "mine"

        def declare(self):
            return 1 / 0

    class Nothing(Adapter):
        NAME = "mine"

        def declare(self):
            return None

    with pytest.raises(PolicyError, match="The adapter mine cannot be made: ZeroDivisionError"):
        Fails.without_model()
    with pytest.raises(PolicyError, match="declares a NoneType, not its Conventions"):
        Nothing.without_model()


def test_names_alone_are_arguments_of_text():
    class Own(Adapter):
        NAME, ARGUMENTS = "mine", ("device",)

        def declare(self):
            return Conventions()

    assert Own.without_model(device="tpu").options == {"device": "tpu"}


def test_liberos_positions_are_in_its_world_and_the_panda_stands_where_its_scenes_say():
    start = np.zeros(15, np.float32)
    start[0:7] = (
        0.451,
        0.0,
        0.254,
        0.0,
        1.0,
        0.0,
        0.0,
    )  # LIBERO's first pose by the Panda's kinematics, in the base's frame
    for name, key in (("openpi", "observation/state"), ("openvla_oft", "state")):
        given = adapter(name).encode({**obs(), "state": start}, "go")
        np.testing.assert_allclose(given[key][:3], [-0.209, 0.0, 1.166], atol=1e-5)
    floor = adapter("openvla_oft", unnorm_key="libero_object_no_noops").encode({**obs(), "state": start}, "go")
    np.testing.assert_allclose(floor["state"][:3], [-0.149, 0.0, 0.254], atol=1e-5)
    own = adapter("openpi", state_base="0,0,0").encode({**obs(), "state": start}, "go")
    np.testing.assert_allclose(own["observation/state"][:3], start[:3])
    for wrong in ("1,2", "a,b,c", "1,2,inf", "1000,0,0"):
        with pytest.raises(PolicyError, match="state_base"):
            adapter("openpi", state_base=wrong)
    with pytest.raises(PolicyError, match="takes no state"):
        adapter("openvla", state_base="0,0,0")


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
