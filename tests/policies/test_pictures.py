"""What pictures a policy asks for in its spec."""

from types import SimpleNamespace

import pytest

from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.policies.base import LoadedPolicy, check_spec
from vlagen_bench.policies.isolation.child import _plain
from vlagen_bench.policies.pictures import camera_choice
from vlagen_bench.policies.remote import wire
from vlagen_bench.policies.remote.greetings import checked
from vlagen_bench.policies.remote.mapping import parse
from vlagen_bench.policies.remote.messages import observation, question
from vlagen_bench.policies.remote.session import ServedPolicy
from vlagen_bench.scenes.cameras import sizes_px
from vlagen_bench.scenes.specs import TABLETOP

WRIST = {"cameras": ["front", "wrist"], "image_size": "front=224,wrist=96"}


def policy(**spec):
    return LoadedPolicy(name="mine", policy=SimpleNamespace(act=lambda obs, instr: [0] * 7, spec=spec), arguments={})


def drawn(loaded, *asked):
    return sizes_px(camera_choice(loaded, TABLETOP, *asked).scene(TABLETOP))


@pytest.mark.parametrize("cameras", ["wrist", ["wrist"], ("front", "wrist"), "front,wrist"])
def test_a_policy_is_shown_the_cameras_that_it_names(cameras):
    assert drawn(policy(cameras=cameras)) == {"front": [256, 256], "wrist": [128, 128]}
    check_spec(policy(cameras=cameras), TABLETOP.robot)


def test_the_user_may_ask_for_more_and_for_another_size():
    assert drawn(policy(image_size=224)) == {"front": [224, 224]}
    assert drawn(policy(image_size=224), ("wrist",)) == {"front": [224, 224], "wrist": [128, 128]}
    assert drawn(policy(**WRIST), (), 64) == {"front": [64, 64], "wrist": [128, 128]}


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"cameras": ["side"]}, "The policy mine: spec: The scene tabletop has no camera 'side'"),
        ({"cameras": 3}, "spec: cameras is 3. Make it a list of names"),
        ({"cameras": [3]}, "spec: cameras is"),
        ({"image_size": 7}, "The policy mine: spec: image size 7"),
        ({"image_size": [1, 2]}, "spec: image_size is .*Make it a number, of the primary camera's pictures; or a text"),
        (
            {"image_size": {"front": 64}},
            'spec: image_size is .*a text for several cameras, such as "front=224,wrist=128"',
        ),
    ],
)
def test_a_mistake_in_a_spec_is_the_policys(spec, says):
    with pytest.raises(PolicyError, match=says):
        camera_choice(policy(**spec), TABLETOP)


def test_a_mistake_of_the_user_is_not():
    with pytest.raises(ConfigError, match="has no camera 'side'"):
        camera_choice(policy(), TABLETOP, ("side",))


def test_what_it_asks_for_travels_from_a_served_and_from_an_isolated_policy():
    served = ServedPolicy(policy(**WRIST)).greeting
    assert checked(wire.unpack(wire.pack(served)))["spec"] == WRIST
    assert _plain({**WRIST, "cameras": ("front", "wrist")})["cameras"] == ("front", "wrist")


def test_every_picture_travels_once_and_a_map_names_the_wrists(obs=None):
    import numpy as np

    front, wrist = np.zeros((8, 8, 3), np.uint8), np.ones((4, 4, 3), np.uint8)
    obs = {"image": front, "images": {"front": front, "wrist": wrist}, "state": np.zeros(15, np.float32)}
    asked = question(obs, "go")
    assert set(asked) == {"image", "camera", "images/wrist", "state", "prompt"}
    seen, told = observation(wire.unpack(wire.pack(asked)))
    assert told == "go" and list(seen["images"]) == ["front", "wrist"]
    np.testing.assert_array_equal(seen["images"]["wrist"], wrist)
    forms = parse(
        side="client", map="observation/image:image,observation/wrist_image:images/wrist,prompt:prompt", resize="16"
    )
    sent = forms.sent(asked)
    assert set(sent) == {"observation/image", "observation/wrist_image", "prompt"}
    assert {name: sent[name].shape for name in sent if name != "prompt"} == {
        "observation/image": (16, 16, 3),
        "observation/wrist_image": (16, 16, 3),
    }
