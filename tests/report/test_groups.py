"""Reports and comparisons of a suite whose conditions take turns: groups first, then the axes of those that are found."""

import io
import random

import pytest
from rich.console import Console

from helpers.fabricated import fabricate
from helpers.made_rows import made_row
from vlagen_bench.report import load, report
from vlagen_bench.report.averages import ALL, SETTINGS
from vlagen_bench.report.comparison import compare
from vlagen_bench.report.comparison_answer import answer
from vlagen_bench.report.comparison_terminal import tables
from vlagen_bench.report.estimates import drop_p, mean_drop, mean_success
from vlagen_bench.report.groups import group_results
from vlagen_bench.report.groups_terminal import groups_table
from vlagen_bench.report.html import answer as html_answer
from vlagen_bench.report.html import data, write_report
from vlagen_bench.report.terminal import levels_table
from vlagen_bench.runs.commands import resume
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.statistics.paired import agreeing_interval, mcnemar

T, F = True, False
GROUPS = {"light": ("lighting", "exposure"), "physics": ("mass", "friction")}


def rule(hurt, level=0.9):
    """Succeeds at this rate where nothing hurts, and never where one of these axes is perturbed."""

    def outcome(episode):
        failing = any(episode.condition.startswith(axis) for axis in hurt)
        return "success" if random.Random(episode.id).random() < (0 if failing else level) else "failure"

    return outcome


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    hurt = {"a": ("lighting", "camera", "occlusion"), "b": ("camera_pose",)}
    return [fabricate(folder / name, "core-small", rule(axes), episodes=52) for name, axes in hurt.items()]


def turns(name, lost, scenes, start, group):
    """A condition in some scenes, of which it loses so many against its twins."""
    return made_row(name, [F] * lost + [T] * (scenes - lost), twins=[T] * scenes, start=start, group=group)


def test_conditions_of_one_pair_a_scene_are_single_pairs():
    rows = [turns("lighting_l1", 4, 8, 0, "light"), turns("lighting_l5", 7, 8, 8, "light")]
    assert drop_p(rows) == mcnemar(11, 0)
    found = mean_drop(rows)
    assert (found.low, found.high) == agreeing_interval(11, 0, 16) and found.value == pytest.approx(11 / 16)
    assert mean_success(rows).interval == wilson(5, 16)


def test_an_axis_is_found_only_in_a_group_that_is_found():
    rows = [
        turns("lighting_l5", 12, 12, 0, "light"), turns("exposure_l5", 0, 12, 12, "light"),
        turns("mass_l5", 5, 12, 0, "physics"), turns("friction_l5", 0, 12, 12, "physics"),
    ]  # fmt: skip
    light, physics = group_results(rows, GROUPS)
    assert light.whole.told and [axis.told for axis in light.axes] == [True, False]
    assert physics.whole.p == mcnemar(5, 0) == 0.0625 and not physics.whole.told
    assert all(axis.adjusted >= physics.whole.adjusted for axis in physics.axes)
    assert group_results(rows, {}) == ()


def test_a_group_that_only_an_axis_finds_is_not_said_to_cost():
    rows = [
        turns("lighting_l5", 10, 20, 0, "light"), turns("mass_l5", 0, 20, 0, "physics"), turns("friction_l5", 0, 20, 20, "physics"),
        made_row("exposure_l5", [T] * 20, twins=[F] * 5 + [T] * 15, start=20, group="light"),
    ]  # fmt: skip
    light, _ = group_results(rows, GROUPS)
    lighting, _ = light.axes
    assert light.whole.found and lighting.told and light.whole.p == mcnemar(10, 5) > 0.05
    assert not light.whole.told and not light.whole.drop.decided, "its interval holds 0"
    assert data._worst_groups((light,)) == ()


def test_a_report_names_groups_and_the_axes_in_them(runs):
    made = report.make(runs[0])
    found = {group.name: group for group in made.tested_groups}
    assert {name for name, group in found.items() if group.whole.told} == {"light", "camera"}
    assert {axis.name for group in found.values() for axis in group.axes if axis.told} == {
        "lighting", "camera_pose", "camera_lens", "occlusion"
    }  # fmt: skip
    assert {row.group for row in made.rows} == {"nominal", *found}
    assert made.amount == "52 scenes, 728 episodes" and not made.missing
    content = data.gather(load.read(runs[0]))
    assert [group.name for group in content.headline.groups] == ["camera", "light"]
    adjusted = {line.name: line.adjusted for line in content.lines}
    assert adjusted["lighting"] == next(axis for axis in found["light"].axes if axis.name == "lighting").adjusted
    assert {line.name for line in content.headline.worst} <= {"lighting", "camera_pose", "camera_lens", "occlusion"}


def test_averages_count_every_episode_the_same(runs):
    made = report.make(runs[0])
    won, n = (sum(getattr(row, what) for row in made.rows) for what in ("successes", "n"))
    assert made.averages[ALL].value == pytest.approx(won / n)
    shifted = [row for row in made.rows if row.group != "nominal"]
    assert made.averages[SETTINGS].value == pytest.approx(
        sum(row.successes for row in shifted) / sum(row.n for row in shifted)
    )


def printed(table) -> str:
    out = io.StringIO()
    Console(file=out, width=110).print(table)
    return out.getvalue()


def test_the_tables_have_groups_and_only_levels_that_are_played(runs):
    made = report.make(runs[0])
    text = printed(groups_table(made.tested_groups))
    assert text.index("camera ") < text.index("occlusion") < text.index("light ") < text.index("physics")
    assert "friction" not in text, "axes of a group that is not found are in the table of levels"
    heads = printed(levels_table(made.rows)).splitlines()[2]
    assert [word for word in heads.replace("┃", " ").split() if word.startswith("L")] == ["L1", "L3", "L5"]
    assert groups_table(()) is None


def test_a_comparison_asks_about_groups_first(runs):
    made = compare(runs)
    assert [row.condition for row in made.groups][:2] == ["nominal", "image"] and len(made.groups) == 14
    said = "\n".join(answer(made))
    assert "B against A differs on 2 of 13 groups and nominal: " in said
    assert "Axes of these groups on which B differs: " in said
    by_name = {row.condition: row.gaps["B"] for row in (*made.groups, *made.axes)}
    assert by_name["lighting"].adjusted >= by_name["light"].adjusted
    assert by_name["camera_pose"].adjusted > 0.05 > by_name["occlusion"].adjusted
    titles = [str(table.title) for table in tables(made)]
    assert "B against A, by group of axes" in titles and "B against A, by axis" in titles


def test_the_command_that_resumes_names_the_suite_alone(runs):
    header = load.read(runs[0]).header
    assert "--conditions" not in resume(header, runs[0], "")
    crossed = {**header, "groups": {}}
    assert "--conditions" in resume(crossed, runs[0], "")


def test_a_header_of_other_groups_is_not_of_the_plan(runs, tmp_path):
    import json
    import shutil

    from vlagen_bench.errors import RunError

    shutil.copytree(runs[0], tmp_path / "run")
    file = tmp_path / "run" / "header.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "groups": {"light": ["lighting"]}}))
    with pytest.raises(RunError, match="not the plan that header"):
        load.read(tmp_path / "run")


def test_the_page_opens_with_groups_and_shows_each_over_its_axes(runs):
    run = load.read(runs[0])
    text = html_answer.answer(run.report, data.gather(run))
    assert text.startswith(
        "On unchanged scenes the policy succeeds in 87 % of 52 episodes; camera changes cost it most: 87 points (95 %: "
    )
    page = write_report(runs[0]).read_text(encoding="utf-8")
    plot = page[page.index('class="profile dots') : page.index('id="conditions"')]
    assert "115 conditions that take turns over 52 scenes" in page.replace("\n", " ")
    assert plot.count('class="kind-row whole"') == 13 and "differs from 0 among all groups" in plot
    light = plot[plot.index('<th scope="rowgroup">Light</th>') :]
    assert "point hollow" not in light[: light.index("</tr>")], "the group is told from 0"
    assert light.index(">Light<") < light.index(">lighting ") < light.index(">exposure ")
