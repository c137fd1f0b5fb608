"""Advantages against numbers computed by hand."""

import numpy as np
import pytest

from helpers.trained import made
from vlagen_bench.train.advantages import gae, gae_of, group_advantages, normalised

REWARDS = [[1.0, 2.0], [3.0, 0.0]]


def test_gae_of_two_chunks_is_what_it_is_by_hand():
    # Rewards of the chunks: 1 + 0.9 * 2 = 2.8, and 3. The first lasts two steps, the second one: discounts 0.81 and 0.9.
    # Errors: 3 + 0.9 * 2 - 1 = 3.8, and 2.8 + 0.81 * 1 - 0.5 = 3.11. Advantages: 3.8, and 3.11 + 0.81 * 0.5 * 3.8 = 4.649.
    advantages, returns = gae(
        np.array(REWARDS), np.array([2, 1]), np.array([0.5, 1.0]), 2.0, gamma=0.9, gae_lambda=0.5
    )  # fmt: skip
    assert advantages == pytest.approx([4.649, 3.8], abs=1e-6)
    assert returns == pytest.approx([5.149, 4.8], abs=1e-6)


def test_a_long_chunk_and_single_steps_have_the_same_returns():
    rewards = np.random.default_rng(0).normal(size=6)
    as_chunks, as_steps = rewards.reshape(2, 3), rewards[:, None]
    _, of_chunks = gae(as_chunks, np.array([3, 3]), np.zeros(2), 0.7, gamma=0.9, gae_lambda=1.0)
    _, of_steps = gae(as_steps, np.ones(6, int), np.zeros(6), 0.7, gamma=0.9, gae_lambda=1.0)
    assert of_chunks == pytest.approx(of_steps[[0, 3]], abs=1e-6)


def test_what_comes_after_the_time_limit_has_the_critics_value():
    advantages, _ = gae_of(made([[0.0, 0.0]], truncated=True, last_value=1.0), gamma=0.9, gae_lambda=0.95)
    assert advantages == pytest.approx([0.81])


def test_nothing_comes_after_success():
    advantages, _ = gae_of(made([[0.0, 1.0]], values=[0.5]), gamma=0.9, gae_lambda=0.95)
    assert advantages == pytest.approx([0.4])


def test_the_return_of_a_trajectory_is_discounted_by_control_steps():
    assert made(REWARDS, executed=[2, 1]).discounted(0.5) == pytest.approx(1 + 0.5 * 2 + 0.25 * 3)


@pytest.mark.parametrize("scaled", [True, False])
def test_the_advantages_of_a_group_sum_to_zero(scaled):
    random = np.random.default_rng(1)
    groups = np.repeat(np.arange(5), 8)
    advantages = group_advantages(random.normal(size=40), groups, scaled=scaled)
    assert [advantages[groups == group].sum() for group in range(5)] == pytest.approx([0] * 5, abs=1e-5)


def test_a_group_without_spread_has_no_advantage():
    advantages = group_advantages(np.array([0.1] * 3 + [0.0, 1.0, 1.0]), np.array([0, 0, 0, 1, 1, 1]), scaled=True)
    assert (advantages[:3] == 0).all()
    # Mean 2/3, standard deviation sqrt(2)/3.
    assert advantages[3:] == pytest.approx([-(2**0.5), 2**-0.5, 2**-0.5])


def test_without_scaling_an_advantage_is_the_distance_from_the_mean():
    assert group_advantages(np.array([1.0, 0.0]), np.array([0, 0]), scaled=False) == pytest.approx([0.5, -0.5])


def test_normalised_advantages_have_mean_zero_and_spread_one():
    scaled = normalised(np.array([1.0, 2.0, 6.0]))
    assert (scaled.mean(), scaled.std()) == pytest.approx((0, 1), abs=1e-6)


@pytest.mark.slow
def test_gae_of_single_steps_is_that_of_stable_baselines():
    """An implementation of others, on random numbers; it has no chunks, so that each is of one step."""
    buffers = pytest.importorskip("stable_baselines3.common.buffers")
    import torch
    from gymnasium.spaces import Box

    random, count = np.random.default_rng(2), 12
    rewards, values = random.normal(size=(2, count)).astype(np.float32)
    space = Box(-1, 1, (1,))
    buffer = buffers.RolloutBuffer(count, space, space, gae_lambda=0.9, gamma=0.97)
    for reward, value in zip(rewards, values, strict=True):
        nothing = np.zeros((1, 1), np.float32)
        buffer.add(nothing, nothing, reward[None], np.zeros(1), torch.tensor([value]), torch.zeros(1))
    buffer.compute_returns_and_advantage(torch.tensor([0.3]), np.zeros(1))
    advantages, returns = gae(rewards[:, None], np.ones(count, int), values, 0.3, gamma=0.97, gae_lambda=0.9)
    assert advantages == pytest.approx(buffer.advantages[:, 0], abs=1e-5)
    assert returns == pytest.approx(buffer.returns[:, 0], abs=1e-5)
