"""The test of unpaired outcomes."""

import pytest
from scipy.stats import boschloo_exact

from vlagen_bench.statistics import unpaired


def test_boschloo_is_scipys_and_knows_no_data():
    assert unpaired.boschloo(7, 12, 2, 15) == pytest.approx(boschloo_exact([[7, 2], [5, 13]]).pvalue)
    assert unpaired.boschloo(0, 5, 0, 9) == 1.0
    assert unpaired.boschloo(0, 0, 3, 9) is None and unpaired.compare(3, 9, 0, 0) is None
    found = unpaired.compare(18, 20, 9, 20)
    assert found.difference == pytest.approx(0.45) and 0 < found.low < 0.45 < found.high and found.p < 0.01
