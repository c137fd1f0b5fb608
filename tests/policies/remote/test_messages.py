"""Questions: an observation and back."""

import numpy as np

from helpers.servers import PICTURE, SEEN
from vlagen_bench.policies.remote import wire
from vlagen_bench.policies.remote.messages import observation, question


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


def test_a_picture_that_no_camera_is_named_for_is_among_the_images():
    seen, _ = observation({"image": PICTURE, "prompt": "go"})
    assert seen["images"] == {"image": PICTURE} and seen["image"] is PICTURE


def test_the_first_of_several_cameras_is_the_image():
    seen, _ = observation({"images/top": PICTURE, "images/wrist": PICTURE[::-1], "prompt": "go"})
    assert seen["image"] is PICTURE and list(seen["images"]) == ["top", "wrist"]
