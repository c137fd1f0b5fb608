"""Every table of reports and comparisons, at every width: no number of it is cut, and the answer of a comparison comes first."""

import io
import random

import pytest
from rich.console import Console

from helpers.compared import bad, good, weak
from helpers.fabricated import fabricate
from vlagen_bench.cli import compare as command
from vlagen_bench.cli import power as power_command
from vlagen_bench.cli import report as report_command
from vlagen_bench.diagnostics import doctor
from vlagen_bench.harness.counts import Counts
from vlagen_bench.harness.progress import RunProgress
from vlagen_bench.plan import catalog, plan
from vlagen_bench.report import comparison_terminal, repeats, report
from vlagen_bench.report.comparison import compare
from vlagen_bench.report.published_table import blocks
from vlagen_bench.report.terminal import (
    failure_mode_table,
    interaction_table,
    levels_table,
    once_table,
    results_table,
)
from vlagen_bench.utils.tables import NumberTable

GRADED = ("nominal", *(f"{axis}_l{level}" for axis in ("lighting", "mass") for level in (1, 3, 5)))
TOGETHER = (*GRADED, "lighting_l3+mass_l3", "camera_pose_l3+lighting_l3+object_test")


def half(episode):
    return random.Random(episode.id).choice(["success", "failure", "once", "failure", "error"])


def of_report(path) -> list[NumberTable]:
    made = report.make(path)
    title = f"{made.suite}: {made.policy} [/b], {made.amount}"
    tables = [results_table(title, made.rows), levels_table(made.rows), once_table(made.rows)]
    tables += [failure_mode_table(made.troubles), interaction_table(made.interactions)]
    return [*filter(None, tables), *(table for block in blocks(made) for table in block.tables)]


def of_power(monkeypatch) -> list[NumberTable]:
    tables: list[NumberTable] = []
    monkeypatch.setattr(power_command, "console", lambda: type("Kept", (), {"print": staticmethod(tables.append)}))
    power_command.power(power_command.PowerArgs())
    return tables


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> list[NumberTable]:
    folder, quick = tmp_path_factory.mktemp("runs"), {"episodes": 6, "conditions": TOGETHER}
    paths = [fabricate(folder / name, "core", rule, **quick) for name, rule in (("a", good), ("b", half), ("c", bad))]
    found = of_report(paths[1]) + of_report(fabricate(folder / "paper", "paper", half, episodes=2))
    found += list(comparison_terminal.tables(compare(paths), every=True))
    again = [fabricate(folder / name, "core", rule, **quick) for name, rule in (("r", good), ("r-repeat-2", half))]
    found.append(repeats.table(repeats.of_run(again[0])))
    made = plan.make_plan(plan.select(catalog.suite("quick"), conditions=None, episodes=2, seed=None))
    out = Console(file=io.StringIO(), width=100, height=60)
    found.append(RunProgress(out, Counts(made, dict.fromkeys(made.suite.conditions, "vision")))._counts_table())
    found.append(doctor.table([doctor.MachineCheck(what="GPU", value="a long name " * 9, ok=True)]))
    with pytest.MonkeyPatch.context() as monkeypatch:
        return found + of_power(monkeypatch)


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("columns", ["40", "80", "110", None])
def test_no_number_of_any_table_is_cut(tables, columns, terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns) if columns else monkeypatch.delenv("COLUMNS", raising=False)
    width = int(columns or 1000)
    assert len(tables) >= 15
    for table in tables:
        out = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None, highlight=False)
        out.print(table)
        said = out.file.getvalue()
        assert "…" not in said and max(map(len, said.splitlines())) <= width
        numbers = [
            out.render_str(str(cell)).plain
            for column in table.columns
            if column.no_wrap or column.justify == "right"
            for cell in column.cells
        ]
        lines = said.splitlines()
        assert not [number for number in numbers if not any(number in line for line in lines)]


def test_a_comparison_begins_with_its_answer(made, printed):
    paths = made("a", good), made("b", weak), made("c", bad)
    lines = printed(command, command.compare, paths).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("Over all conditions"))
    assert lines[start] == "Over all conditions, 12 scenes, 36 episodes:" and start == 3
    assert lines[start + 1].startswith("   B and A cannot be told apart: -28 points (95 % interval ")
    assert lines[start + 2].startswith("   C is worse than A: -92 points (95 % interval ")
    assert lines[start + 3] == "   May be the best: A, B. Are not: C."
    assert lines[start + 4] == "   B against A differs on 1 of 2 axes and nominal: lighting_l3 -83."
    same = printed(command, command.compare, (paths[0], made("d", good)))
    assert "B and A cannot be told apart: 0 points" in same and "on any of 2 axes and nominal" in same


def test_of_many_conditions_those_that_matter_are_shown_unless_all_are_asked_for(tmp_path, printed):
    suite = catalog.suite("core").conditions[:26]
    hurt = {suite[20]}

    def rule(episode):
        return "failure" if episode.condition in hurt else "success"

    paths = [
        fabricate(tmp_path / name, "core", outcome, episodes=12, conditions=suite)
        for name, outcome in (("a", lambda _: "success"), ("b", rule))
    ]
    some = printed(command, command.compare, paths)
    assert f"│ {suite[20]} " in some and "14 other conditions, which tell nothing apart: --rows all." in some
    report_said = printed(report_command, report_command.report, paths[1])
    assert "have the 12 conditions with most failures; 26 with --rows all." in report_said
    assert len(report_said.splitlines()) + 10 < len(
        printed(report_command, report_command.report, paths[1], rows="all").splitlines()
    )
    every = printed(command, command.compare, paths, rows="all")
    assert all(f"│ {name} " in every for name in suite) and "other conditions" not in every
    assert len(some.splitlines()) + 10 < len(every.splitlines())


def test_a_report_says_how_many_scenes_it_rests_on(tmp_path):
    """Twins and errors are not counted; published episodes have a scene each."""
    own = fabricate(tmp_path / "own", "quick", lambda e: "error" if e.index == 3 else "success", episodes=4)
    made = report.make(own)
    assert made.amount == f"3 scenes, {3 * len(made.rows)} episodes"
    published = report.make(fabricate(tmp_path / "paper", "paper", bad, episodes=2))
    assert published.amount == "32 scenes, 32 episodes"
