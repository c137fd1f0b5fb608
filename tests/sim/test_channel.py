"""The channel of actions and observations, by itself: delays, noise and losses."""

import numpy as np
import pytest

from helpers.dynamics import STAY
from vlagen_bench.sim.channel import Channel


def test_an_action_arrives_late_and_before_it_the_arm_holds_still():
    line, told = Channel(action_delay=2), list(np.arange(35, dtype=np.float32).reshape(5, 7))
    arrived = [line.arriving(told[: step + 1]) for step in range(5)]
    assert np.array_equal(arrived[:2], [STAY, STAY])
    assert np.array_equal(arrived[2:], told[:3])


def test_noise_has_its_size_is_new_in_each_step_and_spares_the_gripper():
    line = Channel(noise_m=0.01, noise_rad=0.05, noise_seed=3)
    noise = np.array([line.arriving([STAY] * step) - STAY for step in range(1, 401)])
    assert noise[:, :3].std() == pytest.approx(0.01, rel=0.1)
    assert noise[:, 3:6].std() == pytest.approx(0.05, rel=0.1)
    assert not noise[:, 6].any()
    assert len(np.unique(noise[:, 0])) == 400
    assert np.array_equal(line.arriving([STAY] * 7), line.arriving([STAY] * 7))


def test_stronger_noise_is_the_same_noise_further():
    weak, strong = (Channel(noise_m=size, noise_seed=3).arriving([STAY]) - STAY for size in (0.01, 0.03))
    assert strong == pytest.approx(3 * weak, abs=1e-6)


def test_what_is_shown_is_never_newer_than_it_may_be_and_never_goes_back():
    line = Channel(observation_delay=3, loss=0.5, loss_seed=1)
    shown = [line.shown(step) for step in range(200)]
    assert shown[:4] == [0, 0, 0, 0]
    assert shown == sorted(shown)
    assert all(seen <= max(0, step - 3) and not line.lost(seen) for step, seen in enumerate(shown))
    assert np.mean([line.lost(step) for step in range(200)]) == pytest.approx(0.5, abs=0.1)


def test_what_a_low_level_loses_a_high_level_loses_too():
    few, many = (Channel(loss=share, loss_seed=9) for share in (0.2, 0.7))
    assert all(many.lost(step) for step in range(100) if few.lost(step))


def test_steps_last_within_their_bounds_and_as_long_as_they_should_on_average():
    lengths = [Channel(jitter=0.4, jitter_seed=2).length(step) for step in range(400)]
    assert 0.6 <= min(lengths) < 0.62 and 1.38 < max(lengths) <= 1.4
    assert np.mean(lengths) == pytest.approx(1.0, abs=0.03)
