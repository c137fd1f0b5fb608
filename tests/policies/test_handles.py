"""What policies hear of episodes: handles of their run, never ids."""

import signal

import numpy as np
import pytest

import vlagen_bench
from helpers.evaluated import SMALL, fake_world  # noqa: F401 - a fixture
from vlagen_bench.errors import RunError
from vlagen_bench.harness.inference import PolicyCaller, PolicyQuery
from vlagen_bench.policies import handles
from vlagen_bench.policies.base import LoadedPolicy, load

ACTION = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)


class Listener:
    """Notes what it hears of episodes."""

    def __init__(self):
        self.heard = []

    def reset(self, episode_ids):
        (self.now,) = episode_ids
        self.heard.append(self.now)

    def act(self, obs, instr):
        assert obs["episode_id"] == self.now
        return ACTION


class Batch(Listener):
    def act(self, obs, instr):
        raise AssertionError("act_batch is asked")

    def act_batch(self, obs_list, instrs):
        assert {obs["episode_id"] for obs in obs_list} <= set(self.heard)
        return [ACTION for _ in obs_list]


class Oracle(Listener):
    privileged = True


class Stopping(Listener):
    """Is interrupted in its third episode, once."""

    def reset(self, episode_ids):
        super().reset(episode_ids)
        if len(self.heard) == 3:
            signal.raise_signal(signal.SIGINT)


def ids_of(run):
    return sorted(run.episodes.index)


@pytest.mark.parametrize(
    ("policy", "workers"), [(Listener, 1), (Batch, 1), pytest.param(Batch, 2, marks=pytest.mark.slow)]
)
def test_a_policy_hears_one_handle_for_each_episode_and_others_in_another_run(fake_world, policy, workers):  # noqa: F811
    first, other = policy(), policy()
    ids = set(ids_of(vlagen_bench.evaluate(first, **SMALL, out="a", workers=workers)))
    vlagen_bench.evaluate(other, **SMALL, out="b", workers=workers)
    assert len(set(first.heard)) == len(first.heard) == len(ids) == 4
    assert not set(first.heard) & ids and not set(first.heard) & set(other.heard)
    assert {len(name) for name in first.heard} == {handles.HANDLE_CHARS}


def test_a_resumed_run_goes_on_with_its_handles(fake_world):  # noqa: F811
    policy = Stopping()
    with pytest.raises(KeyboardInterrupt):
        vlagen_bench.evaluate(policy, **SMALL, out="a")
    with pytest.warns(UserWarning, match="unfinished"):
        vlagen_bench.evaluate(policy, **SMALL, out="a")
    assert policy.heard[2] == policy.heard[3] and len(set(policy.heard)) == 4


def test_who_is_privileged_hears_the_ids(fake_world):  # noqa: F811
    oracle = Oracle()
    run = vlagen_bench.evaluate(oracle, **SMALL, out="a")
    assert sorted(oracle.heard) == ids_of(run)


def test_random_is_the_same_in_each_run():
    """Of this package's own by name, nobody asks what it does with an id."""
    question = PolicyQuery(episode_id="a1", begins=True, instruction="", observation={})

    def chunk(loaded, key):
        caller = PolicyCaller(loaded, action_dim=7, handles=handles.EpisodeHandles(key=key))
        return caller.ask({0: question})[0].chunk.tolist()

    assert chunk(load("random", {}), b"a" * 32) == chunk(load("random", {}), b"b" * 32)
    listener = LoadedPolicy(name="random", policy=Listener(), arguments={}, live=True)
    assert not listener.may_know_ids


def test_a_policy_that_is_only_called_like_one_of_ours_hears_handles():
    for name in ("mine.py:random", "vlagen_bench.policies.random:Random"):
        assert not LoadedPolicy(name=name, policy=Listener(), arguments={}).may_know_ids


@pytest.mark.parametrize("content", ["", "zz" * 32, "ab" * 31, "é" * 64])
def test_a_damaged_key_is_a_sentence(tmp_path, content):
    assert handles.of_run(tmp_path) == handles.of_run(tmp_path)
    assert (tmp_path / handles.FILE).stat().st_mode & 0o077 == 0
    (tmp_path / handles.FILE).write_text(content, encoding="utf-8")
    with pytest.raises(RunError, match=r"handles\.key .*Remove it"):
        handles.of_run(tmp_path)
