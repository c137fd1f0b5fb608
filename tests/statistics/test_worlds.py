"""Made-up worlds."""

import numpy as np
import pytest

from vlagen_bench.statistics.worlds import World, alike, grid, play


@pytest.mark.parametrize("correlation", [0.0, 0.2, 0.6, 1.0])
def test_a_world_has_its_rates_and_its_correlation(correlation):
    world = World(rate=0.8, scenes=4000, conditions=3, correlation=correlation, drops=(0.0, 0.1, 0.5))
    twins, perturbed = world.outcomes(10, np.random.default_rng(1))
    assert (twins.shape, perturbed.shape) == ((10, 4000), (10, 4000, 3))
    assert twins.mean() == pytest.approx(world.rate, abs=0.01)
    assert perturbed.mean(axis=(0, 1)) == pytest.approx(np.array(world.rates), abs=0.01)
    assert world.drop == pytest.approx(0.2)
    same_rate = np.corrcoef(twins.ravel(), perturbed[..., 0].ravel())[0, 1]
    assert same_rate == pytest.approx(correlation, abs=0.02)


def test_policies_may_find_other_scenes_easy():
    rng = np.random.default_rng(2)
    ease = rng.standard_normal((1, 40_000))
    first, twin = play((0.5, 0.5), 0.6, ease, rng)
    (other,) = play((0.5,), 0.6, alike(ease, 0.0, rng), rng)
    assert np.corrcoef(first.ravel(), twin.ravel())[0, 1] == pytest.approx(0.6, abs=0.02)
    assert np.corrcoef(first.ravel(), other.ravel())[0, 1] == pytest.approx(0.0, abs=0.02)


def test_a_grid_has_every_combination_and_no_rate_below_0():
    worlds = list(grid(rates=(0.1, 0.9), scenes=(4,), conditions=(2, 9), correlations=(0.2,), drop=0.3))
    assert [(one.rate, one.conditions) for one in worlds] == [(0.1, 2), (0.1, 9), (0.9, 2), (0.9, 9)]
    assert worlds[0].rates == (0.0, 0.0) and worlds[3].rates == pytest.approx((0.6,) * 9)
