"""Policies behind a socket give the same answers as in this process."""

import logging
import sys

import numpy as np
import pytest

from helpers.fakes import Batcher, Counter, Stepper, loaded
from helpers.servers import CHUNK, PICTURE, SEEN, Telling, answering, ask, remote, sentence, serving, stub
from vlagen_bench.errors import PolicyError
from vlagen_bench.harness.inference import PolicyCaller, PolicyQuery
from vlagen_bench.policies import base
from vlagen_bench.policies.random import Random
from vlagen_bench.policies.remote import wire


@pytest.mark.parametrize("kind", [Stepper, Counter, Batcher, Random])
def test_a_served_policy_answers_two_episodes_as_it_would_here(kind):
    def answers(made):
        caller = PolicyCaller(made, action_dim=7, slots=2)
        found = []
        for begins in (True, False, False, True, False):  # both episodes, in turn, and both once more
            asked = {
                slot: PolicyQuery(episode_id=f"e{slot}", begins=begins, instruction="go", observation=SEEN)
                for slot in (0, 1)
            }
            parts = [asked] if caller.batches else [{slot: asked[slot]} for slot in (0, 1)]
            told = {slot: answer for part in parts for slot, answer in caller.ask(part).items()}
            assert [told[slot].error for slot in (0, 1)] == [None, None]
            found.append([told[slot].chunk.tolist() for slot in (0, 1)])
        caller.close()
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


@pytest.mark.parametrize(
    ("url", "arguments", "says"),
    [
        ("http://127.0.0.1:8000", {}, "not http://"),
        ("ws://", {}, "does not name a host"),
        ("ws://127.0.0.1:99999", {}, "is not an address"),
        ("ws://a..b:1", {}, "is not an address"),
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
    with pytest.raises(PolicyError, match=r"pip install .*'websockets>="):
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
