"""Policies behind sockets: the same answers as in this process, and every trouble of a network a sentence, soon."""

import contextlib
import http.client
import itertools
import json
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgpack
import numpy as np
import pytest
import websockets.sync.server
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from helpers.fakes import Batcher, Counter, Stepper, loaded, wait_for
from helpers.places import TESTS
from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.harness.inference import Asker, Question
from vlagen_bench.harness.limits import TookTooLong, time_limit
from vlagen_bench.policies import base
from vlagen_bench.policies.random import Random
from vlagen_bench.policies.remote import wire
from vlagen_bench.policies.remote.messages import observation, parse_names, question, renamed
from vlagen_bench.policies.remote.server import Server
from vlagen_bench.policies.remote.session import Served
from vlagen_bench.utils import paths

PICTURE = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
SEEN = {"image": PICTURE, "images": {"front": PICTURE}, "state": np.array([0.5, 2], np.float32), "episode_id": "e1"}
CHUNK = np.ones((1, 7), np.float32)
PEER = TESTS / "helpers" / "openpi_peer.py"


class Telling:
    """Answers with what it was shown."""

    def __init__(self, gripper="plus_one_open"):
        self.spec = {"gripper": gripper}
        self.thinks, self.knows = threading.Event(), threading.Event()

    def act(self, obs, instr):
        if instr == "fail":
            raise KeyError("wrist")
        if instr == "exit":
            sys.exit(3)
        if instr == "interrupt":
            raise KeyboardInterrupt
        if instr == "leave":
            raise GeneratorExit
        if instr == "wrong":
            return np.zeros(3)
        if instr == "think":
            self.thinks.set()
            self.knows.wait(60)
        return np.full((3, 7), float(obs["state"][0]), np.float32)


@contextlib.contextmanager
def serving(policy, *, port=0, notes=None):
    """The address of a server of this policy, which lives in another thread."""
    served = Served(policy if isinstance(policy, base.LoadedPolicy) else loaded(policy))
    server = Server(served, host="127.0.0.1", port=port, note=[].append if notes is None else notes.append)
    with server.listening() as found:
        threading.Thread(target=server.work, daemon=True).start()
        yield f"ws://127.0.0.1:{found}"


@contextlib.contextmanager
def stub(handle, *, greeting=b"\x80", port=0, **options):
    """The address of a server that does what it likes with a connection; raw, without openpi's or our code."""

    def greet_and_handle(connection):
        if greeting is not None:
            connection.send(greeting)
        handle(connection)

    with websockets.sync.server.serve(greet_and_handle, "127.0.0.1", port, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


def answering(*frames):
    """Answers each question with the next of these frames; closes where one is None, and after the last."""
    left = iter(frames)

    def handle(connection):
        for _ in connection:
            if (frame := next(left, None)) is None:
                return
            connection.send(frame)

    return handle


def remote(url, **arguments):
    """Waits long where an answer is due: the machine may be busy."""
    return base.load(url, {"connect_s": "60", "reconnect_s": "60", "answer_s": "60", **arguments}).policy


def ask(policy, instr="go", episode="e1"):
    return policy.act({**SEEN, "episode_id": episode}, instr)


def sentence(error):
    text = str(error.value)
    assert text and "\n" not in text and "Traceback" not in text
    return text


# The wire


def test_what_is_packed_is_unpacked():
    message = {
        "image": PICTURE, "state": np.array([[1.5], [2.5]], np.float32), "flag": np.bool_(True), "n": np.int64(-3),
        "words": np.array(["ab", "c"]), "none": np.zeros((0, 7)), "prompt": "Stelle die Tüte", "deep": {"a": [1, None, 2.5]},
    }  # fmt: skip
    found = wire.unpack(wire.pack(message))
    assert list(found) == list(message)
    for key, value in message.items():
        np.testing.assert_array_equal(found[key], value)
        assert getattr(found[key], "dtype", None) == getattr(value, "dtype", None)
    found["image"][0] = 0  # it is the reader's own


def test_the_notation_is_that_of_openpi():
    """As openpi_client/msgpack_numpy.py 0.1.2 writes it; test_openpi_* ask its own code."""
    raw = msgpack.unpackb(wire.pack({"a": np.array([[1, 2]], np.float32), "b": np.uint8(7)}))
    assert raw == {
        "a": {b"__ndarray__": True, b"data": np.float32([1, 2]).tobytes(), b"dtype": "<f4", b"shape": [1, 2]},
        "b": {b"__npgeneric__": True, b"data": 7, b"dtype": "|u1"},
    }


def array(data=b"12345678", dtype="<f4", shape=(2,)):
    return msgpack.packb({"a": {b"__ndarray__": True, b"data": data, b"dtype": dtype, b"shape": shape}})


@pytest.mark.parametrize(
    "frame",
    [
        b"", b"\xc1", b"\x81\xa1a", b"\xdd\xff\xff\xff\xff", b"\x81\xa1a" + b"\x91" * 10**6,
        msgpack.packb([1]), msgpack.packb({b"a": 1}), msgpack.packb({"a": msgpack.ExtType(5, b"x")}),
        array(dtype="|O"), array(dtype="object"), array(dtype="|V8"), array(dtype="<f4,<f4"), array(dtype="(2,)<f4"),
        array(dtype="<c8"), array(dtype="<M8[s]"), array(dtype="<f3"), array(dtype="<U999999999"), array(dtype=4),
        array(dtype="<U0", data=b"", shape=(2**40,)), array(shape=(3,)), array(shape=(-1, -2)), array(shape=(True, 2)),
        array(shape=(0, 2**40), data=b""), array(shape=(1,) * 40), array(shape="2"), array(data="12345678"), array(shape=None),
        msgpack.packb({"a": {b"__npgeneric__": True, b"data": 300, b"dtype": "|u1"}}),
        msgpack.packb({"a": {b"__npgeneric__": True, b"data": [1], b"dtype": "<f4"}}),
        msgpack.packb({"a": {b"__npgeneric__": True, b"data": 1, b"dtype": "|O"}}),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(frame):
    with pytest.raises(wire.WireError):
        wire.unpack(frame)


@pytest.mark.parametrize(
    "value", [np.array([{}]), np.zeros(2, "V4"), np.zeros(2, complex), object(), 2**70, {1, 2}, np.datetime64("2026")]
)
def test_what_cannot_travel_is_refused(value):
    with pytest.raises(wire.WireError):
        wire.pack({"a": value})


def test_garbage_is_refused_or_read_but_nothing_else():
    rng = random.Random(0)
    good = wire.pack({"image": PICTURE, "n": np.int32(3), "prompt": "put", "more": [1, {"a": np.array(["x"])}]})
    refused = 0
    for number in range(6000):
        frame = bytearray(rng.randbytes(rng.randrange(100)) if number % 3 == 0 else good)
        for _ in range(rng.randrange(5) * bool(frame)):
            frame[rng.randrange(len(frame))] = rng.randrange(256)
        try:
            wire.unpack(bytes(frame[: rng.randrange(len(frame) + 1)] if number % 3 == 2 else frame))
        except wire.WireError:
            refused += 1
    assert 3000 < refused < 6000


# What is sent


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


# The same answers


@pytest.mark.parametrize("kind", [Stepper, Counter, Batcher, Random])
def test_a_served_policy_answers_two_episodes_as_it_would_here(kind):
    def answers(made):
        asker = Asker(made, slots=2)
        found = []
        for begins in (True, False, False, True, False):  # both episodes, in turn, and both once more
            asked = {
                slot: Question(episode_id=f"e{slot}", begins=begins, instruction="go", observation=SEEN)
                for slot in (0, 1)
            }
            parts = [asked] if asker.batches else [{slot: asked[slot]} for slot in (0, 1)]
            told = {slot: answer for part in parts for slot, answer in asker.ask(part).items()}
            assert [told[slot].error for slot in (0, 1)] == [None, None]
            found.append([told[slot].chunk.tolist() for slot in (0, 1)])
        asker.close()
        return found

    here = answers(loaded(kind()))
    with serving(loaded(kind())) as url:
        assert answers(base.load(url, {})) == here


def test_a_served_policy_sees_what_it_would_see_here():
    shown = []

    class Looking:
        def act(self, obs, instr):
            shown.append((obs, instr))
            obs["image"][:] = 0  # hurts nobody
            return CHUNK

    with serving(Looking()) as url:
        ask(remote(url), "put the apple on the plate")
    (obs, told) = shown[0]
    assert told == "put the apple on the plate" and set(obs) == set(SEEN) and list(obs["images"]) == ["front"]
    assert obs["images"]["front"] is obs["image"] and obs["episode_id"] == "e1" and obs["state"].dtype == np.float32
    assert PICTURE.any()


def test_a_batch_goes_as_one_question():
    policy = Batcher()
    with serving(policy) as url:
        client = remote(url)
        client.reset(["a", "b"])
        both = [{**SEEN, "episode_id": name} for name in "ab"]
        chunks = client.act_batch(both, ["go", "go"])
        assert policy.sizes == [2] and [chunk.shape for chunk in chunks] == [(1, 7), (1, 7)]
        with pytest.raises(PolicyError, match="has no text 'prompt'"):
            client.act_batch(both, ["go", None])


def test_the_spec_of_a_served_policy_is_checked():
    from vlagen_bench.scenes.tabletop import PANDA

    with serving(Telling()) as url:
        base.check_spec(base.load(url, {}), PANDA)
    with (
        serving(Telling("plus_one_closed")) as url,
        pytest.raises(PolicyError, match="says gripper = 'plus_one_closed'"),
    ):
        base.check_spec(base.load(url, {}), PANDA)


def test_a_server_that_says_no_spec_is_taken_with_a_note(caplog):
    with stub(answering(wire.pack({"actions": CHUNK}))) as url, caplog.at_level(logging.WARNING):
        assert ask(remote(url)).tolist() == CHUNK.tolist()
    assert "does not say what its actions mean" in caplog.text and len(caplog.records) == 1


# Trouble with a server


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ("Traceback (most recent call last):\n  File x\nKeyError: 'wrist'\n", "failed: KeyError: 'wrist'."),
        ("", "it does not say why"),
        (b"\xc1", "no answer of a policy server"),
        (array(dtype="|O"), "is no dtype"),
        (wire.pack({"action": CHUNK}), "answered without 'actions'; there is: action"),
        (wire.pack({"actions": np.zeros((2, 6))}), r"the shape \(2, 6\)"),
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


def test_too_large_an_answer_is_a_sentence(monkeypatch):
    monkeypatch.setattr(wire, "MAX_FRAME_BYTES", 1000)
    with stub(answering(b"0" * 2000)) as url, pytest.raises(PolicyError, match="more than the 1000 bytes"):
        ask(remote(url))


def test_too_large_a_question_is_a_sentence():
    with stub(answering(), max_size=100) as url, pytest.raises(PolicyError, match=r"takes no question of [0-9]+ bytes"):
        ask(remote(url))


def test_a_lost_connection_is_made_again_and_the_question_sent_again():
    with stub(answering(None, None, wire.pack({"actions": CHUNK}))) as url:
        assert ask(remote(url)).tolist() == CHUNK.tolist()


def test_a_server_that_closes_on_every_question_is_a_sentence():
    with stub(answering()) as url, pytest.raises(PolicyError, match="3 times over the same question") as error:
        ask(remote(url))
    assert sentence(error)


def test_a_server_that_is_restarted_is_waited_for():
    with serving(Telling()) as url:
        policy = remote(url)
        ask(policy)
    port = int(url.rpartition(":")[2])
    again = threading.Event()

    def restart():
        time.sleep(0.5)
        with serving(Telling(), port=port):
            again.wait(60)

    thread = threading.Thread(target=restart)
    thread.start()
    try:
        assert ask(policy)[0, 0] == 0.5
    finally:
        again.set()
        thread.join()


def test_a_server_that_is_gone_is_a_sentence_in_time():
    with serving(Telling()) as url:
        policy = remote(url, reconnect_s="0.5")
    started = time.monotonic()
    with pytest.raises(PolicyError, match=r"Connection refused.*tried for 0.5 s") as error:
        ask(policy)
    assert sentence(error) and time.monotonic() - started < 20


@pytest.mark.parametrize("kind", [Counter, Batcher])
def test_what_a_policy_remembers_is_not_forgotten_silently(kind):
    """The episode that was under way is an error; the next one begins anew."""
    with serving(kind()) as url:
        policy = remote(url)
        policy.reset(["e1"])
        ask(policy)
    with serving(kind(), port=int(url.rpartition(":")[2])):
        policy.reset(["e2"])
        assert ask(policy, episode="e2")[0, 0] == np.float32(0.1)
        with pytest.raises(PolicyError, match="lost amid an episode") as error:
            ask(policy, episode="e1")
        assert sentence(error) and ask(policy, episode="e2")[0, 0] == np.float32(0.2)


def test_another_policy_at_the_same_address_is_a_sentence():
    with serving(loaded(Telling(), "one:Policy")) as url:
        policy = remote(url)
    other = serving(loaded(Telling(), "other:Policy"), port=int(url.rpartition(":")[2]))
    with other, pytest.raises(PolicyError, match=r"another policy.*'one:Policy'.*'other:Policy'"):
        ask(policy)


def test_a_server_that_comes_back_with_a_complaint_is_asked_nothing():
    """Its greeting would have said whether it still serves the same policy."""
    with stub(answering()) as url:
        policy = remote(url)
    with stub(answering(*[wire.pack({"actions": CHUNK})] * 3), greeting="no weights", port=int(url.rpartition(":")[2])):
        for _ in range(2):
            with pytest.raises(PolicyError, match="failed: no weights"):
                ask(policy)


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


@pytest.mark.parametrize(
    ("greeting", "says"),
    [
        (None, "no greeting in time"),
        (b"\xc1", "no answer of a policy server"),
        ("Traceback\nOSError: no weights", "failed: OSError: no weights."),
        (wire.pack({"sharing": "copies"}), "no way of sharing a policy 'copies'"),
    ],
)
def test_a_bad_greeting_is_a_sentence(greeting, says):
    with stub(lambda connection: connection.recv(), greeting=greeting) as url, pytest.raises(PolicyError, match=says):
        remote(url, connect_s="0.4")


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


@pytest.mark.parametrize(
    ("url", "arguments", "says"),
    [
        ("http://127.0.0.1:8000", {}, "not http://"),
        ("ws://", {}, "does not name a host"),
        ("ws://127.0.0.1:99999", {}, "is no address"),
        ("ws://a..b:1", {}, "is no address"),
        ("ws://me:secret@127.0.0.1:1", {}, "holds no password"),
        ("ws://127.0.0.1:1", {"apikey": "x"}, "Did you mean 'api_key'?"),
        ("ws://127.0.0.1:1", {"answer_s": "soon"}, "number of seconds above 0"),
        ("ws://127.0.0.1:1", {"answer_s": "0"}, "number of seconds above 0"),
        ("ws://127.0.0.1:1", {"answer_s": "1e300"}, "above 0, up to 1,000,000"),
        ("ws://127.0.0.1:1", {"connect_s": "0.1"}, "Start it, for example with `vlagen serve`"),
        ("wss://127.0.0.1:1", {"connect_s": "0.1"}, "Connection refused"),
    ],
)
def test_a_wrong_address_or_argument_is_a_sentence(url, arguments, says):
    with pytest.raises(PolicyError, match=says) as error:
        base.load(url, arguments)
    assert sentence(error) and "secret" not in str(error.value)


def test_without_the_packages_there_is_a_sentence(monkeypatch):
    for module in ("client", "websocket"):
        monkeypatch.delitem(sys.modules, f"vlagen_bench.policies.remote.{module}")
    monkeypatch.delattr("vlagen_bench.policies.remote.client")
    monkeypatch.setitem(sys.modules, "websockets.exceptions", None)
    monkeypatch.setitem(sys.modules, "websockets", None)
    with pytest.raises(PolicyError, match=r"pip install 'vlagen-bench\[remote\]'"):
        base.load("ws://127.0.0.1:1", {})


def test_a_key_is_sent_and_recorded_nowhere():
    def check(connection, request):
        found.append(request.headers.get("Authorization"))
        return None if found[-1] == "Api-Key k3y" else connection.respond(401, "no\n")

    found = []
    with stub(lambda connection: connection.recv(), process_request=check) as url:
        made = base.load(url, {"api_key": "k3y"})
        assert made.shown_arguments == {"url": url, "api_key": "(hidden)"}
        with pytest.raises(PolicyError, match=r"HTTP status 401\. Give the right key"):
            base.load(url, {})
    assert set(found) == {"Api-Key k3y", None}


def test_a_map_must_tell_episodes_to_a_policy_that_remembers():
    with serving(Counter()) as url:
        with pytest.raises(PolicyError, match="add episode_id:episode_id,begins:begins"):
            remote(url, map="prompt:prompt,state:state")
        policy = remote(url, map="prompt:prompt,state:state,episode_id:episode_id,begins:begins")
        policy.reset(["e1"])
        assert ask(policy)[0, 0] == np.float32(0.1)


# Trouble with a client


def healthy(url):
    connection = http.client.HTTPConnection(url.removeprefix("ws://"), timeout=60)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_a_failing_policy_is_a_text_and_the_connection_goes_on():
    notes = []
    with serving(Telling(), notes=notes) as url:
        policy = remote(url)
        for instr, says in (
            ("fail", "KeyError: 'wrist'"),
            ("exit", r"sys.exit\(3\)"),
            ("interrupt", "nobody pressed Ctrl-C"),
            ("leave", "GeneratorExit"),
            ("wrong", r"the shape \(3,\)"),
        ):
            with pytest.raises(PolicyError, match=says) as error:
                ask(policy, instr)
            assert sentence(error)
        assert ask(policy).shape == (3, 7)
        with connect(url) as raw:
            raw.recv()
            raw.send(wire.pack({"prompt": "fail", "state": np.zeros(1)}))
            assert raw.recv().startswith("Traceback (most recent call last)")
    assert sum("Traceback" in note for note in notes) == 2


def test_health_is_told_while_the_policy_thinks_and_others_wait():
    answered = []
    with serving(telling := Telling()) as url, ThreadPoolExecutor() as pool:
        policies = {instr: remote(url) for instr in ("think", "go")}

        def told(instr):
            assert ask(policies[instr], instr).shape == (3, 7)
            answered.append(instr)

        asked = [pool.submit(told, "think")]
        assert telling.thinks.wait(60)
        asked.append(pool.submit(told, "go"))
        time.sleep(0.2)
        assert healthy(url) == (200, b"OK\n") and not answered
        telling.knows.set()
        for one in asked:
            one.result(60)
    assert sorted(answered) == ["go", "think"]


def test_garbage_and_vanishing_clients_hurt_nobody_else():
    with serving(Counter()) as url:
        host, port = url.removeprefix("ws://").split(":")
        policy = remote(url)
        policy.reset(["e1"])
        ask(policy)
        for data in (b"", b"\x00" * 100, b"GET / HTTP/1.1\r\n\r\n", os.urandom(500)):
            with socket.create_connection((host, int(port))) as raw:
                raw.sendall(data)
        for frame in ("text", b"", b"\xc1", os.urandom(99), wire.pack({}), wire.pack({"prompt": 3}),
                      wire.pack({"batch": []}), wire.pack({"prompt": "a", "episode_id": 3})):  # fmt: skip
            with connect(url) as raw:
                raw.recv()
                raw.send(frame)
                assert isinstance(raw.recv(timeout=60), str)
                raw.send(wire.pack({"prompt": "go", "state": np.zeros(1, np.float32)}))
                assert wire.unpack(raw.recv(timeout=60))["actions"].shape == (1, 7)
        gone = connect(url)
        gone.__enter__().send(wire.pack({"prompt": "go", "state": np.zeros(1)}))
        gone.socket.shutdown(socket.SHUT_RDWR)
        assert ask(policy)[0, 0] == np.float32(0.2) and healthy(url)[0] == 200


def test_an_instance_is_lent_again_when_its_client_has_left():
    made = []

    class Counted(Counter):
        def __init__(self):
            made.append(self)

    with serving(Counted()) as url:
        for name in ("a", "b", "c"):
            policy = remote(url)
            policy.reset([name])
            assert ask(policy, episode=name)[0, 0] == np.float32(0.1)
            policy.close()
    assert len(made) <= 2  # a client may come before the last one has been seen to leave


def test_a_client_that_tells_no_beginnings_begins_with_another_episode():
    with serving(Counter()) as url, connect(url) as raw:
        raw.recv()
        told = []
        for name in ("a", "a", "b", "b", "a"):
            raw.send(wire.pack({"prompt": "go", "episode_id": name}))
            told.append(round(10 * float(wire.unpack(raw.recv())["actions"][0, 0])))
    assert told == [1, 2, 1, 2, 1]


def test_web_pages_are_refused():
    with serving(Telling()) as url, pytest.raises(InvalidStatus):
        connect(url, origin="https://example.org").__enter__()


def test_a_port_in_use_is_a_sentence():
    with serving(Telling()) as url:
        second = serving(Telling(), port=int(url.rpartition(":")[2]))
        with pytest.raises(ConfigError, match="something listens there already"):
            second.__enter__()


@pytest.mark.parametrize("name", ["expert", "replay"])
def test_oracles_are_not_served(name, tmp_path):
    arguments = {"run": str(tmp_path)} if name == "replay" else {}
    with pytest.raises(PolicyError, match="is an oracle"):
        Served(base.load(name, arguments))


@pytest.mark.parametrize("spec", ["delta", {"gripper": object()}, {1: "one"}])
def test_a_spec_that_cannot_be_told_is_a_sentence(spec):
    policy = Telling()
    policy.spec = spec
    with pytest.raises(PolicyError, match="cannot be told to clients"):
        Served(loaded(policy))


# The command


@contextlib.contextmanager
def command(*words, cwd):
    """`vlagen serve`, and the address that it prints."""
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "vlagen"), "serve", *words, "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd,
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        assert line.startswith("Serving "), line + process.stdout.read()
        yield process, "ws://127.0.0.1:" + line.split(". ")[0].rpartition(":")[2]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


SLEEPER = """
import time, numpy as np
class Sleeper:
    def act(self, obs, instr):
        print("asked", flush=True)
        time.sleep(60)
    def close(self):
        print("closed", flush=True)
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_though_the_policy_thinks(tmp_path, end):
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    with command("--policy", "sleeper.py:Sleeper", cwd=tmp_path) as (process, url):
        with connect(url) as raw:
            raw.recv()
            raw.send(wire.pack({"prompt": "go"}))
            while "asked" not in process.stdout.readline():
                pass
            started = time.monotonic()
            process.send_signal(end)
            said, _ = process.communicate(timeout=60)
        assert process.wait(60) == 0 and time.monotonic() - started < 30  # it would think for 60 s
        assert "Ended." in said and "closed" in said and "Traceback" not in said


def test_an_open_door_is_warned_of(tmp_path):
    with command("--policy", "noop", "--host", "0.0.0.0", cwd=tmp_path) as (process, url):
        assert "warning: everyone who reaches 0.0.0.0" in process.stdout.readline()
        assert remote(url).act(SEEN, "go").tolist() == [[0, 0, 0, 0, 0, 0, 1]]


def test_a_server_that_is_frozen_is_a_sentence(tmp_path):
    """It reads nothing, so that the question does not even leave."""
    large = {**SEEN, "image": np.zeros((3000, 3000, 3), np.uint8)}
    with command("--policy", "noop", cwd=tmp_path) as (process, url):
        policy = remote(url, answer_s="2")
        process.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(PolicyError, match="did not answer within"):
            policy.act(large, "go")
        assert time.monotonic() - started < 20
        process.send_signal(signal.SIGCONT)
        assert policy.act(SEEN, "go").shape == (1, 7)


@pytest.mark.sim
@pytest.mark.slow
def test_a_run_with_a_served_policy_is_that_of_the_policy(tmp_path):
    def results(policy, out, *more):
        words = [str(Path(sys.executable).parent / "vlagen-eval"), "--policy", policy, "--conditions", "nominal"]
        words += ["--episodes", "2", "--video", "none", "--out", out, *more]
        done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        records = map(json.loads, (tmp_path / out / "episodes.jsonl").read_text().splitlines())
        found = {one["id"]: (one["outcome"], one["steps"], one["metrics"]) for one in records}
        hashes = {path.name: dict(np.load(path)) for path in (tmp_path / out / "actions").glob("*.npz")}
        return found, {name: {key: value.tolist() for key, value in one.items()} for name, one in hashes.items()}

    here = results("random", "here")
    assert here[0] and here[1]
    with command("--policy", "random", cwd=tmp_path) as (_, url):
        assert results(url, "there", "--policy-args", "api_key=s3cret", "--workers", "2") == here
    assert "s3cret" not in (tmp_path / "there" / "header.json").read_text()


# openpi itself


@pytest.fixture(scope="module")
def openpi():
    """A Python that has `openpi-client`, which needs numpy 1, and so an environment of its own; it is kept."""
    venv = paths.cache_dir() / f"openpi-client-0.1.2-py{sys.version_info.major}{sys.version_info.minor}"
    if not (venv / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
        # The package imports typing_extensions, but does not ask for it.
        install = [str(venv / "bin/python"), "-m", "pip", "install", "-q", "--only-binary", ":all:"]
        try:
            done = subprocess.run(
                [*install, "openpi-client==0.1.2", "typing-extensions"], capture_output=True, text=True, timeout=120
            )
        except subprocess.TimeoutExpired:
            _do_without("openpi-client could not be installed within 120 s")
        if done.returncode:
            _do_without(f"openpi-client cannot be installed: {done.stderr.strip().splitlines()[-1]}")
        (venv / "ready").touch()
    return str(venv / "bin/python")


def _do_without(reason):
    """Continuous integration has to have it: there a test that is skipped would hide a break."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


@pytest.mark.slow
def test_openpi_asks_what_is_served_here(openpi):
    with serving(Telling()) as url:
        command = [openpi, str(PEER), "ask", url.rpartition(":")[2]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["metadata"]["spec"] == Telling().spec
    assert told["answers"] == [{"shape": [3, 7], "actions": [[0.25] * 7] * 3}] * 2
    (error,) = told["errors"]
    assert "Traceback" in error and "KeyError: 'wrist'" in error


@pytest.mark.slow
def test_what_openpi_serves_is_asked_from_here(openpi):
    with subprocess.Popen([openpi, str(PEER), "serve"], stdout=subprocess.PIPE, text=True) as server:
        try:
            url = f"ws://127.0.0.1:{int(server.stdout.readline())}"
            policy = remote(url, map="observation/image:image,observation/state:state,prompt:prompt")
            expected = np.float32((float(PICTURE.sum()) + 2.5) / 1000)
            assert ask(policy).tolist() == np.full((3, 7), expected).tolist()
            with pytest.raises(PolicyError, match="failed: KeyError: 'observation/wrist_image'") as error:
                ask(policy, "fail")
            assert sentence(error)
            assert ask(policy).shape == (3, 7)  # openpi closes after a failure; another connection is made
            with pytest.raises(PolicyError, match="KeyError: 'observation/image'"):
                ask(remote(url))
        finally:
            server.kill()
