"""Questions: an observation and back, under the names that the user maps."""

import numpy as np
import pytest

from helpers.servers import PICTURE, SEEN
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.remote import wire
from vlagen_bench.policies.remote.messages import observation, parse_names, question, renamed


def test_a_question_is_an_observation_and_back():
    wrist = PICTURE[::-1]
    obs = {**SEEN, "images": {"front": PICTURE.copy(), "wrist": wrist}}
    message = wire.unpack(wire.pack(question(obs, "put it there", begins=True)))
    assert set(message) == {"image", "camera", "images/wrist", "state", "episode_id", "prompt", "begins"}
    seen, told = observation(message)
    assert told == "put it there" and set(seen) == set(obs) and list(seen["images"]) == ["front", "wrist"]
    np.testing.assert_array_equal(seen["images"]["front"], PICTURE)
    np.testing.assert_array_equal(seen["images"]["wrist"], wrist)
    np.testing.assert_array_equal(seen["state"], SEEN["state"])


def test_names_are_the_users():
    names = parse_names("observation/image:images/front, observation/state:state,prompt:prompt")
    sent = renamed(question(SEEN, "go"), names)
    assert list(sent) == ["observation/image", "observation/state", "prompt"]
    assert sent["observation/image"] is PICTURE


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("image", "is not THEIRS:OURS"),
        ("observation/image:imgae", "Did you mean 'image'?"),
        ("a:image,a:state", "'a' is given twice"),
    ],
)
def test_a_wrong_map_is_a_sentence(text, says):
    with pytest.raises(PolicyError, match=says):
        parse_names(text)


def test_a_camera_that_is_not_there_is_a_sentence():
    with pytest.raises(PolicyError, match=r"'images/wrist'.*images/front"):
        renamed(question(SEEN, "go"), parse_names("w:images/wrist"))
