"""The server: failing policies, garbage, and clients that vanish."""

import http.client
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from helpers.fakes import Counter, loaded
from helpers.servers import Telling, ask, remote, sentence, serving
from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.policies import base
from vlagen_bench.policies.remote import wire
from vlagen_bench.policies.remote.session import ServedPolicy


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
            ("wrong", r"the shape \(2, 3, 7\)"),
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
        ServedPolicy(base.load(name, arguments))


@pytest.mark.parametrize("spec", ["delta", {"gripper": object()}, {1: "one"}])
def test_a_spec_that_cannot_be_told_is_a_sentence(spec):
    policy = Telling()
    policy.spec = spec
    with pytest.raises(PolicyError, match="cannot be sent to clients"):
        ServedPolicy(loaded(policy))
