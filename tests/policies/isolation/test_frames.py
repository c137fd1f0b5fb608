"""Frames of an isolated policy's process that it should never write: an error of its episode, and nothing else."""

import msgpack
import numpy as np
import pytest

from helpers.fuzz_frames import ACTION, NUMBER, plain
from helpers.hostile_runs import EPISODES, FEW, assert_like, go
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.isolation import replies
from vlagen_bench.policies.isolation.proxy import IsolationLimits, load
from vlagen_bench.policies.remote import wire

ARRAY = {b"__ndarray__": True, b"data": b"\0" * 16, b"dtype": "<f8", b"shape": [2]}


DEEP = "a list in a list, 1,000 deep"


def packed(message):
    """Its frame, with lists as deep as no packer writes them."""
    return msgpack.packb(message).replace(msgpack.packb(DEEP), b"\x91" * 1000 + msgpack.packb("<f4"))


ODD = {
    "an array for the number": {"number": ARRAY, "answers": []},
    "true for the number": {"number": True, "answers": []},
    "a dtype that is nested": {"number": NUMBER, "answers": [{**ARRAY, b"dtype": DEEP}]},
    "a shape that is nested": {"number": NUMBER, "answers": [{**ARRAY, b"shape": DEEP}]},
    "an array that is larger than memory": {"number": NUMBER, "answers": [{**ARRAY, b"shape": [2**26] * 3}]},
    "answers that are nested": {"number": NUMBER, "answers": DEEP},
    "an array for the answers": {"number": NUMBER, "answers": ARRAY},
    "a number for an answer": {"number": NUMBER, "answers": [1.5]},
    "an array for the error": {"number": NUMBER, "error": ARRAY},
    "an error that is nested": {"number": NUMBER, "answers": [{"error": DEEP}]},
    "keys that are bytes": {"number": NUMBER, "answers": [{b"error": "x"}]},
    "millions of lists": {"number": NUMBER, "answers": [[[]] * 1000] * 1000},
}


@pytest.mark.parametrize("what", ODD)
def test_a_frame_that_is_no_reply_is_refused(what):
    with pytest.raises(wire.WireError) as refused:
        message = replies.message_of(packed(ODD[what]), NUMBER)
        assert replies.error_in(message) is None
        replies.answers(message, 1)
    assert str(refused.value).isprintable() and len(str(refused.value)) < 300


def test_a_reply_is_read():
    message = replies.message_of(wire.pack({"number": NUMBER, "answers": [ACTION, {"error": "a\x1bb"}]}), NUMBER)
    array, error = replies.answers(message, 2)
    assert array.tolist() == ACTION.tolist() and isinstance(error, PolicyError) and str(error) == "a?b"
    assert str(replies.error_in({"error": "no\nmore"})) == "no more"


@pytest.mark.parametrize(
    "wrong",
    [{"methods": "reset"}, {"methods": ["fly"]}, {"privileged": 1}, {"spec": {"a": [1]}}, {"spec": plain(np.zeros(2))}],
)
def test_what_a_process_says_of_its_policy_is_of_its_type(wrong):
    right = {"methods": ["reset"], "privileged": False, "spec": {"gripper": "plus_one_open"}}
    assert replies.loaded(right).methods == ("reset",)
    with pytest.raises(wire.WireError):
        replies.loaded(right | wrong)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["an array for the number", "a dtype that is nested"])
def test_such_a_frame_is_an_error_of_its_episode(tmp_path, good, what):
    arguments = {"frame": packed(ODD[what]).hex(), "episode": EPISODES[1]}
    made = load("helpers.hostile:Framer", arguments, IsolationLimits(step_s=20))
    results = go(tmp_path, made, FEW[:3])
    assert_like(results, good, {EPISODES[1]: "its process and the harness do not understand each other"}, 20)
