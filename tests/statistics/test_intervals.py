"""Intervals of a rate."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from vlagen_bench.statistics.intervals import clopper_pearson, wilson

COUNTS = [(0, 20), (1, 3), (64, 64), (150, 192), (97, 192)]


@pytest.mark.parametrize(("function", "method"), [(wilson, "wilson"), (clopper_pearson, "exact")])
@pytest.mark.parametrize(("k", "n"), COUNTS)
def test_intervals_of_a_rate_are_scipys(function, method, k, n):
    expected = binomtest(k, n).proportion_ci(0.95, method=method)
    assert function(k, n) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert function(0, 0) == (0.0, 1.0)


def test_clopper_pearson_covers_every_rate():
    n = 30
    ends = np.array([clopper_pearson(k, n) for k in range(n + 1)])
    for p in np.linspace(0.01, 0.99, 99):
        inside = (ends[:, 0] <= p) & (p <= ends[:, 1])
        assert binom.pmf(np.arange(n + 1), n, p)[inside].sum() >= 0.95
