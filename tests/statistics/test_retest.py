"""The noise of repeated runs."""

import numpy as np
import pytest

from vlagen_bench.statistics.retest import retest


def test_retest_finds_the_noise_of_a_run():
    rng = np.random.default_rng(7)
    chances = rng.random(50)
    outcomes = rng.random((2000, 50, 2)) < chances[:, None]
    estimates = [retest(run.tolist()).noise_sd ** 2 for run in outcomes[:300]]
    assert np.mean(estimates) == pytest.approx(outcomes[:, :, 0].mean(axis=1).var(), rel=0.1)
    none = retest([[True], []])
    assert (none.n, none.agreement, none.interval, none.noise_sd, none.floor, none.floor_limit) == (0, *(None,) * 5)


@pytest.mark.parametrize("repeats", [2, 3])
@pytest.mark.parametrize("chance", [0.003, 0.03, 0.5])
def test_the_limit_of_the_noise_floor_holds(repeats, chance):
    """Where outcomes seldom differ, the floor itself is mostly seen as 0, which it is not."""
    rng, n = np.random.default_rng(9), 60
    found = [retest(run.tolist()) for run in rng.random((600, n, repeats)) < chance]
    true = 2 * (2 * chance * (1 - chance) / n) ** 0.5
    assert np.mean([true <= one.floor_limit for one in found]) >= 0.95 - 3 * (0.05 * 0.95 / 600) ** 0.5
    assert all(one.floor <= one.floor_limit for one in found)
    if chance < 0.01:
        assert np.mean([one.floor == 0 for one in found]) > 0.5


def test_repeats_that_agree_do_not_prove_that_there_is_no_noise():
    one, many = retest([[True, True]]), retest([[False, False]] * 1000)
    assert (one.floor, one.floor_limit) == (0.0, 1.0)
    assert many.floor == 0.0 and 0.003 < many.floor_limit < 0.004
