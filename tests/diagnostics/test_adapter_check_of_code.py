"""The check of adapters: faults in an adapter's own code, crops, cameras and frames."""

import dataclasses

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


@pytest.mark.parametrize(
    ("does", "kind", "says"),
    [
        (lambda actions: actions[1:6], "unknown", "played() gives other actions than the first 5: its action"),
        (lambda actions: actions[:5][::-1], "order", "played() gives the actions of a chunk from the last to the first"),
        (lambda actions: actions[::-1][:5], "order", "played() gives the actions of a chunk from the last to the first"),
        (lambda actions: actions[:10:2], "unknown", "played() gives other actions than the first 5"),
        (lambda actions: actions[:5, :6], "unknown", "played() makes (5, 6) numbers of (10, 7)"),
        (lambda actions: ["far"], "unknown", "played() gives what is no array of actions: ValueError"),
        (lambda actions: actions[:5].tolist(), None, ""),
    ],
)  # fmt: skip
def test_a_played_of_ones_own_that_plays_other_actions_is_named(does, kind, says):
    made = adapter("openpi")
    made.played = does
    found = check(made).mistakes
    assert [mistake.kind for mistake in found] == ([kind] if kind else []) and all(says in one.text for one in found)


def own_inputs(change, declared=lambda conventions: conventions, name="openpi"):
    """What is wrong with an adapter whose author changes what the model is given."""
    own = adapter_class(name)

    class Own(own):
        def declare(self):
            return declared(super().declare())

        def encode(self, obs, instr):
            return {**super().encode(obs, instr), **change(self, obs, instr)}

    return check(Own.without_model()).mistakes


def test_a_state_that_stays_as_it_was_at_first_is_named():
    def first_of_all(self, obs, instr):
        self.first = getattr(self, "first", obs)
        return {"observation/state": self.conventions.state.of(self.first)}

    assert own_inputs(lambda self, obs, instr: {}) == ()
    (frozen,) = own_inputs(first_of_all)
    assert frozen.kind == "state"


@pytest.mark.parametrize("scene", ["tabletop", "bridge"])
@pytest.mark.parametrize("wrong", ["euler_xyz", "axis_angle", "axis_angle_x"])
def test_a_form_of_the_state_that_is_right_in_some_poses_alone_is_named(scene, wrong):
    right = adapter("lerobot", scene=scene, state="position,euler_xyz_fixed,opening")
    made = adapter("lerobot", scene=scene, state=f"position,{wrong},opening")
    made.declare = lambda: right.conventions
    (mistake,) = check(made).mistakes
    assert mistake.kind == "state" and "in place of euler_xyz_fixed" in mistake.text


def test_a_prompt_that_is_not_written_as_the_model_was_trained_is_named():
    def small(conventions):
        prompt = dataclasses.replace(conventions.prompt, lower=True, full_stop=False)
        return dataclasses.replace(conventions, prompt=prompt)

    assert own_inputs(lambda self, obs, instr: {}, small) == ()
    for text in (str, str.lower, lambda text: text.removesuffix(".")):
        (mistake,) = own_inputs(lambda self, obs, instr, text=text: {"prompt": text(instr)}, small)
        assert mistake.kind == "prompt"


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
