"""Shrunken estimates."""

import numpy as np
import pytest

from vlagen_bench.statistics.shrinkage import shrunken


def test_equal_effects_are_drawn_to_their_mean_and_clear_ones_are_left():
    noise = np.random.default_rng(0).normal(0.2, 0.1, 40)
    drawn = shrunken(noise.tolist(), [0.1] * 40)
    assert np.std(drawn) < 0.5 * np.std(noise) and np.mean(drawn) == pytest.approx(np.mean(noise), abs=0.005)
    clear = [0.0, 0.2, 0.5, 0.7, 0.9]
    assert shrunken(clear, [0.001] * 5) == pytest.approx(clear, abs=1e-3)


def test_few_effects_are_left_alone():
    assert shrunken([], []) == () and shrunken([0.1, 0.9, 0.4], [0.3] * 3) == (0.1, 0.9, 0.4)


def test_an_uncertain_effect_is_drawn_more():
    drawn = shrunken([0.0, 0.1, 0.2, 0.3, 0.9, 0.9], [0.05, 0.05, 0.05, 0.05, 0.05, 0.3])
    assert drawn[5] < drawn[4] < 0.9


def test_the_largest_is_less_exaggerated_and_all_are_closer_to_the_truth():
    rng = np.random.default_rng(1)
    truth = rng.normal(0.2, 0.1, (400, 20))
    seen = truth + rng.normal(0, 0.1, truth.shape)
    drawn = np.array([shrunken(run.tolist(), [0.1] * 20) for run in seen])
    rows = np.arange(len(truth))

    def excess(values):
        largest = values.argmax(axis=1)
        return np.mean(values[rows, largest] - truth[rows, largest])

    assert excess(seen) > 0.12 and abs(excess(drawn)) < 0.05
    assert np.mean((drawn - truth) ** 2) < 0.7 * np.mean((seen - truth) ** 2)


def test_one_large_effect_among_many_that_are_none_is_not_drawn_out_of_its_interval():
    rng = np.random.default_rng(2)
    errors = [0.1] * 40
    drawn = [shrunken([0.5 + rng.normal(0, 0.07), *rng.normal(0, 0.07, 39)], errors)[0] for _ in range(200)]
    assert np.mean(drawn) == pytest.approx(0.4, abs=0.02), "one standard error below, not 0.2"
