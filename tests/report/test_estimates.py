"""Means over conditions: how they are weighed, their intervals, and the p beside them."""

import pytest

from helpers.made_rows import made_row
from vlagen_bench.report.estimates import Estimate, drop_p, mean_drop, mean_success, shrunken_drops, success
from vlagen_bench.report.terminal import results_table, write_csv
from vlagen_bench.statistics.intervals import weighted_sum_interval
from vlagen_bench.statistics.scene_means import difference_p, rate_interval
from vlagen_bench.statistics.twins import twin_permutation

T, F = True, False


def test_a_condition_of_one_pair_weighs_a_quarter_of_one_of_four():
    whole, part = made_row("a", [F, F, F, F], twins=[T, T, T, T]), made_row("b", [T], twins=[T])
    assert mean_drop([whole, part]).value == pytest.approx(4 / 5)
    found = mean_success([whole, part])
    assert (found.value, found.n) == (pytest.approx(1 / 5), 5)
    scenes = [(1, 2), (0, 1), (0, 1), (0, 1)]
    assert (found.low, found.high) == pytest.approx(rate_interval(scenes))


def test_groups_may_be_weighed_alike():
    rows = [made_row("a", [F] * 4, twins=[T] * 4), made_row("b", [T, T], twins=[T, T])]
    assert mean_drop(rows, {"a": 1 / 4, "b": 1 / 2}).value == pytest.approx(0.5)
    assert mean_success(rows, None, {"a": 1 / 4, "b": 1 / 2}).value == pytest.approx(0.5)


def test_a_mean_of_one_condition_is_that_condition():
    row = made_row("a", [T, F, T], twins=[T, T, T])
    assert mean_success([row, made_row("b", [])]).interval == row.interval
    assert mean_drop([row]).interval == row.drop_interval and mean_drop([]) == Estimate() == mean_success([])


def test_a_stopped_run_may_have_conditions_without_a_scene(tmp_path):
    """Of few scenes, where conditions take turns: there is no sequence of those that had no turn."""
    rows, sequences = [made_row("a", [T, F]), made_row("b", [])], {"a": (0.1, 0.9)}
    assert [success(row, sequences).interval for row in rows] == [(0.1, 0.9), None]
    write_csv(tmp_path / "summary.csv", rows, sequences)
    lines = (tmp_path / "summary.csv").read_text().splitlines()
    assert len(lines) == 3 and ",0.1,0.9," in lines[1]
    assert results_table("", rows, sequences) is not None


def test_conditions_that_share_no_scene_are_independent():
    rows = [made_row("a", [T, T, F], own=True), made_row("b", [F, T], start=10, own=True)]
    assert mean_success(rows).interval == weighted_sum_interval([(3 / 5, 2, 3), (2 / 5, 1, 2)])


def test_p_of_conditions_that_share_twins_permutes_these():
    rows = [made_row(name, [F, T, T], twins=[T, T, F]) for name in "abc"]
    permuted = twin_permutation([(T, 0, 3), (T, 3, 3), (F, 3, 3)])
    assert drop_p(rows) == max(permuted, difference_p([(3, 0, 3), (3, 3, 3), (0, 3, 3)]))
    assert drop_p([rows[0]]) == rows[0].drop_p and drop_p([made_row("d", [T])]) is None


@pytest.mark.parametrize("lost", range(7))
def test_the_interval_of_a_mean_drop_agrees_with_its_p(lost):
    rows = [made_row(name, [F] * lost + [T] * (8 - lost), twins=[T] * 8) for name in "abcde"]
    p, found = drop_p(rows), mean_drop(rows)
    assert (found.low <= 0 <= found.high) == (p >= 0.05) and (found.low > 0) == (lost > 4)


def test_mean_rows_of_the_terminal_have_intervals(capsys):
    from rich.console import Console

    rows = [
        made_row("nominal", [T] * 8, group="nominal"),
        made_row("a_x", [F, T, T, T, F, T, T, T], twins=[T] * 8, group="vision"),
        made_row("b_x", [F], twins=[T], group="vision"),
        made_row("c_x", [F, F, T, T, F, T, F, T], twins=[T] * 8, group="dynamics"),
    ]
    Console(width=150).print(results_table("t", rows))
    means = [line.split("│") for line in capsys.readouterr().out.splitlines() if "mean of" in line]
    cells = [[cell.strip() for cell in line[2:-1]] for line in means]
    assert [line[:3] for line in cells] == [
        ["mean of 2", "9", "67 %"],
        ["mean of 3", "17", "59 %"],
        ["mean of the 2 groups", "17", "58 %"],
    ]
    assert all("–" in line[3] and len(line[3]) > 3 and len(line[5]) > 3 for line in cells)


def test_drops_of_axes_are_drawn_to_their_mean():
    drops = {
        name: Estimate(value=v, low=v - 0.2, high=v + 0.2, n=9)
        for name, v in zip("abcde", (0, 0.1, 0.1, 0.2, 0.6), strict=True)
    }
    drawn = shrunken_drops(drops | {"f": Estimate()})
    assert set(drawn) == set("abcde") and 0.2 < drawn["e"] < 0.6 and drawn["a"] > 0
