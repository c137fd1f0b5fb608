"""The simulated power of suites: its parts answer in the right direction, and its tables have a line for everything."""

import pytest

from vlagen_bench.diagnostics import suite_designs
from vlagen_bench.diagnostics.suite_designs import DESIGNS, EVERYTHING, Design, axis_power, policies_power, smallest

SMALL = Design(axes=4, levels=(5,))


def test_designs_count_episodes():
    assert EVERYTHING.scenes(3000) == 14
    assert Design(axes=40, levels=(5,), share=0.25).scenes(1100) == 100
    assert DESIGNS[3].name == "40 axes at level 5; 10 of them in each scene"


def test_an_axis_that_does_nothing_is_hardly_ever_found_and_a_large_drop_always():
    assert axis_power(SMALL, 48, 0.0, 0.15, runs=150) <= 0.05 / 4 + 0.03
    assert axis_power(SMALL, 48, 0.6, 0.15, runs=60) > 0.95
    few, many = (axis_power(SMALL, scenes, 0.25, 0.15, runs=100) for scenes in (24, 96))
    assert few + 0.2 < many
    assert axis_power(SMALL, 48, 0.25, 0.15, runs=100) < axis_power(SMALL, 48, 0.25, 0.8, runs=100)


def test_policies_are_told_apart_by_scenes_and_not_by_episodes():
    assert policies_power(SMALL, 40, 0.0, 0.5, runs=150) <= 0.05 + 3 * (0.05 * 0.95 / 150) ** 0.5
    wide, deep = (
        policies_power(Design(axes=axes, levels=(5,)), scenes, 0.1, 0.5, runs=100)
        for axes, scenes in ((8, 200), (200, 9))
    )
    assert wide > deep + 0.3


def test_the_smallest_effect_is_where_the_power_is_reached():
    assert smallest(lambda effect: 0.9 if effect >= 0.23 else 0.7) == 23
    assert smallest(lambda effect: 0.79) is None


def test_the_tables_have_a_line_for_everything(capsys, monkeypatch):
    monkeypatch.setattr(suite_designs, "DESIGNS", (SMALL,))
    monkeypatch.setattr(suite_designs, "UNTIL", ((12, 4),))
    suite_designs.main(["designs", "--episodes", "100", "200", "--runs", "20"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and lines[2].startswith("| 100 | 4 axes at level 5 | 20 | ")
    suite_designs.main(["until", "--runs", "60"])
    head, _, row = capsys.readouterr().out.splitlines()
    assert head.count("|") == row.count("|") == 7 and row.startswith("| 12 x 4 | ")
    with pytest.raises(SystemExit):
        suite_designs.main(["nothing"])
