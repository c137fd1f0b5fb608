"""What records of a learned policy say: the fall over levels, levels that are too easy or too hard, and the page of it."""

import dataclasses

import pytest

from vlagen_bench.calibration import axis_pages, curves, learned_page, slopes
from vlagen_bench.calibration.curves import CalibrationCurve, Drop, Point, Severity
from vlagen_bench.statistics.power import paired_power

N = 32
POLICY = "reference-sft"
TASK = "tabletop_put_on@1"


def drop(kept: int, twins: int = 24, version: str = "a 1", n: int = N) -> Drop:
    """`kept` of the episodes succeed whose clean twins do, and no other; if there are more, others do."""
    return Drop.of([(index < kept, index < twins) for index in range(n)], version)


def curve(axis: str, kept: dict[str, int], **changes) -> CalibrationCurve:
    points = tuple(
        Point(
            which=which,
            parameters={"size": float(number)},
            severity=Severity.of([float(number)] * 2),
            drops={} if number == 0 else {POLICY: drop(each, **changes)},
        )
        for number, (which, each) in enumerate({"0": 24, **kept}.items())
    )
    return CalibrationCurve(
        axis=axis, kind="vision", task=TASK, measure="picture", unit="ΔE", sized_by="size", size_unit="", episodes=2,
        seed=1000, plan="x", versions={}, command="", points=points,
    )  # fmt: skip


def levels(*kept: int) -> dict[str, int]:
    return {str(number): each for number, each in enumerate(kept, 1)}


def slope(*kept: int, axis: str = "blur") -> slopes.Slope:
    found = slopes.slope_of(curve(axis, levels(*kept)), POLICY)
    assert found is not None
    return found


def test_a_fall_of_a_level_each_is_found_and_has_the_size_of_a_straight_line():
    steady = slope(20, 16, 12, 8, 4)
    assert steady.fall == pytest.approx(20 / N) and steady.p < 0.001
    low, high = steady.interval
    assert 0 < low < steady.fall < high < 1
    assert (steady.twin_rate, steady.episodes, steady.verdict) == (0.75, N, "may hurt")


def test_a_fall_of_nothing_has_no_sign_of_a_rise():
    flat = dataclasses.replace(slope(24, 24, 24, 24, 23), fall=-1e-17, interval=(-0.14, 0.14))
    assert learned_page._points(flat) == "0 (-14 – +14)"
    assert learned_page._points(dataclasses.replace(flat, interval=(-0.004, 0.14))) == "0 (-0.4 – +14)", "0 is within"
    assert learned_page._points(dataclasses.replace(flat, interval=None)) == "0 (all episodes alike)"


def test_no_change_at_all_is_no_slope_and_has_no_interval():
    flat = slope(24, 24, 24, 24, 24)
    assert (flat.fall, flat.interval, flat.p, flat.verdict) == (0, None, 1.0, "no slope seen")
    assert flat.too_easy == tuple("12345") and flat.too_hard == ()
    assert flat.advice == "larger sizes, if they stay solvable"


def test_a_few_lost_episodes_are_no_slope_yet_and_zero_is_in_the_interval():
    weak = slope(24, 24, 24, 23, 22)
    assert weak.verdict == "no slope seen" and weak.interval[0] <= 0 < weak.interval[1] and weak.fall > 0


def test_levels_that_leave_nothing_are_too_hard_and_those_that_leave_nearly_all_too_easy():
    steep = slope(22, 12, 2, 0, 0)
    assert (steep.too_easy, steep.too_hard) == (("1",), ("3", "4", "5"))
    assert steep.advice == "smaller last sizes"
    assert slope(1, 0, 0, 0, 0).advice == "smaller sizes from the first level on"
    assert slope(20, 16, 12, 8, 4).advice == ""


def test_a_policy_that_never_succeeds_says_nothing_about_levels():
    nothing = slopes.slope_of(curve("blur", levels(0, 0, 0, 0, 0), twins=0), POLICY)
    assert (nothing.too_easy, nothing.too_hard, nothing.advice, nothing.p) == ((), (), "", 1.0)


def test_p_is_adjusted_over_all_axes_of_a_task_and_a_rise_is_no_harm():
    falls = {
        "blur": (20, 16, 12, 8, 4),
        "noise": (24, 22, 21, 19, 18),
        "texture": (24,) * 5,
        "lighting": (26, 28, 30, 32, 32),
    }
    found = {
        each.axis: each for each in slopes.slopes([curve(axis, levels(*kept)) for axis, kept in falls.items()], POLICY)
    }
    assert list(found) == ["blur", "noise", "texture", "lighting"]
    assert found["blur"].verdict == "hurts" and found["lighting"].verdict == "helps"
    assert found["noise"].p < 0.05 and found["noise"].adjusted > found["noise"].p
    assert found["texture"].adjusted == 1.0


def test_a_single_setting_is_tested_exactly_and_has_no_slope():
    setting = slopes.slope_of(curve("object", {"test": 14}), POLICY)
    assert not setting.sized and setting.fall == pytest.approx(10 / N)
    assert setting.p == pytest.approx(2 / 2**10) and setting.advice == ""
    few = slopes.slope_of(curve("object", {"test": 1}, twins=2, n=4), POLICY)
    assert few.interval[1] <= 1 and few.p == 1.0
    several = slopes.slope_of(curve("reference", {"colour": 24, "size": 12}), POLICY)
    assert several.fall == pytest.approx(6 / N) and several.p < 0.01


def test_what_is_not_whole_is_left_out():
    whole = curve("blur", levels(20, 16, 12, 8, 4))
    *rest, last = whole.points
    without = dataclasses.replace(whole, points=(*rest, dataclasses.replace(last, drops={})))
    mixed = dataclasses.replace(
        whole, points=(*rest, dataclasses.replace(last, drops={POLICY: drop(4, version="b 2")}))
    )
    counted = dataclasses.replace(last.drops[POLICY], outcomes="", twin_outcomes="")
    old = dataclasses.replace(whole, points=(*rest, dataclasses.replace(last, drops={POLICY: counted})))
    assert [slopes.slope_of(each, POLICY) for each in (without, mixed, old)] == [None] * 3
    page = learned_page.text([without], task="tabletop_put_on", episodes=N)
    assert "left out: `blur` in tabletop_put_on@1" in page


def test_the_stated_power_is_that_of_the_tests():
    assert paired_power(N, slopes.least_drop(N), slopes.least_drop(N) + 0.1, 0.05) >= 0.8
    assert paired_power(N, slopes.least_drop(N) - 0.01, slopes.least_drop(N) + 0.09, 0.05) < 0.8
    assert slopes.least_drop(4) is None
    assert slopes.least_fall(N, 5) == pytest.approx(0.296, abs=0.001)
    assert slopes.least_fall(4 * N, 5) == pytest.approx(slopes.least_fall(N, 5) / 2)


def test_the_page_answers_and_the_tables_show_what_is_recorded(tmp_path):
    every = [
        curve("blur", levels(20, 16, 12, 8, 4)),
        curve("noise", levels(24, 24, 24, 24, 24)),
        curve("texture", levels(1, 0, 0, 0, 0)),
        curve("table", {"test": 10}),
    ]
    for each in every:
        curves.write(each, curves.path_of(tmp_path, "tabletop_put_on", each.axis), complete=True)
    unplayed = dataclasses.replace(
        every[0], axis="exposure", points=tuple(dataclasses.replace(point, drops={}) for point in every[0].points)
    )
    curves.write(unplayed, curves.path_of(tmp_path, "tabletop_put_on", "exposure"), complete=True)
    levels_page = axis_pages.write(tmp_path, policy_episodes=N).read_text(encoding="utf-8")
    page = (tmp_path / "learned.md").read_text(encoding="utf-8")
    for line in (
        "* Hurt: `texture`, `blur`, `table`.",
        "* No slope seen: `noise`.",
        "* The first level is too hard: `texture`.",
        "* The last level is too easy: `noise`.",
        "Version: `a 1`.",
        "| `blur` | vision | 32 | 75 % | 62 % | 50 % | 38 % | 25 % | 12 % |",
        "test: 10/32, +44",
    ):
        assert line in page
    assert "No learned policy is recorded" not in page
    assert "| learned, reference-sft: success, drop in points |" in levels_page
    third = every[0].at("3").drops[POLICY]
    assert f"| 38 % (23 – 55 %), +38 ({100 * third.low:+.0f} – {100 * third.high:+.0f}) |" in levels_page
    assert levels_page.count("| not recorded |") == 6 and levels_page.count("| as the twin |") == 4


def test_notes_of_the_folder_stand_on_its_page_and_on_no_other(tmp_path):
    curves.write(
        curve("blur", levels(20, 16, 12, 8, 4)), curves.path_of(tmp_path, "tabletop_put_on", "blur"), complete=True
    )
    axis_pages.write(tmp_path, policy_episodes=N)
    assert "sensor_noise" not in (tmp_path / learned_page.NAME).read_text(), "which is of other records"
    (tmp_path / "data" / learned_page.NOTES).write_text("## What was changed\n")
    axis_pages.write(tmp_path, policy_episodes=N)
    assert "## What was changed" in (tmp_path / learned_page.NAME).read_text()


def test_without_records_the_page_says_so_and_what_they_would_cost():
    nothing = dataclasses.replace(curve("blur", levels(1, 1, 1, 1, 1)), points=())
    page = learned_page.text([nothing], task="tabletop_put_on", episodes=N)
    assert "No learned policy is recorded yet" in page and "--policy reference-sft --workers 2 --docs" in page


def test_learned_policies_have_lines_of_their_own():
    both = curve("blur", levels(20, 16, 12, 8, 4))
    points = tuple(
        dataclasses.replace(point, drops={**point.drops, "reference-ppo": drop(20)} if point.drops else {})
        for point in both.points
    )
    figure = axis_pages.figure_of([dataclasses.replace(both, points=points)])
    styles = [line.get_linestyle() for line in figure.axes[1].get_lines()]
    assert len({*styles[:2]}) == 2
