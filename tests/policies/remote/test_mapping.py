"""The names and forms of the other side: of a server that is asked, and of clients that ask."""

import numpy as np
import pytest

from helpers.fakes import loaded
from helpers.servers import PICTURE, SEEN
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.remote import wire
from vlagen_bench.policies.remote.mapping import parse, with_border
from vlagen_bench.policies.remote.messages import question
from vlagen_bench.policies.remote.session import ClientSession, ServedPolicy
from vlagen_bench.policies.remote.wire import WireError

STATE = np.arange(8, dtype=np.float32)
LIBERO = {
    "observation/image": PICTURE, "observation/wrist_image": PICTURE[::-1].copy(), "observation/state": STATE,
    "prompt": "go",
}  # fmt: skip
ALOHA = {
    "images": {"cam_high": PICTURE.transpose(2, 0, 1).copy(), "cam_left_wrist": PICTURE.transpose(2, 0, 1).copy()},
    "state": np.arange(14.0),
    "prompt": "go",
}
LEROBOT = {"observation.images.top": PICTURE, "observation.state": STATE, "task": "go", "timestamp": 0.1}
DROID = {
    "observation/exterior_image_1_left": PICTURE, "observation/wrist_image_left": PICTURE,
    "observation/joint_position": STATE[:7], "observation/gripper_position": STATE[7:], "prompt": "go",
}  # fmt: skip


class Remembering:
    """Keeps what it saw, and answers with numbers from 1 on."""

    def act(self, obs, instr):
        self.obs, self.instr = obs, instr
        return np.arange(1.0, 8.0)


def asked(message, **forms):
    """What the policy saw of this question, what it was told, and what the client got."""
    policy = Remembering()
    client = ClientSession(ServedPolicy(loaded(policy), parse(side="server", **forms)))
    answer = wire.unpack(wire.pack(client.answer(wire.unpack(wire.pack(message)))))
    return policy.obs, policy.instr, answer["actions"]


def test_a_server_gets_the_names_that_it_knows():
    names = parse(side="client", map="observation/image:images/front, observation/state:state,prompt:prompt")
    sent = names.sent(question(SEEN, "go"))
    assert list(sent) == ["observation/image", "observation/state", "prompt"]
    assert sent["observation/image"] is PICTURE


def test_a_server_gets_parts_of_the_state_scaled_and_joined():
    text = "pose:state[0:6]*1000,gripper:state[7:8],joined:state[-1:],joined:state[0:2]"
    sent = parse(side="client", map=text).sent(question({**SEEN, "state": STATE}, "go"))
    np.testing.assert_array_equal(sent["pose"], STATE[:6] * 1000)
    np.testing.assert_array_equal(sent["gripper"], STATE[7:])
    np.testing.assert_array_equal(sent["joined"], [7, 0, 1])
    assert all(value.dtype == np.float32 for value in sent.values())


def test_a_server_gets_maps_within_maps_and_channels_first():
    sent = parse(side="client", map="images//cam_high:image@chw,state:state,prompt:prompt").sent(question(SEEN, "go"))
    np.testing.assert_array_equal(sent["images"]["cam_high"], PICTURE.transpose(2, 0, 1))


def test_pictures_are_sent_in_the_size_that_is_asked_for():
    sent = parse(side="client", resize="16x32").sent(question(SEEN, "go"))
    assert sent["image"].shape == (16, 32, 3) and sent["camera"] == "front" and "images/front" not in sent
    mapped = parse(side="client", resize="4", map="picture:images/front").sent(question(SEEN, "go"))
    assert mapped["picture"].shape == (4, 4, 3)


def test_a_picture_keeps_its_proportions_within_a_black_border():
    wide = np.full((10, 40, 3), 200, np.uint8)
    whole = with_border(wide, (20, 20))
    assert whole.shape == (20, 20, 3) and (whole[:7] == 0).all() and (whole[12:] == 0).all()
    assert (whole[7:12] == 200).all()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("image", "is not THEIRS:OURS"),
        (":image", "is not THEIRS:OURS"),
        ("observation/image:imgae", "Did you mean 'image'?"),
        ("a:images/", "There is no name 'images/'"),
        ("a:image,a:image", "'a' is given twice"),
        ("a:prompt,a:episode_id", "'a' is given twice"),
        ("a:state[0:x]", "is no part of a message"),
        ("a:state*nan", "is not a finite number"),
        ("a:image@chw*2", "neither cut nor scaled"),
        ("pose[0:6]:state", "Here values are changed after the colon"),
    ],
)
def test_a_wrong_map_is_a_sentence(text, says):
    with pytest.raises(PolicyError, match=says.replace("[", r"\[")):
        parse(side="client", map=text)


@pytest.mark.parametrize("size", ["0", "-3", "224x", "1x2x3", "large", "99999"])
def test_a_wrong_size_is_a_sentence(size):
    with pytest.raises(PolicyError, match="is no size"):
        parse(side="server", resize=size)


def test_a_camera_that_is_not_there_is_a_sentence():
    with pytest.raises(PolicyError, match=r"'images/wrist'.*images/front"):
        parse(side="client", map="w:images/wrist").sent(question(SEEN, "go"))


def test_numbers_that_the_state_does_not_have_are_a_sentence():
    with pytest.raises(PolicyError, match=r"'state' has 2 numbers, and \[0:7\] asks for others"):
        parse(side="client", map="a:state[0:7]").sent(question(SEEN, "go"))


def test_the_answer_of_a_server_is_put_together_and_scaled():
    forms = parse(side="client", answer="arm[0:6]*0.05,gripper")
    chunk = forms.actions({"arm": np.ones((3, 7)), "gripper": np.full((3, 1), -1.0)}, "ws://there")
    np.testing.assert_allclose(chunk, np.repeat([[0.05] * 6 + [-1]], 3, axis=0))
    with pytest.raises(PolicyError, match="ws://there answered without 'gripper'; there is: arm"):
        forms.actions({"arm": np.ones(7)}, "ws://there")
    with pytest.raises(PolicyError, match="do not fit together"):
        forms.actions({"arm": np.ones((3, 7)), "gripper": np.ones(1)}, "ws://there")


def test_libero_names_reach_the_policy_under_ours():
    text = "observation/image:image,observation/wrist_image:images/wrist,observation/state[0:7]:state"
    seen, told, _ = asked(LIBERO, map=text)
    assert told == "go" and set(seen) == {"image", "images", "state"}
    np.testing.assert_array_equal(seen["image"], PICTURE)
    np.testing.assert_array_equal(seen["images"]["wrist"], PICTURE[::-1])
    np.testing.assert_array_equal(seen["state"], STATE[:7])


def test_aloha_pictures_reach_the_policy():
    text = "images//cam_high@chw:image,images//cam_left_wrist@chw:images/wrist,state[0:7]*2:state"
    seen, _, _ = asked(ALOHA, map=text)
    np.testing.assert_array_equal(seen["image"], PICTURE)
    np.testing.assert_array_equal(seen["images"]["wrist"], PICTURE)
    np.testing.assert_array_equal(seen["state"], np.arange(7, dtype=np.float32) * 2)


def test_two_arrays_of_a_client_are_one_state():
    text = (
        "observation/exterior_image_1_left:image,observation/wrist_image_left:images/wrist,"
        "observation/joint_position:state,observation/gripper_position:state"
    )
    np.testing.assert_array_equal(asked(DROID, map=text)[0]["state"], STATE)


def test_the_policy_sees_pictures_in_the_size_that_is_asked_for_and_the_client_gets_its_scale():
    seen, _, actions = asked({"image": PICTURE, "prompt": "go"}, resize="16", answer="actions[0:6]*20,actions[6:7]")
    assert seen["image"].shape == seen["images"]["image"].shape == (16, 16, 3)
    np.testing.assert_array_equal(actions, [[20, 40, 60, 80, 100, 120, 7]])


def test_a_client_without_a_prompt_means_the_default_one():
    assert asked({"state": STATE}, default_prompt="put it there")[1] == "put it there"
    assert asked({"state": STATE, "prompt": "go"}, default_prompt="put it there")[1] == "go"
    assert asked({"state": STATE}, default_prompt="put it there", map="task:prompt")[1] == "put it there"
    with pytest.raises(PolicyError, match="--default-prompt"):
        asked({"state": STATE})


@pytest.mark.parametrize("message", [LIBERO, ALOHA, LEROBOT, DROID], ids=["libero", "aloha", "lerobot", "droid"])
def test_unknown_names_are_refused_with_a_map_that_does(message):
    with pytest.raises(PolicyError, match="which this server does not know") as error:
        asked(message)
    proposed = str(error.value).split("--map '")[1].split("'")[0]
    seen, told, _ = asked(message, map=proposed)
    assert told == "go" and seen["state"].ndim == 1
    np.testing.assert_array_equal(seen["image"], PICTURE)


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ({"image": PICTURE.transpose(2, 0, 1).copy()}, r"uint8 \(3, 8, 8\).*--map image@chw:image"),
        ({"image": PICTURE / 255}, r"'image' is float64 \(8, 8, 3\)"),
        ({"image": b"png"}, "'image' is a bytes"),
        ({"images/wrist": PICTURE[0]}, r"'images/wrist' is uint8 \(8, 3\)"),
        ({"image": PICTURE[:0]}, r"'image' is uint8 \(0, 8, 3\)"),
        ({"t": np.array(3)}, "has 't', which this server does not know. Start it with --map 't:ignored'"),
        ({"state": "0, 1"}, "'state' is a str"),
        ({"state": np.zeros((2, 7))}, r"'state' is float64 \(2, 7\)"),
        ({"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}, "maps within maps"),
        ({"a": {b"x": 1}}, "keys that are strings"),
    ],
)
def test_what_is_of_another_form_is_refused(part, says):
    with pytest.raises((PolicyError, WireError), match=says):
        asked({"prompt": "go", **part})


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("image", PICTURE, "image:images/top"),
        ("state", np.ones(2), "state:ignored"),
        ("prompt", "go", "prompt:ignored"),
    ],
)
def test_what_the_client_calls_as_we_do_is_not_lost(name, value, cure):
    message = {"prompt": "go", name: value, "other": value}
    with pytest.raises(PolicyError, match=f"'{name}' is made of something else.*{name}:ignored"):
        asked(message, map=f"other:{name}")
    seen, _, _ = asked(message, map=f"other:{name},{cure}")
    assert name != "image" or set(seen["images"]) == {"image", "top"}


def test_what_the_map_ignores_is_dropped_and_what_it_names_must_be_there():
    assert set(asked({"prompt": "go", "step": 3, "t": 0.1}, map="step:ignored,t:ignored")[0]) == {"images"}
    with pytest.raises(PolicyError, match="the question has no 'camera_1'; it has: 'prompt'"):
        asked({"prompt": "go"}, map="camera_1:image")


@pytest.mark.parametrize("option", ["map", "resize", "answer", "default_prompt"])
def test_an_empty_option_is_a_sentence(option):
    with pytest.raises(PolicyError, match=f"--{option.replace('_', '-')} is empty"):
        parse(side="server", **{option: " "})
