"""The check of adapters: faults in an adapter's own code, crops, cameras and frames."""

import pytest

from helpers.adapted import adapter, broken, with_pictures
from vlagen_bench.diagnostics.adapter_check.check import check
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.names import adapter_class
from vlagen_bench.policies.conversion import images


def kinds(made):
    return list(dict.fromkeys(check(made).kinds))


def test_a_camera_that_the_scene_has_not_is_noted():
    (black,) = check(adapter("openpi", scene="bridge", cameras="observation/wrist_image:none")).notes
    assert "the scene bridge has no camera 'wrist', so that it is black" in black
    (lacking,) = check(adapter("openpi", scene="bridge")).notes
    assert "cannot be drawn; for a black one: cameras=observation/wrist_image:none" in lacking
    (wrong,) = check(adapter("openpi", cameras="observation/wrist_image:none")).mistakes  # where there is one
    assert wrong.kind == "picture"


def raises(*given):
    raise ValueError("mine")


@pytest.mark.parametrize(
    ("method", "does", "says"),
    [
        ("played", raises, "played() fails on a chunk of 10 actions: ValueError: mine"),
        ("played", lambda actions: None, "played() fails on a chunk of 10 actions: TypeError"),
        ("played", lambda actions: actions[:0], "none of the 10 actions that the model answers is played"),
        ("decode", raises, "decode() fails on a right answer"),
        ("decode", lambda output, situation: None, "decode() gives the shape ()"),
        (
            "encode",
            lambda obs, instr: {"observation/state": "far"},
            "encode() gives what cannot be compared: ValueError",
        ),
        ("pack", raises, "ValueError: mine"),
        ("declare", raises, "cannot be checked: ValueError: mine"),
    ],
)
def test_whatever_fails_in_an_adapters_code_is_one_sentence(method, does, says):
    made = adapter("openpi")
    setattr(made, method, does)
    try:
        found = [mistake.text for mistake in check(made).mistakes]
    except PolicyError as error:
        found = [str(error)]
    assert any(says in text and "\n" not in text for text in found)


@pytest.mark.parametrize("how", ["bilinear", "lanczos", "area"])
def test_a_crop_whose_side_was_taken_for_its_area_is_named(how):
    def nine_tenths_of_each_side(picture):
        margin = round(0.05 * len(picture))
        return images.resize(picture[margin:-margin, margin:-margin], picture.shape[:2], how)

    made = adapter("openvla", crop="none")
    planted = broken("openvla", with_pictures(nine_tenths_of_each_side), crop="none")
    (mistake,) = check(planted).mistakes
    assert mistake.kind == "crop" and "81 % of the area, 90 % of each side" in mistake.text
    assert "trained on 90 % of the area, 95 % of each side" in mistake.text
    assert [mistake.kind for mistake in check(made).mistakes] == ["missing crop"]
    assert kinds(adapter("openvla", crop="0.81")) == ["crop"]
    assert sorted(kinds(adapter("openvla", crop="0.81", colours="bgr"))) == ["BGR", "crop"]


def test_a_crop_by_another_resampling_is_a_note_and_no_mistake():
    def crop(picture):
        margin = round((1 - 0.9**0.5) / 2 * len(picture))
        return images.resize(picture[margin:-margin, margin:-margin], picture.shape[:2])

    checked = check(broken("openvla", with_pictures(crop), crop="none"))
    assert checked.mistakes == () and "differs slightly" in checked.notes[0]


def test_positions_in_the_frame_of_the_base_are_named_where_the_models_are_in_liberos_world():
    (mistake,) = check(adapter("openpi", state_base="0,0,0")).mistakes
    assert mistake.kind == "state" and "the model's base stands at (-0.66, 0.0, 0.912) m" in mistake.text
    assert (
        "positions in a world where the base stands at (-0.66, 0.0, 0.912) m"
        in check(adapter("openpi")).assumed["observation/state"]
    )


def test_arguments_of_an_object_that_the_check_never_makes_are_said():
    for name in ("simpler", "octo"):
        assert check(adapter(name, sticky_step="3")).notes == (
            "not checked: what goes to the object's constructor: sticky_step.",
        )


def test_an_act_of_ones_own_is_played_and_compared():
    own = adapter_class("openpi")

    def of(**methods):
        return check(type("Own", (own,), methods).without_model()).mistakes

    batch = own.act_batch
    assert of(act_batch=lambda self, *asked: batch(self, *asked)) == ()
    (cut,) = of(act_batch=lambda self, *asked: [actions[:1] for actions in batch(self, *asked)])
    assert cut.kind == "chunk of one" and "act() gives 1 of the 5 actions" in cut.text
    (turned,) = of(act_batch=lambda self, *asked: [-actions for actions in batch(self, *asked)])
    assert turned.kind == "unknown" and "in place of (5, 7)" in turned.text
    (fails,) = of(act=lambda self, obs, instr: 1 / 0)
    assert "act() fails on an observation: ZeroDivisionError" in fails.text
