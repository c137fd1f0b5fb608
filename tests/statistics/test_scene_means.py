"""Intervals of means over episodes that share scenes."""

import numpy as np
import pytest

from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.statistics.scene_means import agreeing, difference_interval, rate_interval


def test_many_scenes_of_one_episode_give_wilsons_interval():
    assert rate_interval([(1, 1)] * 150 + [(0, 1)] * 50) == pytest.approx(wilson(150, 200), abs=2e-3)


def test_scenes_whose_episodes_are_alike_count_as_one_episode_each():
    alike = rate_interval([(9, 9)] * 30 + [(0, 9)] * 20)
    assert alike == pytest.approx(rate_interval([(1, 1)] * 30 + [(0, 1)] * 20))


def test_scenes_that_do_not_differ_count_by_episode():
    """Of each scene the same 6 of 9 episodes: the rate is known better than from 50 episodes."""
    low, high = rate_interval([(6, 9)] * 50)
    assert high - low < 0.5 * np.diff(wilson(33, 50))[0]


def test_the_order_and_the_unit_of_weights_do_not_matter():
    scenes = [(3, 4), (1, 4), (2, 2), (0, 3)]
    assert rate_interval(scenes) == pytest.approx(rate_interval([(5 * a, 5 * b) for a, b in reversed(scenes)]))
    pairs = [(3, 2, 4), (1, 1, 4), (2, 0, 2), (0, 1, 3)]
    assert difference_interval(pairs) == pytest.approx(
        difference_interval([(2 * a, 2 * b, 2 * n) for a, b, n in pairs])
    )


def test_an_interval_turns_with_its_arguments():
    low, high = rate_interval([(3, 4), (4, 4), (1, 4)])
    assert rate_interval([(1, 4), (0, 4), (3, 4)]) == pytest.approx((1 - high, 1 - low))
    low, high = difference_interval([(3, 2, 4), (4, 1, 4), (2, 2, 4)])
    assert difference_interval([(2, 3, 4), (1, 4, 4), (2, 2, 4)]) == pytest.approx((-high, -low))


def test_no_data_and_a_single_scene():
    assert rate_interval([]) is None and rate_interval([(0, 0)]) is None and difference_interval([(0, 0, 0)]) is None
    assert rate_interval([(4, 4)]) == (0.0, 1.0), "one scene says nothing of others"
    low, high = difference_interval([(4, 0, 4)])
    assert low < -0.4 and high == 1.0


@pytest.mark.parametrize("count", [4, 16, 64])
def test_scenes_that_all_agree_have_an_interval_that_is_no_point(count):
    low, high = rate_interval([(9, 9)] * count)
    assert high == 1.0 and low <= wilson(count, count)[0]
    low, high = difference_interval([(9, 9, 9)] * count)
    assert low == pytest.approx(-high) and high > 0.02


def test_where_p_allows_0_the_interval_has_it():
    scenes = [(0, 3, 5)] * 4  # a difference of 60 points in each of 4 scenes: signs alone say p = 0.125
    assert agreeing((-0.8, -0.4), 0.125, scenes) == (-0.8, 0.0)
    assert agreeing((0.1, 0.4), 0.05, scenes) == (0.0, 0.4) and agreeing(None, 0.1, scenes) is None


def test_where_p_rejects_0_the_interval_leaves_it_out():
    scenes = [(3, 4, 10)] * 10 + [(2, 4, 10)] * 6
    low, high = agreeing((-0.3, 0.07), 3e-5, scenes)
    assert (low, high) == (-0.3, pytest.approx(-0.11, abs=0.015))
    turned = agreeing((-0.07, 0.3), 3e-5, [(b, a, n) for a, b, n in scenes])
    assert turned == pytest.approx((-high, 0.3))
    assert agreeing((0.1, 0.4), 0.001, scenes) == (0.1, 0.4)


def test_few_scenes_leave_out_0_and_no_more():
    low, high = agreeing((-0.2, 0.9), 0.01, [(5, 3, 5)] * 4)
    assert (low, high) == (pytest.approx(1 / 20), 0.9), "halves of four scenes would have said 0.4"
