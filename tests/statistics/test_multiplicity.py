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


def test_a_group_is_found_by_what_its_axes_have_in_common_or_by_one_of_them():
    axes = {
        "light": {"lighting": 0.2, "exposure": 0.2},
        "physics": {"mass": 0.001, "friction": 0.9},
        "one": {"table": 0.02},
    }
    found, within, _ = multiplicity.holm_in_groups(
        {"light": 0.002, "physics": 0.5, "one": 0.02},
        axes,
        {axis: {1: p} for own in axes.values() for axis, p in own.items()},
    )
    assert found == pytest.approx({"light": 0.012, "physics": 0.012, "one": 0.02})
    assert within == pytest.approx({"lighting": 0.4, "exposure": 0.4, "mass": 0.012, "friction": 0.9, "table": 0.02})


def test_nothing_below_a_group_that_is_not_found_is_found():
    axes = {"a": {"x": 0.04, "y": 0.04}, "b": {"z": 0.9, "w": 0.9}}
    found, within, levels = multiplicity.holm_in_groups(
        {"a": 0.04, "b": 0.9}, axes, {"x": {1: 1e-9, 5: 0.5}, "y": {1: 0.04, 5: 0.04}, "z": {1: 0.9}, "w": {1: None}}
    )
    assert found["a"] > 0.05 and min(within.values()) > 0.05 and levels["x"][1] >= found["a"]
    assert levels["w"] == {1: None}


def test_groups_without_an_effect_are_rarely_found_and_axes_of_found_groups_neither():
    rng, groups, each, runs = np.random.default_rng(0), 6, 3, 2000
    wrong, shares = 0, []
    for _ in range(runs):
        own = rng.random((groups, each))
        own[0] *= 1e-6  # one group does something, in its first axis alone
        own[0, 1:] = rng.random(each - 1)
        axes = {group: {(group, axis): float(p) for axis, p in enumerate(row)} for group, row in enumerate(own)}
        means = {group: float(p) for group, p in enumerate(rng.random(groups))}
        levels = {name: {name: p} for mine in axes.values() for name, p in mine.items()}
        found, within, _ = multiplicity.holm_in_groups(means, axes, levels)
        told = [group for group, p in found.items() if p < 0.05]
        wrong += any(group for group in told)
        false = [any(within[name] < 0.05 and name != (0, 0) for name in axes[group]) for group in told]
        shares.append(sum(false) / max(len(told), 1))
    assert wrong / runs <= 0.05 + 0.01 and np.mean(shares) <= 0.05 + 0.01
