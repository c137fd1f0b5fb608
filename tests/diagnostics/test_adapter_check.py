"""The check of adapters: no false alarm for a right one, and every planted mistake is found and named."""

import dataclasses

import numpy as np
import pytest

from helpers.adapted import ALL, adapter, broken, with_actions, with_form, with_pictures
from vlagen_bench.diagnostics.adapter_check.check import check
from vlagen_bench.policies.conversion import images
from vlagen_bench.policies.conversion.rotations import euler_xyz_of_quat as euler
from vlagen_bench.policies.conversion.rotations import multiply, quat_of_axis_angle, quat_of_euler_xyz, rotate

SOME = ("openvla", "openpi", "lerobot")
"""tokens, a server with LIBERO's actions, and this package's own"""


def kinds(made):
    return list(dict.fromkeys(check(made).kinds))


@pytest.mark.parametrize("name", ALL)
def test_a_right_adapter_raises_no_alarm(name):
    checked = check(adapter(name))
    assert checked.mistakes == () and checked.notes == ()
    assert checked.cases > 60 and checked.assumed["action"].startswith("delta")


@pytest.mark.parametrize("name", ["openvla", "openpi", "onnx"])
@pytest.mark.parametrize("scene", ["bridge", "tabletop"])
def test_a_right_adapter_raises_no_alarm_in_either_scene(name, scene):
    arguments = {"cameras": "observation/wrist_image:none"} if name == "openpi" and scene == "bridge" else {}
    checked = check(adapter(name, scene=scene, **arguments))
    assert checked.mistakes == () and len(checked.notes) == len(arguments)


# The twelve mistakes of the issue of real models, by the arguments of a user: argument, and what the check calls it.
BY_ARGUMENT = {
    "sign": ({"axes": "x,-y,z"}, "sign"),
    "units": ({"translation_unit": "0.35"}, "units"),
    "frame": ({"frame": "tool"}, "frame"),
    "order": ({"order": "rotation,translation,gripper"}, "order"),
    "gripper polarity": ({"gripper": "one_closed"}, "gripper polarity"),
    "gripper threshold": ({"gripper_threshold": "0.9"}, "gripper threshold"),
    "normalisation key": ({"unnorm_key": "fractal20220817_data"}, "normalisation key"),
    "BGR": ({"colours": "bgr"}, "BGR"),
    "flipped image": ({"turn": "vertical"}, "flipped image"),
    "missing crop": ({"crop": "none"}, "missing crop"),
    "chunk of one": ({"replan_steps": "1"}, "chunk of one"),
    "absolute for delta": ({"reference": "absolute"}, "absolute for delta"),
}
CHUNKED = {"chunk of one": "openpi"}
"""by mistake, the adapter that can make it; the others are OpenVLA's"""


@pytest.mark.parametrize("mistake", BY_ARGUMENT)
def test_each_of_twelve_mistakes_is_named_and_nothing_else(mistake):
    arguments, called = BY_ARGUMENT[mistake]
    assert kinds(adapter(CHUNKED.get(mistake, "openvla"), **arguments)) == [called]


def turned_about_z(actions):
    quarter = quat_of_axis_angle([0, 0, np.pi / 2])
    actions[:, :3] = rotate(quarter, actions[:, :3])
    turns = quat_of_euler_xyz(actions[:, 3:6])
    back = quat_of_axis_angle([0, 0, -np.pi / 2])
    actions[:, 3:6] = euler(multiply(multiply(quarter, turns), back))
    return actions


def scaled(part, factor):
    return lambda actions: actions * np.where(np.isin(np.arange(7), part), factor, 1.0)


def shifted_threshold(actions):
    return np.column_stack([actions[:, :6], np.ones(len(actions))])


BY_CODE = {
    "sign of one number": (with_actions(scaled([1], -1)), "sign"),
    "sign of a rotation": (with_actions(scaled([5], -1)), "sign"),
    "millimetres": (with_actions(scaled([0, 1, 2], 1000)), "units"),
    "degrees": (with_actions(scaled([3, 4, 5], 180 / np.pi)), "units"),
    "a slight scale": (with_actions(scaled([0, 1, 2], 1.003)), "units"),
    "an own scale": (with_actions(scaled([0, 1, 2], 0.05)), "units"),
    "another frame": (with_actions(turned_about_z), "frame"),
    "x and y swapped": (with_actions(lambda actions: actions[:, [1, 0, 2, 3, 4, 5, 6]]), "order"),
    "turns before moves": (with_actions(lambda actions: actions[:, [3, 4, 5, 0, 1, 2, 6]]), "order"),
    "gripper reversed": (with_actions(scaled([6], -1)), "gripper polarity"),
    "gripper always open": (with_actions(shifted_threshold), "gripper threshold"),
    "BGR": (with_pictures(images.swap_red_and_blue), "BGR"),
    "upside down": (with_pictures(lambda picture: images.turned(picture, "vertical")), "flipped image"),
    "rotated": (with_pictures(lambda picture: images.turned(picture, "rotated_180")), "flipped image"),
    "cropped": (with_pictures(lambda picture: images.centre_crop(picture, 0.9, picture.shape[:2])), "crop"),
    "tool frame": (with_form(frame="tool"), "frame"),
    "absolute": (with_form(reference="absolute"), "absolute for delta"),
    "euler angles for a rotation vector": (with_form(rotation="euler_xyz_fixed"), "rotation format"),
}


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("mistake", BY_CODE)
def test_mistakes_in_an_adapters_code_are_named(name, mistake):
    plant, called = BY_CODE[mistake]
    assert kinds(broken(name, plant)) == [called]


@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        ({"unnorm_key": "fractal20220817_data", "axes": "-x,y,z"}, ["normalisation key", "sign"]),
        ({"axes": "x,-y,z", "gripper": "one_closed", "colours": "bgr"}, ["sign", "gripper polarity", "BGR"]),
        ({"colours": "bgr", "turn": "horizontal", "crop": "none"}, ["BGR", "flipped image", "missing crop"]),
        ({"translation_unit": "0.995"}, ["units"]),
        ({"normalisation": "none"}, ["normalisation"]),
        ({"normalisation": "mean_std"}, ["normalisation"]),
        ({"gripper_threshold": "none"}, ["gripper threshold"]),
        ({"rotation": "euler_xyz_fixed"}, ["rotation format"]),
        ({"prompt": "{instruction}"}, ["prompt"]),
        ({"fit": "pad"}, ["picture"]),
        ({"resize": "bilinear"}, ["picture"]),
        ({"size": "256"}, ["picture"]),
    ],
)
def test_other_mistakes_and_several_at_once_are_named(arguments, called):
    assert sorted(kinds(adapter("openvla", **arguments))) == sorted(called)


def test_the_words_say_what_is_wrong_and_what_would_be_right():
    def text(name="openvla", **arguments):
        return check(adapter(name, **arguments)).mistakes[0].text

    assert "the sign" in text(axes="-x,y,z") and "(-x, y, z in place of x, y, z)" in text(axes="-x,y,z")
    assert "mm for m" in text(translation_unit="mm")
    assert "'fractal20220817_data'" in text(unnorm_key="fractal20220817_data") and "'bridge_orig'" in text(
        unnorm_key="fractal20220817_data"
    )
    assert "read as one_closed above 0.5" in text(gripper="one_closed") and "one_open above 0.5" in text(
        gripper="one_closed"
    )
    assert "changes over at about 0.9" in text(gripper_threshold="0.9")
    assert "the middle 90 %" in text(crop="none")
    assert "1 of the 10 actions" in text("openpi", replan_steps="1") and "5 are usual" in text(
        "openpi", replan_steps="1"
    )


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda actions: actions[::-1], "order"),
        (lambda actions: np.repeat(actions[:1], len(actions), axis=0), "chunk of one"),
        (lambda actions: actions[:1], "chunk of one"),
        (lambda actions: np.hstack([np.cumsum(actions[:, :3], axis=0), actions[:, 3:]]), "absolute for delta"),
        (lambda actions: np.vstack([actions[:2], 0 * actions[2:]]), "unknown"),
    ],
    ids=["reversed", "repeated", "cut", "summed", "emptied"],
)
@pytest.mark.parametrize("name", ["openpi", "onnx"])
def test_what_is_wrong_behind_the_first_action_of_a_chunk_is_named(name, change, kind):
    assert kind in check(broken(name, with_actions(change))).kinds


@pytest.mark.parametrize(
    ("encode", "says"),
    [(lambda obs, instr: obs["no such"], "encode() fails"), (lambda obs, instr: None, "encode() gives a NoneType")],
)
def test_an_encode_that_fails_is_a_mistake(encode, says):
    made = adapter("onnx")
    made.encode = encode
    assert says in check(made).mistakes[0].text


def test_a_wrong_state_is_named():
    for parts, words in (
        ("position,quat_xyzw,fingers", "quat_xyzw in place of axis_angle_x"),
        ("position,axis_angle_x,opening", "opening in place of fingers"),
        ("axis_angle_x,position,fingers", "have changed places"),
    ):
        mistake = check(adapter("openpi", state=parts)).mistakes[0]
        assert mistake.kind == "state" and words in mistake.text
    jumping = check(adapter("openpi", state="position,axis_angle,fingers")).mistakes
    assert [mistake.kind for mistake in jumping] == ["state"]  # the vector on the other side of pi
    quat = check(adapter("lerobot", state="position,quat_xyzw,opening,joints")).mistakes[0]
    assert quat.kind == "state" and "quat_xyzw in place of quat_wxyz" in quat.text


def test_what_is_meant_is_noted_and_not_called_a_mistake():
    fewer = check(adapter("openpi", replan_steps="3"))
    assert fewer.mistakes == () and "3 of the 10 actions" in fewer.notes[0]
    ensemble = check(adapter("openpi", ensemble="0.01"))
    assert ensemble.mistakes == () and "averaged" in ensemble.notes[0]


def test_the_key_of_another_robot_is_named_where_the_checkpoint_has_no_other(tmp_path):
    file = tmp_path / "dataset_statistics.json"
    file.write_text('{"far_robot": {"action": {"q01": [-1, -1, -1, -1, -1, -1, 0], "q99": [1, 1, 1, 1, 1, 1, 1], '
                    '"mask": [true, true, true, true, true, true, false]}}}')  # fmt: skip
    made = adapter("openvla", statistics=str(file), unnorm_key="far_robot", crop="0.9")
    (mistake,) = check(made).mistakes
    assert (
        mistake.kind == "normalisation key"
        and "another robot" in mistake.text
        and "1 m under 'far_robot'" in mistake.text
    )


def test_code_that_fails_or_answers_no_actions_is_said():
    def fails(made):
        made.decode = lambda output, situation: 1 / 0

    def short(made):
        made.decode = lambda output, situation: np.zeros((1, 6))

    assert "ZeroDivisionError" in check(broken("lerobot", fails)).mistakes[0].text
    assert "(1, 6)" in check(broken("lerobot", short)).mistakes[0].text
    nothing = check(broken("lerobot", with_actions(lambda actions: actions * np.nan))).mistakes[0]
    assert "not finite" in nothing.text


def test_a_decode_that_keeps_one_action_of_a_chunk_is_a_chunk_of_one():
    def first_only(made):
        right = made.decode
        made.decode = lambda output, situation: right(output, situation)[:1]

    assert kinds(broken("openvla_oft", first_only)) == ["chunk of one"]


def test_what_no_known_mistake_explains_is_said_with_numbers():
    made = broken("lerobot", with_actions(lambda actions: np.sin(30 * actions)))
    mistakes = check(made).mistakes
    assert {mistake.kind for mistake in mistakes} == {"unknown"} or "unknown" in {mistake.kind for mistake in mistakes}
    noise = broken("lerobot", with_pictures(lambda picture: 255 - picture))
    assert [mistake.kind for mistake in check(noise).mistakes] == ["picture"]


def test_a_slightly_different_picture_is_a_note():
    softened = broken(
        "lerobot", with_pictures(lambda picture: np.clip(picture.astype(int) + 2, 0, 255).astype(np.uint8))
    )
    checked = check(softened)
    assert checked.mistakes == () and "differs slightly" in checked.notes[0]


def test_recorded_actions_are_the_experts_and_move_the_robot_as_its_states_say():
    from vlagen_bench.diagnostics.adapter_check.recording import recording

    for scene in ("bridge", "tabletop"):
        taken = recording(scene)
        moved = taken.states[-1, :3] - taken.states[0, :3]
        commanded = taken.actions[:-1, :3].sum(axis=0)
        np.testing.assert_allclose(moved, commanded, atol=0.02)  # the arm is on its way
        assert {-1.0, 1.0} == set(taken.actions[:, 6].tolist())
        assert dataclasses.is_dataclass(taken.cases()[0])
