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


def test_levels_are_tested_only_in_axes_that_are_found():
    axes = {"camera": 0.001, "mass": 0.4, "table": None}
    levels = {"camera": {1: 0.5, 5: 0.002}, "mass": {1: 0.0001, 5: 0.9}, "table": {"test": None}}
    found, within = multiplicity.holm_in_levels(axes, levels)
    assert found == {"camera": pytest.approx(0.003), "mass": pytest.approx(0.8), "table": None}
    assert within["camera"] == {1: 1.0, 5: pytest.approx(2 * 0.002 * 3)}, "Holm over 2 levels; one axis of 3 was found"
    assert within["mass"] == {1: pytest.approx(0.8), 5: 1.0}, "no level is below its axis"
    assert within["table"] == {"test": None}


def test_an_axis_of_one_level_is_that_level():
    found, within = multiplicity.holm_in_levels({"a": 0.01, "b": 0.02}, {"a": {"a_l1": 0.01}, "b": {"b_l1": 0.02}})
    assert found == {"a": 0.02, "b": 0.02} and within == {"a": {"a_l1": 0.02}, "b": {"b_l1": 0.02}}


def test_with_all_axes_found_each_has_its_own_family():
    axes = dict.fromkeys("abcd", 1e-6)
    _, within = multiplicity.holm_in_levels(axes, {axis: {1: 0.01, 2: 0.04} for axis in axes})
    assert all(levels == {1: pytest.approx(0.02), 2: pytest.approx(0.04)} for levels in within.values())


def test_families_without_a_difference_are_found_in_at_most_5_percent():
    """40 axes of 9 levels; in some worlds axes or levels are correlated, as they are where they share scenes."""
    rng = np.random.default_rng(3)
    from scipy.special import ndtr

    for shared in (0.0, 0.5):
        wrong = []
        for _ in range(300):
            noise = np.sqrt(shared) * rng.standard_normal() + np.sqrt(1 - shared) * rng.standard_normal((40, 5))
            effect = np.zeros((40, 5))
            effect[:10, 2:] = 3.5
            ps = 2 * ndtr(-np.abs(noise + effect))
            tops = 2 * ndtr(-np.abs((noise + effect).sum(1)) / np.sqrt(5 + 20 * shared))
            found, within = multiplicity.holm_in_levels(
                dict(enumerate(tops)), {axis: dict(enumerate(ps[axis])) for axis in range(40)}
            )
            named = [axis for axis in range(40) if found[axis] < 0.05]
            false = sum(
                any(within[axis][level] < 0.05 for level in range(5) if not effect[axis, level]) for axis in named
            )
            wrong.append((any(axis >= 10 for axis in named), false / max(len(named), 1)))
        assert np.mean([one for one, _ in wrong]) <= 0.075 and np.mean([share for _, share in wrong]) <= 0.05
