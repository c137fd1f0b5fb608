"""The test of conditions that share a clean twin."""

from itertools import product
from math import prod

import numpy as np
import pytest

from vlagen_bench.statistics.clusters import sign_flip
from vlagen_bench.statistics.paired import mcnemar
from vlagen_bench.statistics.twins import twin_permutation
from vlagen_bench.statistics.worlds import World


def test_with_one_condition_a_twin_it_is_mcnemars():
    assert twin_permutation([(True, 0, 1)] * 7 + [(False, 1, 1)] + [(True, 1, 1)] * 30) == pytest.approx(mcnemar(7, 1))


def test_it_is_the_share_of_all_choices_of_the_twin():
    scenes = [(1, 0, 0, 1), (1, 0, 0, 0), (0, 1, 0, 1), (1, 1, 1, 0)]  # the twin first
    weights = [
        sum(outcomes[0] * 3 - sum(outcomes[1:]) for outcomes in permuted)
        for permuted in product(*([(s[i], *s[:i], *s[i + 1 :]) for i in range(4)] for s in scenes))
    ]
    seen = sum(3 * s[0] - sum(s[1:]) for s in scenes)
    greater, less = np.mean(np.array(weights) >= seen), np.mean(np.array(weights) <= seen)
    found = twin_permutation([(bool(s[0]), sum(s[1:]), 3) for s in scenes])
    assert found == pytest.approx(min(1.0, 2 * min(greater, less))) and len(weights) == prod([4] * 4)


def test_no_pair_is_no_p_and_no_difference_is_no_evidence():
    assert twin_permutation([]) is None and twin_permutation([(True, 0, 0)]) is None
    assert twin_permutation([(True, 5, 5), (False, 0, 5)]) == 1.0


def rejected(world, runs, seed):
    """The share of runs in which each test finds a drop that is not there: permuted twins, and flipped scenes."""
    twins, perturbed = world.outcomes(runs, np.random.default_rng(seed))
    won, levels = perturbed.sum(axis=2), world.conditions
    permuted = [
        twin_permutation([(bool(t), int(w), levels) for t, w in zip(*run, strict=True)])
        for run in zip(twins, won, strict=True)
    ]
    flipped = [sign_flip((levels * t - w).tolist()) for t, w in zip(twins.astype(int), won, strict=True)]
    return np.mean(np.array(permuted) < 0.05), np.mean(np.array(flipped) < 0.05)


@pytest.mark.parametrize("levels", [2, 5, 9])
@pytest.mark.parametrize(("rate", "correlation"), [(0.9, 0.0), (0.9, 0.5), (0.5, 0.2), (0.98, 0.2)])
def test_it_errs_at_most_5_percent_where_levels_share_a_twin(rate, correlation, levels):
    world = World(rate=rate, scenes=16, conditions=levels, correlation=correlation)
    assert rejected(world, 600, 3)[0] <= 0.05 + 2 * (0.05 * 0.95 / 600) ** 0.5


def test_flipping_scenes_errs_more_there():
    """16 scenes, 5 levels, 90 %: a twin that fails by chance drops against all its levels at once."""
    permuted, flipped = rejected(World(rate=0.9, scenes=16, conditions=5, correlation=0.0), 1500, 4)
    assert permuted <= 0.05 and flipped > 0.1


def test_it_finds_a_drop_that_is_there():
    world = World(rate=0.9, scenes=16, conditions=5, correlation=0.2, drops=(0.1, 0.2, 0.4, 0.6, 0.8))
    assert rejected(world, 200, 5)[0] > 0.9
