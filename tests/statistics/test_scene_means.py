"""Intervals of means over episodes that share scenes."""

import numpy as np
import pytest

from vlagen_bench.statistics import scene_means
from vlagen_bench.statistics.clusters import sign_flip
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.statistics.scene_means import (
    difference_interval,
    difference_p,
    difference_p_greater,
    rate_interval,
)
from vlagen_bench.statistics.worlds import play


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


def test_where_the_randomization_allows_0_the_interval_has_it():
    scenes = [(0, 3, 5)] * 12
    low, high = difference_interval(scenes)
    assert high < 0 and scene_means.tested(scenes, 0.125) == ((low, 0.0), 0.125)
    assert scene_means.tested(scenes, 0.001) == ((low, high), difference_p(scenes)) and scene_means.tested(
        [], None
    ) == (None, None)


def test_an_interval_is_never_narrowed_and_p_follows_it():
    """Of 16 scenes one side lost none, the other a little of each: the first may lose whole scenes, which 16 need not show."""
    scenes = [(40, 36, 40)] * 16
    (low, high), p = scene_means.tested(scenes, 2 / 2**16)
    assert (low, high) == difference_interval(scenes) and low < 0 < high and p > 0.05


def test_p_is_where_the_end_of_the_interval_is_at_0():
    rng, both = np.random.default_rng(0), set()
    for _ in range(400):
        pairs = rng.integers(1, 12, size=rng.integers(2, 30))
        first, other = (rng.binomial(pairs, rate) for rate in rng.random(2))
        scenes = list(zip(first.tolist(), other.tolist(), pairs.tolist(), strict=True))
        low, high = difference_interval(scenes)
        rejected = difference_p(scenes) < 0.05
        assert (low <= 0 <= high) == (not rejected)
        both.add(rejected)
        greater, less = difference_p_greater(scenes), difference_p_greater([(b, a, n) for a, b, n in scenes])
        assert min(greater, less) == pytest.approx(difference_p(scenes) / 2) and greater + less == pytest.approx(1.0)
    assert both == {True, False}
    assert difference_p([]) is None and difference_p([(4, 0, 4)]) == 1.0 == difference_p([(2, 2, 4)] * 9)


@pytest.mark.parametrize("rate", [0.5, 0.9, 0.98])
@pytest.mark.parametrize(("scenes", "conditions"), [(16, 40), (64, 9)])
@pytest.mark.parametrize("correlation", [0.6, 1.0])
def test_policies_of_one_rate_that_fail_in_unlike_ways_are_seldom_called_different(
    rate, scenes, conditions, correlation
):
    """At most 5 %, and what 200 runs may have beyond it by chance; sign flips alone err in up to 70 %."""
    rng = np.random.default_rng(3)
    ease = rng.standard_normal((200, scenes))
    first = np.sum(list(play((rate,) * conditions, correlation, ease, rng)), axis=0)
    other = rng.binomial(conditions, rate, size=ease.shape)
    counts = np.stack([first, other, np.full_like(first, conditions)], axis=-1).tolist()
    flipped = [sign_flip([a - b for a, b, _ in run]) for run in counts]
    assert np.mean([scene_means.tested(run, p)[1] < 0.05 for run, p in zip(counts, flipped, strict=True)]) < 0.09
    assert rate < 0.98 or np.mean([p < 0.05 for p in flipped]) > 0.12
