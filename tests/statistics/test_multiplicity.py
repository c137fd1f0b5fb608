"""Holm's correction."""

import numpy as np
import pytest

from vlagen_bench.statistics import multiplicity


def test_holm_is_statsmodels():
    from statsmodels.stats.multitest import multipletests

    ps = np.random.default_rng(0).random(12) ** 3
    assert list(multiplicity.holm(dict(enumerate(ps))).values()) == pytest.approx(multipletests(ps, method="holm")[1])


def test_a_member_of_the_family_without_data_still_counts():
    assert multiplicity.holm({"a": 0.01, "b": None, "c": None}) == {"a": 0.03, "b": None, "c": None}
    assert multiplicity.holm({}) == {}
