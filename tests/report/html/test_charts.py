"""Charts and words of the page."""

import pytest

from vlagen_bench.report.estimates import Estimate
from vlagen_bench.report.html import charts
from vlagen_bench.report.html.words import plain, points, points_range


@pytest.mark.parametrize(
    ("value", "text"), [(0.123, "+12"), (-0.04, "−4"), (0.001, "+0.1"), (-0.001, "−0.1"), (0.0, "0"), (None, "–")]
)
def test_points(value, text):
    assert points(value) == text
    assert points_range(Estimate(value=value)) == "–"


def test_names_are_plain():
    assert plain("camera_pose_l3+object_test") == "camera pose L3 + object test"
    assert plain("table_low") == "table low"


def test_a_bar_is_on_its_scale():
    drawn = charts.rate_bar(Estimate(value=0.5, low=0.25, high=0.75))
    assert 'width="84"' in drawn and 'x1="48"' in drawn and 'x1="132"' in drawn
    assert charts.rate_bar(Estimate()) == "" and charts.drop_dot(Estimate(), (-1, 1), told=False) == ""
    assert "hollow" in charts.drop_dot(Estimate(value=0.1, low=-0.1, high=0.3), (-1, 1), told=False)
    assert "hollow" not in charts.drop_dot(Estimate(value=0.2, low=0.1, high=0.3), (-1, 1), told=True)
    assert charts.reach_of([Estimate(value=0.1, low=-0.3, high=1.2), Estimate()], (-0.25, 1.0)) == (-0.5, 1.25)
