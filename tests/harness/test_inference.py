"""Policies that hang, fail or answer late, asked by workers."""

import signal
import time

import numpy as np
import pytest

from helpers.fakes import (
    Batcher,
    Counter,
    Stepper,
)
from helpers.workers import VICTIM, go, outcomes
from vlagen_bench.errors import PolicyError

pytestmark = pytest.mark.slow  # waits for processes, servers or browsers


@pytest.mark.parametrize("workers", [None, 2])
def test_a_policy_that_hangs_ends_its_episode_alone(tmp_path, workers):
    class Sleeper(Stepper):
        calls = 0

        def act(self, obs, instr):
            self.calls += 1
            while self.calls == 3:  # goes on after every exception
                try:
                    time.sleep(600)
                except Exception:
                    continue
            return super().act(obs, instr)

    results = go(tmp_path, Sleeper(), workers=workers, step_s=1.5)
    errors = [record["error"] for record in results.values() if record["outcome"] == "error"]
    assert errors == ["policy: act() took longer than 1.5 s (--step-timeout)."]
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_batch_that_fails_is_the_fault_of_one(tmp_path):
    class Picky(Batcher):
        def one(self, episode_id):
            if episode_id == VICTIM.id:
                raise KeyError("weights")
            return super().one(episode_id)

    results = go(tmp_path / "a", Picky(), workers=3)
    assert results == go(tmp_path / "b", Picky(), workers=None)
    assert outcomes(results).count("error") == 1 and results[VICTIM.id]["error"].startswith(
        "policy: KeyError: 'weights' (fakes.py:"
    )


def test_a_batch_needs_an_answer_for_each(tmp_path):
    class Short(Batcher):
        def act_batch(self, observations, instrs):
            return []

    results = go(tmp_path, Short(), workers=2)
    assert {record["error"][:42] for record in results.values()} == {"policy: act_batch() returned 0 answers to "}


def test_each_worker_needs_an_instance_of_a_policy_that_remembers_one_episode(tmp_path):
    class Single(Counter):
        made = 0

        def __init__(self):
            Single.made += 1
            if Single.made > 1:
                raise MemoryError("no room")

    with pytest.raises(PolicyError, match=r"has reset\(\) but no act_batch\(\).*MemoryError: no room"):
        go(tmp_path, Single())


def test_the_policy_is_closed_once_all_is_over(tmp_path):
    class Closing(Stepper):
        def close(self):
            raise OSError("busy")

    notes = []
    go(tmp_path, Closing(), workers=None, notes=notes)
    assert len(notes) == 1 and notes[0].startswith("policy: close() raised OSError: busy (test_inference.py:")


@pytest.mark.parametrize("workers", [None, 2])
def test_a_chunk_of_thousands_of_steps_is_waited_for(tmp_path, workers):
    """Its time-out is as many step time-outs, longer than the operating system can wait in one call."""

    class Long(Stepper):
        def act(self, obs, instr):
            return np.tile(super().act(obs, instr), (9_000, 1))

    assert set(outcomes(go(tmp_path, Long(), workers=workers))) == {"success"}


def test_a_worker_is_not_blamed_for_a_policy_that_answers_others(tmp_path):
    """Questions that wait for a policy are not the workers' to answer, however long that takes."""

    class Late(Batcher):
        def act_batch(self, observations, instrs):
            time.sleep(0.4)
            return super().act_batch(observations, instrs)

    notes = []
    results = go(tmp_path, Late(), workers=3, episode_s=60.0, step_s=1.0, notes=notes)
    assert set(outcomes(results)) == {"success"} and not notes
