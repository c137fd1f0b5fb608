"""How many false records a sample overlooks."""

import numpy as np
import pytest

from vlagen_bench.statistics.sampling import TOLERATED, least_sample, undetected


@pytest.mark.parametrize(("total", "sampled", "left"), [(10, 10, 0), (10, 9, 1), (100, 95, 0), (3072, 300, 29)])
def test_how_many_false_records_a_sample_allows(total, sampled, left):
    """Against the definition, by counting."""
    from scipy.stats import hypergeom

    assert undetected(total, sampled) == left
    assert hypergeom.pmf(0, total, left + 1, sampled) <= 0.05 < hypergeom.pmf(0, total, left, sampled)


@pytest.mark.parametrize("total", [*range(1, 60), 144, 2928, 3072])
def test_the_least_sample_overlooks_no_more_than_is_tolerated_and_one_less_does(total):
    least = least_sample(total)
    assert undetected(total, least) <= TOLERATED * total + 1e-9
    assert least == 1 or undetected(total, least - 1) > TOLERATED * total + 1e-9


def test_forged_episodes_are_found_by_the_least_sample():
    """As often as is promised, by simulation: 5 % and one of 40 episodes are forged."""
    rng = np.random.default_rng(0)
    found = [rng.permutation(40)[: least_sample(40)].min() < 3 for _ in range(4000)]
    assert np.mean(found) >= 0.95 - 3 * (0.05 * 0.95 / 4000) ** 0.5
