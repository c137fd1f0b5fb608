"""Connections that are lost, servers that restart or vanish."""

import threading
import time

import numpy as np
import pytest

from helpers.fakes import Batcher, Counter, loaded
from helpers.servers import CHUNK, Telling, answering, ask, remote, sentence, serving, stub
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.remote import wire


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
    """The episode that was under way is an error; the next one begins again."""
    with serving(kind()) as url:
        policy = remote(url)
        policy.reset(["e1"])
        ask(policy)
    with serving(kind(), port=int(url.rpartition(":")[2])):
        policy.reset(["e2"])
        assert ask(policy, episode="e2")[0, 0] == np.float32(0.1)
        with pytest.raises(PolicyError, match="lost during an episode") as error:
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
