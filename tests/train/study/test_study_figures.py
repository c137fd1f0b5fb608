"""The figures of a study, and the table of sizes that one of them draws."""

import pytest

from helpers.studied import ALL, records_of
from vlagen_bench.train.study import figures, page, page_tables


def test_sizes_are_beside_what_reinforcement_learning_made_of_one_of_them(study):
    """Not all sizes are scored under changes of execution; which are is seen, and so is how far PPO comes from fewer demonstrations."""
    policies = {"sft-500": 0.25, "sft": 0.5, "sft-2000": 0.75, "ppo-1": 1.0}
    evaluations = records_of(study, policies).of_policies(study)
    rows = [line.strip("| ").split(" | ") for line in page_tables.scaling(study, evaluations) if line.startswith("| ")]
    cells = {row[0]: [cell.split(" ")[0] for cell in row[1:]] for row in rows[1:]}
    assert rows[0][5] == "`object_position_l3`"
    assert cells["500"] == ["25"] * 4 + ["–"] * 4
    assert cells["1000"] == ["50"] * 8 and cells["2000"] == ["75"] * 8 and cells["`ppo-1`, from 1000"] == ["100"] * 8
    lines = figures._scaled_lines(study)
    assert [*lines] == ["nominal", "table_test", "object_test", "receptacle_test", "execution, mean of 4"]
    drawn = figures._scaling(study, evaluations).axes[0].containers
    heights = {one.get_label(): [*one.lines[0].get_ydata()] for one in drawn if not one.get_label().startswith("_")}
    assert heights["nominal"] == [25, 50, 75] and heights["execution, mean of 4"] == [50, 75]
    assert len(drawn) == 10, "a line for each, and what PPO reaches"


def test_figures_are_the_same_each_time(study, tmp_path):
    pages = []
    for name in ("a", "b"):
        page.write(study, records_of(study, ALL), made := tmp_path / name)
        pages.append({path.name: path.read_bytes() for path in (made / page.FIGURES).iterdir()})
    assert pages[0] == pages[1] and set(pages[0]) == {"by_condition.svg", "scaling.svg", "learning.svg"}


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_policy_that_always_or_never_succeeds_is_drawn(study, tmp_path, rate):
    page.write(study, records_of(study, {"sft-250": rate, "sft-500": rate}), tmp_path)
    assert (tmp_path / page.FIGURES / "scaling.svg").is_file()
