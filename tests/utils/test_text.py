"""Rates and differences as text: what is not 0, or not all, does not look so."""

import pytest

from vlagen_bench.axes import AXES
from vlagen_bench.utils.text import percent, percent_range, points, points_of, points_range, sized


@pytest.mark.parametrize(("value", "said"), [
    (None, "–"), (0.0, "0 %"), (1.0, "100 %"), (0.734, "73 %"), (1 / 2880, "0.1 %"), (8 / 2880, "0.3 %"), (2872 / 2880, "99.7 %"),
    (2879 / 2880, "99.9 %"),
])  # fmt: skip
def test_a_rate_that_is_not_all_or_none_does_not_look_so(value, said):
    assert percent(value) == said


@pytest.mark.parametrize(("value", "said"), [
    (None, "–"), (0.0, "0"), (-1e-17, "0"), (0.12, "+12"), (-0.03, "-3"), (-8 / 2880, "-0.3"), (1 / 2880, "+0.1"),
])  # fmt: skip
def test_a_difference_that_is_not_0_does_not_look_so(value, said):
    assert points(value) == said


def test_ends_of_an_interval_are_written_as_differences_are():
    assert points_range((-0.2, -0.001)) == "-20 – -0.1" and points_range((0.0, 0.12)) == "0 – +12"
    assert points_of(0.19, (0.004, 0.35)) == "+19 (+0.4 – +35)"


@pytest.mark.parametrize(
    ("value", "text"), [(0.12, "+12"), (-0.034, "-3"), (-0.004, "-0.4"), (0.004, "+0.4"), (None, "–")]
)
def test_points_have_no_minus_nought(value, text):
    assert points(value) == text


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (None, "–"),
        ((0.612, 0.828), "61 – 83 %"),
        ((0.0, 0.0013), "0.0 – 0.1 %"),
        ((0.9987, 1.0), "99.9 – 100.0 %"),
        ((0.0, 0.0), "0 – 0 %"),
    ],
)
def test_an_interval_never_looks_like_a_certainty_that_it_is_not(interval, text):
    assert percent_range(interval) == text


@pytest.mark.parametrize(("sizes", "unit", "said"), [
    ([0.21], "share", "21 %"), ([1.0], "share", "100 %"), ([0.048], "share", "4.8 %"), ([1], "things", "1 thing"),
    ([2], "things", "2 things"), ([1, 2, 3], "things", "1, 2, 3 things"), ([1], "control steps", "1 control step"),
    ([1.0], "degrees", "1 degree"), ([0.016], "m", "1.6 cm"), ([0.16], "m/s", "0.16 m/s"), ([0.42], "of the observations", "42 % of the observations"),
    ([0.084], "more or less", "8.4 % more or less"), ([9.8], "of 255", "9.8 of 255"), ([3], "rewriting", "rewriting 3"),
    ([1.9], "% of the width", "1.9 % of the width"), ([2.0], "times", "2 times"), ([-0.5], "stops", "−0.5 stops"), ([3], "", "3"),
])  # fmt: skip
def test_sizes_read_as_they_are_said(sizes, unit, said):
    assert sized(sizes, unit) == said


def test_no_axis_says_one_things_or_a_share():
    for axis in AXES:
        for size in axis.levels:
            said = sized([size], axis.unit)
            assert " share" not in said and not said.startswith(("1 things", "1 degrees", "1 stops", "1 control steps"))
