"""The power of suites as they are: exact where pairs are single, and the same as simulated."""

import pytest

from vlagen_bench.cli.power import PowerArgs, power
from vlagen_bench.diagnostics import group_designs
from vlagen_bench.diagnostics.suite_power import discordance, smallest_drop, told
from vlagen_bench.plan import catalog
from vlagen_bench.statistics.power import paired_power


def of(suite: str) -> dict:
    nominal = catalog.task(catalog.suite(suite).task).nominal_name
    return {one.question: one for one in told(catalog.suite(suite), nominal, runs=20)}


def test_core_asks_about_groups_then_axes_then_policies():
    found = of("core-small")
    assert list(found) == [
        "a group of axes, one of 13", "an axis in a group of 2", "an axis in a group of 3", "an axis in a group of 4",
        "two policies, over all conditions",
    ]  # fmt: skip
    assert found["a group of axes, one of 13"].n == "52 pairs"
    assert found["an axis in a group of 2"].n == "26 pairs"
    assert found["two policies, over all conditions"].n == "52 scenes"
    group, axis = found["a group of axes, one of 13"].points, found["an axis in a group of 2"].points
    assert 20 < group[1] < group[0] < axis[0] < 70, "a policy without chance in it is easier to see through"


def test_the_goal_of_core_is_met_by_groups_and_by_policies():
    """15 points of a group, and 8 between policies, with 260 scenes of 14 conditions."""
    assert smallest_drop(260, 0.05 / 13 / 2, 0.5) <= 15 and smallest_drop(260, 0.05 / 13 / 2, 0.15) <= 16
    assert smallest_drop(65, 0.05 / 13 / 2 / 4, 0.15) > 30, "a single axis of four is not seen at 15"


def test_quick_can_tell_nothing():
    assert {one.points for one in of("quick").values()} == {(None, None)}


@pytest.mark.parametrize(("size", "drop"), [(2, 0.2), (3, 0.16)])
def test_the_exact_power_is_the_simulated_one(size, drop):
    found = group_designs.power(260, [drop] * size, 0.15, runs=100)[group_designs.GROUP]
    exact = paired_power(260, drop, discordance(drop, 0.15), 0.05 / 13 / 2)
    assert found == pytest.approx(exact, abs=0.13)


def test_an_axis_alone_is_found_though_its_group_hardly_drops():
    found = group_designs.power(260, [0.36, 0.0, 0.0], 0.15, runs=60)
    assert found[group_designs.AXIS] > 0.8
    idle = group_designs.power(120, [0.0, 0.0], 0.15, runs=60)
    assert idle[group_designs.GROUP] < 0.05 + 0.05 and idle[group_designs.AXIS] <= idle[group_designs.GROUP]


def test_the_command_says_what_a_suite_shows(capsys):
    assert power(PowerArgs(suite="quick")) == 0
    said = capsys.readouterr().out
    assert "What quick shows" in said and "one of 9 axes" in said and "power of 80" in said


def test_the_table_of_groups_has_a_line_for_everything(capsys, monkeypatch):
    monkeypatch.setattr(group_designs, "SIZES", (2,))
    group_designs.main(["--runs", "4", "--scenes", "24"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6 and lines[2].startswith("| 2 | all alike | 0 | ")
