"""The table of tasks and axes: made again for two tasks, and equal to the one in the docs."""

import pytest

from helpers.places import DOCS
from vlagen_bench.diagnostics import axis_matrix
from vlagen_bench.diagnostics.axis_matrix import Cell
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import native_tasks

PAGE = DOCS / "any_task.md"
REMADE = ("PickCube-v1", "PlaceSphere-v1")


def in_the_docs() -> dict[tuple[str, str], str]:
    """Axis and short name of a task -> what the page says."""
    text = PAGE.read_text(encoding="utf-8").split(axis_matrix.BEGIN)[1].split(axis_matrix.END)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    head, _, *body = rows
    return {(row[0].strip("`"), task): cell for row in body for task, cell in zip(head[1:], row[1:], strict=True)}


def test_the_page_has_listed_tasks_and_nothing_in_vain():
    table = in_the_docs()
    listed, shown = ({native_tasks.short(name) for name in names} for names in (native_tasks.card_files(), REMADE))
    assert shown <= {task for _, task in table} <= listed
    assert set(table.values()) <= {"words", "physics", "pictures", "-"}


# ManiSkill 3.0.1 warns of its own scenes, and by a method of `logging` that is deprecated.
@pytest.mark.filterwarnings("ignore:The 'warn' method is deprecated:DeprecationWarning")
@pytest.mark.sim
@pytest.mark.slow
@pytest.mark.parametrize("name", REMADE)
def test_the_table_is_made_again(name):
    table = in_the_docs()
    remade = {cell.axis: cell.effect or "-" for cell in axis_matrix.row(name)}
    shown = {axis: effect for (axis, task), effect in table.items() if task == native_tasks.short(name)}
    assert {axis: effect for axis, effect in remade.items() if axis in shown} == shown
    assert {effect for axis, effect in remade.items() if axis not in shown} <= {"-"}


def test_a_table_takes_the_place_of_the_one_before(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{axis_matrix.BEGIN}\nold\n{axis_matrix.END}\nafter\n")
    table = axis_matrix.markdown(
        [
            Cell(task="A-v1", axis="mass", effect="physics"),
            *(Cell(task=name, axis="mass", effect="", why="it is nailed down") for name in ("B-v1", "C-v1")),
            Cell(task="A-v1", axis="yaw", effect="", why="it is round"),
        ]
    )
    axis_matrix.write(table, page)
    assert page.read_text() == (
        f"before\n{axis_matrix.BEGIN}\n| axis | A | B | C |\n|---|---|---|---|\n| `mass` | physics | - | - |\n\n"
        f"* `mass` not in B, C: it is nailed down.\n{axis_matrix.END}\nafter\n"
    )


def test_a_page_without_a_place_for_it_is_refused(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing\n")
    with pytest.raises(ConfigError, match="has no place for the matrix"):
        axis_matrix.write("", page)
