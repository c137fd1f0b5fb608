"""Outcomes that come in clusters."""

from itertools import product

import numpy as np
import pytest

from vlagen_bench.statistics.clusters import sign_flip, sign_flip_greater
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
