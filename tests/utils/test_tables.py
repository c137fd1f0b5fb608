"""Tables at every width: text is folded, numbers are whole."""

import io
from pathlib import Path

import pytest
from rich.console import Console

import vlagen_bench
from vlagen_bench.utils.tables import NumberTable
from vlagen_bench.utils.text import amount

PACKAGE = Path(vlagen_bench.__file__).parent


def shown(table, width, *, terminal=True) -> str:
    out = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None, highlight=False)
    out.print(table)
    return out.file.getvalue()


def wide() -> NumberTable:
    table = NumberTable("A title of some length, which is folded").text("kind", "condition")
    table.numbers(*(f"number {index}" for index in range(8)))
    table.add_row("vision", "lighting_l5+camera_pose_l5", *(f"{index}9.12345 – +{index}" for index in range(8)))
    table.add_row("", "mass_l1", *("–" for _ in range(8)))
    table.caption = "What it says of the numbers,\nin two lines."
    return table


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("width", [30, 40, 80, 110, 200])
def test_no_number_is_cut_at_any_width(width, terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    said = shown(wide(), width, terminal=terminal)
    for index in range(8):
        assert f"{index}9.12345 – +{index}" in said
    assert "…" not in said and max(map(len, said.splitlines())) <= width


def test_a_narrow_terminal_folds_text_as_long_as_the_numbers_fit():
    table = NumberTable("t").text("condition").numbers("n", "rate")
    table.add_row("observation_delay_l5+camera_pose_l5 in a sentence of many words", "16", "88 – 92 %")
    said = shown(table, 40)
    assert said.count("│") > 8 and "88 – 92 %" in said and "…" not in said
    whole = "".join(line.split("│")[1].strip() for line in said.splitlines() if line.startswith("│"))
    assert whole.replace(" ", "") == "observation_delay_l5+camera_pose_l5 in a sentence of many words".replace(" ", "")


def test_where_it_is_no_terminal_the_width_is_what_the_numbers_need(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    said = shown(wide(), 1000, terminal=False)
    assert "79.12345 – +7 │" in said and max(map(len, said.splitlines())) > 110
    prose = NumberTable().text("what").numbers("n")
    prose.add_row("word " * 100, "1")
    assert max(map(len, shown(prose, 1000, terminal=False).splitlines())) <= 110


def test_a_row_without_room_is_a_paragraph():
    said = shown(wide(), 40).splitlines()
    assert said[1:3] != [] and "vision  lighting_l5+camera_pose_l5" in "\n".join(said)
    assert "  number 0 09.12345 – +0" in said


def test_headlines_say_scenes_and_episodes():
    assert amount(16, 640) == "16 scenes, 640 episodes" and amount(1, 1) == "1 scene, 1 episode"


def test_every_table_of_the_program_is_such_a_table():
    """But for the line of the live view that has the bar."""
    others = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "rich.table" in path.read_text(encoding="utf-8")
    ]
    assert sorted(others) == ["harness/progress.py", "utils/tables.py"]
    assert (PACKAGE / "harness/progress.py").read_text(encoding="utf-8").count("Table.grid(") == 1
    assert " Table(" not in (PACKAGE / "harness/progress.py").read_text(encoding="utf-8")
