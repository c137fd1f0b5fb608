"""The choice of cameras and of picture sizes."""

import pytest

from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import CameraChoice, chosen_in, described, drawn_in, sizes_px
from vlagen_bench.scenes.specs import BRIDGE, TABLETOP

BOTH = {"front": [256, 256], "wrist": [128, 128]}


def shown(spec, cameras=(), image_size=None):
    return sizes_px(CameraChoice.of(spec, cameras, image_size).scene(spec))


@pytest.mark.parametrize(
    ("spec", "cameras", "image_size", "sizes"),
    [
        (TABLETOP, (), None, {"front": [256, 256]}),
        (TABLETOP, ("front",), None, {"front": [256, 256]}),
        (TABLETOP, ("wrist",), None, BOTH),
        (TABLETOP, "wrist,front", None, BOTH),
        (TABLETOP, (), 224, {"front": [224, 224]}),
        (TABLETOP, (), "320x240", {"front": [320, 240]}),
        (TABLETOP, (), (320, 240), {"front": [320, 240]}),
        (TABLETOP, ("wrist",), "front=224,wrist=64x32", {"front": [224, 224], "wrist": [64, 32]}),
        (TABLETOP, ("wrist",), {"wrist": 224}, {"front": [256, 256], "wrist": [224, 224]}),
        (BRIDGE, (), "224", {"3rd_view_camera": [224, 224]}),
    ],
)
def test_the_primary_camera_is_drawn_and_others_where_they_are_named(spec, cameras, image_size, sizes):
    assert shown(spec, cameras, image_size) == sizes and list(shown(spec, cameras, image_size)) == list(sizes)


def test_a_scene_of_which_nobody_asked_anything_draws_its_primary_camera():
    assert sizes_px(TABLETOP) == {"front": [256, 256]} and TABLETOP.camera_names == ("front", "wrist")


def test_the_own_size_is_no_other_choice_than_none():
    assert CameraChoice.of(TABLETOP, ("wrist", "front"), {"front": 256}) == CameraChoice.of(TABLETOP, ("wrist",))


@pytest.mark.parametrize(
    ("cameras", "image_size", "says"),
    [
        (("wirst",), None, "The scene tabletop has no camera 'wirst'. Did you mean 'wrist'. There are: front, wrist"),
        ("front,", None, "has no camera ''"),
        ((), "wrist=128", "the camera wrist is given a size, but is not drawn. Ask for it too: --cameras wrist"),
        ((), "side=128", "has no camera 'side'"),
        ((), 0, "image size 0: give N for N x N pixels, or WxH, each from 16 to 2048"),
        ((), 4000, "image size 4000"),
        ((), "224px", "image size '224px'"),
        ((), "224x224x3", "image size '224x224x3'"),
        ((), (224.5, 3), "image size"),
        ((), True, "image size True"),
        ((), "front=", "image size ''"),
        ((), "front=224,front=128", "the camera front has two sizes. Give it one."),
    ],
)
def test_mistakes_are_sentences(cameras, image_size, says):
    with pytest.raises(ConfigError) as caught:
        CameraChoice.of(TABLETOP, cameras, image_size)
    assert says.replace("'. There", "'? There") in str(caught.value)


@pytest.mark.parametrize("choice", [((), None), (("wrist",), None), (("wrist",), "front=224,wrist=96x64")])
def test_what_is_recorded_gives_the_same_pictures_again(choice):
    chosen = CameraChoice.of(TABLETOP, *choice)
    assert chosen_in(TABLETOP, sizes_px(chosen.scene(TABLETOP))) == chosen
    assert chosen_in(TABLETOP, {}) == CameraChoice()


def test_a_run_is_drawn_again_with_the_meshes_that_it_was_drawn_with():
    sizes = {"cameras": sizes_px(TABLETOP)}
    assert drawn_in(TABLETOP, {**sizes, "maniskill": {"fast_meshes": 0.03}}) == CameraChoice(fast_meshes=True)
    assert drawn_in(TABLETOP, {**sizes, "maniskill": {}}) == drawn_in(TABLETOP, {}) == CameraChoice()


def test_sizes_are_said_in_words():
    assert described(BOTH) == "front 256 x 256, wrist 128 x 128"


@pytest.mark.parametrize("name", specs.scene_names())
def test_a_scene_before_a_photo_has_one_camera(name):
    """A photo of a table is right for the camera that took it."""
    spec = specs.scene(name)
    assert spec.backdrop == "table" or not spec.extra_cameras
