"""Intervals of means of real values over scenes."""

import numpy as np
import pytest
from scipy import stats

from vlagen_bench.statistics.real_means import mean_interval, paired_difference


def test_with_one_episode_a_scene_it_is_students_interval():
    values = np.random.default_rng(0).normal(5, 2, 12)
    low, high = stats.t.interval(0.95, 11, loc=values.mean(), scale=stats.sem(values))
    assert mean_interval([(value, 1) for value in values]) == pytest.approx((low, high))
    gap = paired_difference([(value - 5, 1) for value in values])
    assert gap.value == pytest.approx(values.mean() - 5)
    assert gap.p >= stats.ttest_1samp(values, 5).pvalue - 1e-12


def test_the_scene_is_what_counts_not_the_episode():
    values = np.random.default_rng(1).normal(5, 2, 12)
    alone, often = (mean_interval([(many * value, many) for value in values]) for many in (1, 40))
    assert alone == pytest.approx(often)


def test_scenes_that_agree_and_a_single_scene_have_no_interval():
    assert mean_interval([(2, 1), (4, 2), (6, 3)]) is None and mean_interval([(2, 1)]) is None
    assert mean_interval([]) is None and paired_difference([]) is None
    assert mean_interval([(0, 1)] * 8) is None
    gap = paired_difference([(0, 1)] * 8)
    assert (gap.value, gap.interval, gap.p) == (0, None, 1)
    gap = paired_difference([(0.3, 1)] * 8)
    assert gap.interval is None and gap.p == pytest.approx(2 / 2**8)


def test_an_interval_is_cut_at_the_least_possible_value():
    low, high = mean_interval([(0, 1), (0, 1), (0, 1), (4, 1)], least=0)
    assert low == 0 and high > 1
    assert mean_interval([(0, 1), (0, 1), (0, 1), (4, 1)])[0] < 0


@pytest.mark.parametrize("scenes", [8, 16, 64])
def test_intervals_cover_and_0_is_in_them_if_and_only_if_p_is_large(scenes):
    """Seconds that differ by scene and by condition; forces, whose tail is long."""
    random = np.random.default_rng(scenes)
    covered = []
    for _ in range(400):
        easy = random.normal(0, 1, (scenes, 1))
        seconds = 5 + easy + random.normal(0, 1, (scenes, 3))
        forces = np.exp(random.normal(0, 0.8, (scenes, 3)))
        own = []
        for values, mean in ((seconds, 5), (forces, np.exp(0.32))):
            low, high = mean_interval([(row.sum(), 3) for row in values])
            own.append(low <= mean <= high)
        gap = paired_difference([(row.sum(), 3) for row in seconds - 5])
        assert (gap.p < 0.05) == (not gap.interval[0] <= 0 <= gap.interval[1])
        covered.append((*own, gap.p >= 0.05))
    assert (np.mean(covered, axis=0) >= (0.93, 0.88, 0.93)).all(), np.mean(covered, axis=0)
