"""Outcomes that come in clusters."""

from itertools import product

import numpy as np
import pytest

from vlagen_bench.statistics.clusters import ratio_interval, sign_flip, sign_flip_greater
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.statistics.paired import mcnemar


def test_sign_flip_is_mcnemar_for_single_episodes():
    assert sign_flip([1] * 7 + [-1] + [0] * 30) == pytest.approx(mcnemar(7, 1))
    assert sign_flip([]) is None and sign_flip([0, 0]) == 1.0


def test_sign_flip_is_the_share_of_all_flips():
    sums = [3, -1, 2, 2, 4]
    flipped = [np.dot(signs, sums) for signs in product((-1, 1), repeat=5)]
    assert sign_flip_greater(sums) == pytest.approx(np.mean([one >= sum(sums) for one in flipped]))


def test_sign_flip_errs_at_most_5_percent_where_mcnemar_errs_more():
    """Scenes in which one of the policies is lucky in every episode: whole scenes are flipped, so that is no evidence."""
    rng = np.random.default_rng(1)
    lucky = rng.choice([-1, 0, 1], p=[0.2, 0.6, 0.2], size=(1500, 20)) * 5
    assert np.mean([sign_flip(sums.tolist()) <= 0.05 for sums in lucky]) < 0.06
    naive = [mcnemar(sums[sums > 0].sum(), -sums[sums < 0].sum()) <= 0.05 for sums in lucky]
    assert np.mean(naive) > 0.2


def test_the_cluster_bootstrap_covers_where_wilson_does_not():
    rng = np.random.default_rng(2)
    outcomes = rng.random((400, 12, 8)) < rng.beta(0.5, 0.5, size=(400, 12, 1))
    sums = outcomes.sum(axis=2)
    ends = [ratio_interval([(one, 8) for one in run], draws=500) for run in sums]
    assert 0.92 < np.mean([low <= 0.5 <= high for low, high in ends]) < 0.985
    plain = [wilson(int(run.sum()), 96) for run in sums]
    assert np.mean([low <= 0.5 <= high for low, high in plain]) < 0.8


def test_scenes_that_are_all_alike_say_nothing_of_their_spread():
    assert ratio_interval([(0, 4), (0, 4), (0, 3)]) is None
    assert ratio_interval([(1, 4)]) is None and ratio_interval([]) is None
    assert ratio_interval([(1, 4), (3, 4), (0, 0)]) == ratio_interval([(1, 4), (3, 4)])
    assert ratio_interval([(0.1, 0.1 + 0.1 + 0.1), (0.2, sum([0.1] * 6))]) is None, "a third, but for rounding"
