"""Chunks of actions: horizon and temporal ensembling."""

import numpy as np
import pytest

from vlagen_bench.errors import ConfigError
from vlagen_bench.harness.chunks import Chunks, Execution


def chunk(step, length):
    """What a policy that was asked at `step` foresees: step, step + 1 ... in its first component, else `step`."""
    return np.array([[step + ahead, *[step] * 6] for ahead in range(length)], np.float32)


def play(how, *, length, steps):
    """What is executed, of a policy that always answers `length` actions."""
    chunks, done = Chunks(how), []
    while len(done) < steps:
        done.extend(chunks.next(chunk(len(done), length)))
    return np.array(done[:steps])


def test_a_whole_chunk_is_executed_unless_a_horizon_ends_it():
    assert play(Execution(), length=4, steps=8)[:, 1].tolist() == [0, 0, 0, 0, 4, 4, 4, 4]
    assert play(Execution(horizon=3), length=4, steps=8)[:, 1].tolist() == [0, 0, 0, 3, 3, 3, 6, 6]
    assert play(Execution(horizon=9), length=4, steps=8)[:, 1].tolist() == [0, 0, 0, 0, 4, 4, 4, 4]


@pytest.mark.parametrize("horizon", [None, 1, 2])
def test_every_chunk_foresees_the_same_step_when_they_are_averaged(horizon):
    done = play(Execution(ensemble=0.01, horizon=horizon), length=5, steps=12)
    assert np.allclose(done[:, 0], np.arange(12))
    assert np.array_equal(done, done.astype(np.float32))


def test_averaging_is_that_of_act():
    """As in tonyzhaozh/act, imitate_episodes.py: a table of all chunks, weights exp(-0.01 i) from the oldest on."""
    length, steps = 4, 10
    table = np.full((steps, steps + length, 7), np.nan)
    expected = []
    for step in range(steps):
        table[step, step : step + length] = chunk(step, length)
        foreseen = table[:, step][~np.isnan(table[:, step, 0])]
        weights = np.exp(-0.01 * np.arange(len(foreseen)))
        expected.append((foreseen * (weights / weights.sum())[:, None]).sum(axis=0))
    assert np.allclose(play(Execution(ensemble=0.01), length=length, steps=steps), expected)


def test_a_large_weight_leaves_the_oldest_or_the_newest():
    assert play(Execution(ensemble=1e3), length=3, steps=5)[:, 1].tolist() == [0, 0, 0, 1, 2]
    assert play(Execution(ensemble=-1e3), length=3, steps=5)[:, 1].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("wrong", [{"horizon": 0}, {"ensemble": np.nan}, {"ensemble": np.inf}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ConfigError, match=r"--execute-horizon 0|--ensemble (nan|inf)"):
        Execution(**wrong)
