"""What is printed, in worlds of known truth: coverage, false alarms, and no contradiction. The large one: `vlagen check-statistics`."""

from dataclasses import replace
from functools import partial

import pytest

from vlagen_bench.cli import check_statistics
from vlagen_bench.report import simulation
from vlagen_bench.report.simulation import (
    COVERED,
    FALSE,
    Tally,
    simulate,
    simulate_axes,
    simulate_levels,
    simulate_progress,
    simulate_unlike,
)
from vlagen_bench.report.simulation_tables import Task, markdown, measure, tasks
from vlagen_bench.statistics.worlds import World

NOISE = 2.5
"""standard errors that a simulated share may be off"""


def holds(tally, runs, *, least=0.94):
    """Every interval covers, nothing is found that is not there, and no interval contradicts its p."""
    for figure in tally.trials:
        share = tally.share(figure)
        if figure == simulation.CONTRADICTION:
            assert share == 0
        elif figure in COVERED:
            assert share >= least - NOISE * (least * (1 - least) / runs) ** 0.5, (figure, share)
        else:
            assert share <= 0.05 + NOISE * (0.05 * 0.95 / runs) ** 0.5, (figure, share)


@pytest.mark.parametrize(("rate", "scenes", "conditions", "correlation", "drop"), [
    (0.98, 64, 9, 0.0, 0.0), (0.98, 64, 9, 0.5, 0.0), (0.02, 16, 3, 0.2, 0.0), (0.9, 16, 5, 0.1, 0.0), (0.5, 4, 9, 0.2, 0.0),
    (0.98, 192, 3, 0.2, 0.1), (0.9, 64, 9, 0.8, 0.3), (0.5, 16, 9, 0.2, 0.4),
])  # fmt: skip
def test_what_is_printed_of_a_run_and_of_two_holds(rate, scenes, conditions, correlation, drop):
    drops = (drop,) * conditions if drop else ()
    world = World(rate=rate, scenes=scenes, conditions=conditions, correlation=correlation, drops=drops)
    holds(simulate(world, runs=80, seed=1), 80)


@pytest.mark.parametrize("rate", [0.02, 0.5, 0.98])
def test_what_is_printed_of_progress_holds(rate):
    holds(simulate_progress(World(rate=rate, scenes=16, conditions=3, correlation=0.2), runs=80, seed=2), 80)


@pytest.mark.parametrize("rate", [0.5, 0.9, 0.98])
@pytest.mark.parametrize("correlation", [0.6, 1.0])
def test_policies_and_levels_that_fail_in_unlike_ways_are_not_called_different(rate, correlation):
    unlike = World(rate=rate, scenes=16, conditions=20, correlation=correlation, other_correlation=0.0)
    holds(simulate_unlike(unlike, runs=100, seed=4), 100)
    holds(simulate_progress(replace(unlike, conditions=3), runs=60, seed=5), 60)
    apart = World(rate=rate, scenes=64, conditions=9, correlation=correlation, twins_apart=True)
    tally = simulate_levels(apart, runs=60, seed=6)
    holds(tally, 60)
    assert tally.trials[simulation.AXIS_P] == 60


@pytest.mark.parametrize("drops", [(), (0.0, 0.2, 0.5) * 3 + (0.0,) * 27])
def test_axes_and_levels_are_named_where_they_differ(drops):
    world = World(rate=0.9, scenes=32, conditions=36, correlation=0.2, drops=drops)
    tally = simulate_axes(world, levels=3, runs=60, seed=3)
    holds(tally, 60)
    assert set(tally.trials) >= {simulation.HURTS, simulation.AXIS_DIFFERS, simulation.WRONG_LEVELS}


def test_the_simulation_finds_what_is_wrong():
    """A test that cannot fail is none: an interval that is a third as wide, and a p that is always 0.01."""
    tally = Tally()
    for _ in range(50):
        tally.cover(simulation.MEAN_RATE, (0.4, 0.45), 0.5)
        tally.count(simulation.AXIS_P, True)
    with pytest.raises(AssertionError, match=simulation.MEAN_RATE):
        holds(tally, 50)


def test_tables_have_a_row_for_every_figure_and_a_column_for_every_number_of_scenes():
    small = [task for task in tasks(scenes=(4, 8)) if task.world.rate == 0.9][::4]
    small.append(
        Task(
            simulate=partial(simulate_axes, levels=3),
            world=World(rate=0.9, scenes=4, conditions=6, correlation=0.0),
            seed=1,
        )
    )
    text = markdown(list(measure(small, runs=2, workers=1)))
    assert all(f"| {figure} |" in text for figure in (*COVERED, *FALSE)) and "| 4 scenes | 8 scenes |" in text
    assert f"| {simulation.CONTRADICTION} | 0.0 (0.0) | 0.0 (0.0) |" in text


def test_the_command_prints_them_and_refuses_what_cannot_be(printed, monkeypatch, capsys):
    from vlagen_bench.errors import ConfigError
    from vlagen_bench.report import simulation_tables

    monkeypatch.setattr(simulation_tables, "tasks", lambda scenes, seed: tasks(scenes, seed)[:2])
    assert check_statistics.check_statistics(runs=1, scenes=(4,)) == 0
    assert "| 4 scenes |" in capsys.readouterr().out
    for wrong in ({"runs": 0}, {"workers": 0}, {"scenes": (1,)}, {"scenes": ()}):
        with pytest.raises(ConfigError, match="--runs and --workers are 1 or more"):
            check_statistics.check_statistics(**wrong)
