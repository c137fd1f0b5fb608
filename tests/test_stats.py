import pytest
from scipy.stats import binomtest

from vlagen_bench.stats import rows, wilson


@pytest.mark.parametrize(("k", "n"), [(0, 20), (1, 3), (64, 64), (150, 192), (97, 192)])
def test_wilson_is_scipys(k, n):
    expected = binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert wilson(k, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_no_data_is_no_rate():
    row = rows([{"id": "a", "condition": "c"}], {}, {"c": "vision"})[0]
    assert (row.rate, row.interval, row.drop, row.planned, row.n) == (None, None, None, 1, 0)


def test_errors_are_neither_failures_nor_pairs():
    planned = [{"id": i, "condition": "c"} for i in "ab"] + [{"id": i, "condition": "clean"} for i in "xy"]
    results = {
        "a": {"outcome": "failure", "twin": "x", "success_once": False},
        "b": {"outcome": "error", "twin": "y", "success_once": None},
        "x": {"outcome": "success", "twin": None, "success_once": True},
        "y": {"outcome": "success", "twin": None, "success_once": True},
    }
    row = rows(planned, results, {"c": "vision"})[0]
    assert (row.n, row.successes, row.errors, row.pairs, row.lost, row.gained, row.drop) == (1, 0, 1, 1, 1, 0, 1.0)
