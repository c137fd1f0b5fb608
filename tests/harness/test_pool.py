"""Workers play as one process does: real processes with a fake simulator."""

import itertools
import os
import time
from collections import deque

import numpy as np
import pytest

from helpers.fakes import (
    Batcher,
    Counter,
    CountingFilm,
    FakeSim,
    PacedSim,
    Stepper,
    loaded,
)
from helpers.workers import PLAN, TASK, children, go, outcomes
from vlagen_bench.errors import AssetError
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.executors import make_executor
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.pool import PoolExecutor
from vlagen_bench.policies.base import load

pytestmark = pytest.mark.slow  # waits for processes, servers or browsers


@pytest.mark.parametrize("policy", [Stepper, Counter, Batcher])
def test_two_workers_play_as_one_process_does(tmp_path, policy):
    assert go(tmp_path / "a", policy(), workers=None) == go(tmp_path / "b", policy())
    assert set(outcomes(go(tmp_path / "c", policy(), workers=None))) == {"success"}
    assert children() == 0


def test_a_privileged_policy_lives_where_the_simulator_does(tmp_path):
    oracle = load("helpers.fakes:Oracle", {})
    apart = go(tmp_path / "a", oracle)
    assert set(outcomes(apart)) == {"success"} and not hasattr(oracle.policy, "_sim")
    assert go(tmp_path / "b", oracle, workers=None) == apart


def test_questions_of_several_episodes_are_asked_at_once(tmp_path):
    policy = Batcher()
    go(tmp_path, policy, workers=3)
    assert max(policy.sizes) > 1 and sum(policy.sizes) == 4 * len(PLAN.episodes)


def test_a_batch_waits_for_others_that_are_about_to_ask(tmp_path):
    """A call of 0.2 s for one, then one for the other, takes longer than to wait 0.02 s and ask for both."""

    class Slow(Batcher):
        def act_batch(self, observations, instrs):
            time.sleep(0.18)
            return super().act_batch(observations, instrs)

    policy = Slow()
    go(tmp_path, policy, PacedSim)
    assert sum(policy.sizes) / len(policy.sizes) > 1.2


def test_chunks_and_their_horizon_change_nothing_for_workers(tmp_path):
    class Chunky(Counter):
        def act(self, obs, instr):
            return np.tile(super().act(obs, instr), (5, 1)) * 0.3

    for name, how in (("a", Execution(horizon=2)), ("b", Execution(ensemble=0.0))):
        assert go(tmp_path / f"{name}1", Chunky(), workers=None, execution=how) == go(
            tmp_path / f"{name}2", Chunky(), execution=how
        )


class Ready(PoolExecutor):
    """Two workers, both with a reply when the driver looks."""

    def __init__(self, *replies):
        self._slots, self._queue, self._ready = [], deque(), replies

    def _busy(self):
        return [*self._ready]

    def _replies(self):
        ready, self._ready = self._ready, ()
        for reply in ready:
            if isinstance(reply, Exception):
                raise reply
            yield None, reply

    def _groups(self):
        return []

    def _go_on(self, slot, reply, **_):
        return [reply]


def test_what_ends_at_once_is_passed_on_at_once():
    assert list(Ready("one", "other").endings([])) == [["one", "other"]]


def test_what_ended_is_passed_on_though_another_worker_ends_the_run():
    endings = Ready("one", AssetError("A mesh is missing.")).endings([])
    assert next(endings) == ["one"]
    with pytest.raises(AssetError):
        next(endings)


@pytest.mark.parametrize("workers", [None, 2])
def test_films_are_made_where_the_pictures_are(tmp_path, workers):
    (tmp_path / "films").mkdir()
    go(tmp_path / "run", Stepper(), workers=workers, film=CountingFilm(tmp_path / "films"))
    films = [path.name.split("-") for path in (tmp_path / "films").iterdir()]
    assert {name for name, *_ in films} == set(PLAN.by_id)
    assert {(frames, steps) for _, frames, steps, _ in films} == {("5", "4")}
    assert (str(os.getpid()) in {pid for *_, pid in films}) == (workers is None)


@pytest.mark.parametrize("workers", [None, 2])
def test_times_add_up(tmp_path, workers):
    crew = make_executor(
        TASK, FakeSim, loaded(Batcher()), workers=workers, execution=Execution(), limits=Limits(), film=None, note=print
    )
    with crew as who:
        for played in itertools.chain.from_iterable(who.endings(PLAN.episodes[:3])):
            found = dict(played.result.timings)
            total_s = found.pop("total_s")
            assert set(found) == {"reset_s", "advance_s", "observe_s", "policy_s", "waiting_s"}
            assert sum(found.values()) == pytest.approx(total_s, abs=1e-4) and found["policy_s"] >= 4 * 0.02
