"""The randomization test of real-valued differences."""

import numpy as np
import pytest

from vlagen_bench.statistics.clusters import sign_flip
from vlagen_bench.statistics.randomization import EXACT, FLIPS, sign_flip_real


@pytest.mark.parametrize("sums", [[1, 1, 1, 0], [3, 3, 3], [2, -1, -1, 4, 0, 1], [5, 1, 1, -2] * 3])
def test_of_whole_numbers_it_is_the_exact_test(sums):
    assert sign_flip_real(sums) == pytest.approx(sign_flip(sums))
    assert sign_flip_real([total / 6 for total in sums]) == pytest.approx(sign_flip(sums))


def test_random_flips_are_near_the_exact_test():
    sums = [3, -1, 2, 0, 1, 1, -2, 4] * 4
    exact = sign_flip(sums)
    assert len([total for total in sums if total]) > EXACT
    assert sign_flip_real(sums) == pytest.approx(exact, abs=5 * np.sqrt(exact * (1 - exact) / FLIPS))
    assert sign_flip_real(sums) == sign_flip_real(sums), "equal data give an equal p"
    assert sign_flip_real([1.0] * 100) == 1 / (FLIPS + 1), "never 0"


def test_it_has_no_say_without_a_difference():
    assert sign_flip_real([]) is None and sign_flip_real([0.0, 0.0]) == 1.0


def test_the_order_and_the_sign_of_the_policies_do_not_matter():
    sums = [0.5, -0.1667, 0.3333, 0.8333, -0.5]
    assert sign_flip_real(sums) == sign_flip_real(sums[::-1]) == sign_flip_real([-total for total in sums])


@pytest.mark.parametrize("scenes", [4, 12, 32])
def test_it_keeps_its_level(scenes):
    random = np.random.default_rng(0)
    worlds = random.choice(np.arange(-6, 7) / 6, size=(600, scenes))  # symmetric: policies are interchangeable
    rejected = np.mean([sign_flip_real(world.tolist(), flips=999) <= 0.05 for world in worlds])
    assert rejected <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)
