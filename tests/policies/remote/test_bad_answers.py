"""Bad answers, slow answers and servers that are no policy servers: a sentence each."""

import contextlib
import itertools
import socket
import threading

import msgpack
import numpy as np
import pytest
import websockets.sync.server

from helpers import fuzz_frames
from helpers.fakes import loaded, wait_for
from helpers.servers import CHUNK, SEEN, Telling, answering, array, ask, remote, sentence, serving, stub
from vlagen_bench.errors import PolicyError
from vlagen_bench.harness.inference import PolicyCaller, PolicyQuery
from vlagen_bench.policies import base
from vlagen_bench.policies.remote import wire
from vlagen_bench.scenes.tabletop import PANDA
from vlagen_bench.utils.alarm import TookTooLong, time_limit


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ("Traceback (most recent call last):\n  File x\nKeyError: 'wrist'\n", "failed: KeyError: 'wrist'."),
        ("", "it does not say why"),
        (b"\xc1", "not an answer of a policy server"),
        (array(dtype="|O"), "is not a dtype"),
        (wire.pack({"action": CHUNK}), "answered without 'actions'; there is: action"),
        (wire.pack({"actions": np.zeros((2, 3, 7))}), r"the shape \(2, 3, 7\)"),
        (wire.pack({"actions": np.full((2, 7), np.nan)}), "NaN"),
        (wire.pack({"actions": "left"}), "returned str"),
    ],
)
def test_a_bad_answer_is_a_sentence_and_the_next_one_is_good(frame, says):
    with stub(answering(frame, wire.pack({"actions": CHUNK}))) as url:
        policy = remote(url)
        with pytest.raises(PolicyError, match=says) as error:
            ask(policy)
        assert sentence(error) and ask(policy).tolist() == CHUNK.tolist()


def test_actions_of_another_robot_are_an_error_of_the_episode():
    """Only the caller knows how many numbers an action of this robot has."""
    question = PolicyQuery(episode_id="e", begins=True, instruction="", observation=SEEN)
    with stub(answering(wire.pack({"actions": np.zeros((2, 6))}))) as url:
        answer = PolicyCaller(loaded(remote(url)), action_dim=7).ask({0: question})[0]
    assert answer.chunk is None and "the shape (2, 6). Return (7,)" in answer.error


def test_too_large_an_answer_is_a_sentence(monkeypatch):
    monkeypatch.setattr(wire, "MAX_FRAME_BYTES", 1000)
    with stub(answering(b"0" * 2000)) as url, pytest.raises(PolicyError, match="more than the 1000 bytes"):
        ask(remote(url))


def test_too_large_a_question_is_a_sentence():
    with (
        stub(answering(), max_size=100) as url,
        pytest.raises(PolicyError, match=r"refuses a question of [0-9]+ bytes"),
    ):
        ask(remote(url))


def test_a_slow_answer_is_a_sentence_and_not_taken_for_the_next():
    def late(connection):
        for number in itertools.count():
            connection.recv()
            if number == 0 and not calls:
                given_up.wait(60)
            calls.append(number)
            with contextlib.suppress(websockets.exceptions.ConnectionClosed):
                connection.send(wire.pack({"actions": CHUNK * len(calls)}))

    calls, given_up = [], threading.Event()
    with stub(late) as url:
        policy = remote(url, answer_s="1")
        with pytest.raises(PolicyError, match=r"did not answer within 1 s.*answer_s="):
            ask(policy)
        given_up.set()
        wait_for(lambda: calls)
        assert ask(policy)[0, 0] == 2


def test_an_alarm_leaves_no_answer_behind():
    with serving(telling := Telling()) as url:
        policy = remote(url)
        with pytest.raises(TookTooLong), time_limit(0.2):
            policy.act({**SEEN, "state": np.float32([9])}, "think")
        telling.knows.set()
        assert ask(policy)[0, 0] == 0.5


def nested(depth):
    inner = "<f4"
    for _ in range(depth):
        inner = [inner]
    return inner


@pytest.mark.parametrize(
    ("greeting", "says"),
    [
        (None, "no greeting in time"),
        (b"\xc1", "not an answer of a policy server"),
        ("Traceback\nOSError: no weights", "failed: OSError: no weights."),
        (wire.pack({"sharing": "copies"}), "no way of sharing a policy 'copies'"),
        (wire.pack({"sharing": np.zeros(2)}), "its 'sharing' is not a text"),
        (wire.pack({"remembers": np.ones(2)}), "its 'remembers' is neither true nor false"),
        (wire.pack({"policy": ["a"]}), "its 'policy' is not a text"),
        (wire.pack({"spec": ["plus_one_open"]}), "its 'spec' is not a map of texts, numbers and lists of texts"),
        (wire.pack({"spec": {"gripper": np.zeros(2)}}), "its 'spec' is not a map of texts, numbers and lists of texts"),
        (msgpack.packb({"a": nested(500)}), "nested deeper"),
        (array(dtype=nested(500)), "is not a dtype|nested deeper"),
        ("a\n\x1b[2J\x1b]0;title\x07" + "b" * 5000, r"failed: \?\[2J\?\]0;title\?b+\.\.\."),
    ],
)
def test_a_bad_greeting_is_a_sentence(greeting, says):
    with (
        stub(lambda connection: connection.recv(), greeting=greeting) as url,
        pytest.raises(PolicyError, match=says) as error,
    ):
        remote(url, connect_s="0.4")
    assert sentence(error)


def test_what_a_greeting_says_of_conventions_cannot_write_on_the_terminal():
    greeting = wire.pack({"spec": {"\x1b[2J" + "k" * 5000: "\x1b]0;title\x07"}})
    with (
        stub(answering(), greeting=greeting) as url,
        pytest.raises(PolicyError, match=r"no convention '\?\[2Jkkk") as error,
    ):
        base.check_spec(loaded(remote(url)), PANDA)
    assert str(error.value).isprintable() and len(str(error.value)) < 2000


def test_nothing_that_a_frame_holds_ends_a_run_in_a_traceback():
    seen = fuzz_frames.fuzz(seconds=3, seed=1)
    assert set(seen) == {"refused", "accepted"}, seen


def test_what_is_no_policy_server_is_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def greet():
            with contextlib.suppress(OSError):
                while True:
                    peer, _ = listener.accept()
                    peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
                    peer.close()

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        with pytest.raises(PolicyError, match="No policy server answers at") as error:
            remote(f"ws://127.0.0.1:{listener.getsockname()[1]}", connect_s="0.4")
        assert sentence(error)
