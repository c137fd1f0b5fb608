"""Comparisons of runs of one plan that nobody ran, and what is refused."""

import csv

import pytest

from helpers.compared import CONDITIONS, bad, good, weak
from helpers.fabricated import fabricate
from vlagen_bench.cli import compare as command
from vlagen_bench.errors import RunError
from vlagen_bench.report import comparison_page
from vlagen_bench.report.comparison import compare
from vlagen_bench.statistics.paired import mcnemar, tango
from vlagen_bench.statistics.scene_means import difference_p


def test_episodes_are_paired_by_id(made):
    found = compare([made("a", good), made("b", weak)])
    lines = {line.condition: line for line in found.lines}
    assert tuple(lines) == CONDITIONS
    lit, gap = lines["lighting_l3"], lines["lighting_l3"].gaps["B"]
    assert (lit.n, lit.successes) == (12, {"A": 11, "B": 1})
    assert (gap.pairs.only_first, gap.pairs.only_other, gap.pairs.n) == (1, 11, 12)
    assert (gap.low, gap.high) == tango(1, 11, 12) and gap.pairs.difference == pytest.approx(-10 / 12)
    assert gap.p == mcnemar(1, 11) and gap.adjusted == pytest.approx(3 * gap.p), "a family of three conditions"
    assert lines["mass_l3"].gaps["B"].p == 1.0
    assert len(found.differing) == 12 and found.left_out == 0 and found.standings == ()


def test_overall_counts_scenes_not_episodes(made):
    """Every condition of an index goes the same way: 12 scenes, though there are 36 episodes."""
    found = compare([made("a", good), made("b", bad)]).overall
    gap = found.gaps["B"]
    assert (found.n, gap.pairs.only_other, gap.p) == (36, 33, pytest.approx(2 / 2**11))
    assert gap.p > mcnemar(0, 33) and gap.adjusted == gap.p, "a question of its own"
    assert gap.low < -33 / 36 < gap.high


def test_of_several_runs_none_is_called_worse_by_luck_alone(made, printed):
    """Seven scenes that only the first solves: p = 2 / 2**7 against each, and more than 0.05 after Holm over four."""

    def lost(lowest):
        return lambda e: "failure" if lowest <= e.index < lowest + 7 else "success"

    paths = [made("a", lambda _: "success"), *(made(f"b{number}", lost(number)) for number in range(4))]
    overall = compare(paths).overall
    assert {gap.p for gap in overall.gaps.values()} == {2 / 2**7}
    assert {gap.adjusted for gap in overall.gaps.values()} == {4 * 2 / 2**7}
    said = printed(command, command.compare, paths)
    assert "B and A cannot be told apart" in said and "p = 0.016, after Holm over the runs = 0.062." in said
    assert "is worse than A" not in said and "B is worse than A" in printed(command, command.compare, paths[:2])


def test_errors_are_no_outcomes(made):
    found = compare(
        [made("a", good), made("b", lambda e: "error" if e.index == 3 else None if e.index == 4 else good(e))]
    )
    assert found.left_out == 6 and {line.n for line in found.lines} == {10}
    assert not found.differing, "an error is not a different outcome"


def test_a_condition_without_pairs_has_no_numbers(made, printed, tmp_path):
    paths = made("a", good), made("b", lambda e: None if e.condition == "mass_l3" else weak(e))
    line = compare(paths).lines[2]
    gap = line.gaps["B"]
    assert (line.n, line.rate("A"), gap.p, gap.adjusted, gap.low, gap.pairs.difference) == (0, *(None,) * 5)
    said = printed(command, command.compare, paths)
    assert (
        "nan" not in said.lower()
        and "without an outcome in every run are left out (12)" in said
        and "incomplete" in said
    )
    row = next(row for row in said.splitlines() if row.startswith("│ mass_l3"))
    assert [cell.strip() for cell in row.split("│")[2:-1]] == ["0", *["–"] * 8], "what nobody counted is not 0"
    comparison_page.write(compare(paths), tmp_path / "out")
    with open(tmp_path / "out" / "comparison.csv", newline="") as file:
        cells = [row for row in csv.DictReader(file) if row["condition"] == "mass_l3"]
    counted = ("successes", "success_rate", "only_run", "only_first", "difference", "low", "high", "p", "p_holm")
    assert [row["n"] for row in cells] == ["0", "0"] and not any(row[name] for row in cells for name in counted)


def test_more_than_two_have_a_set_of_the_best(made, printed):
    paths = made("a", good), made("b", good), made("c", bad)
    found = compare(paths)
    assert {one.name: one.among_best for one in found.standings} == {"A": True, "B": True, "C": False}
    said = printed(command, command.compare, paths)
    assert "B against A" in said and "C against A" in said and "cannot be distinguished from the best" in said
    assert max(len(line) for line in said.splitlines() if line[:1] in "│┃┏└") <= 110


def test_an_oracle_is_shown_marked_and_never_ranked(made, printed):
    paths = made("o", lambda _: "success", oracle=True), made("a", good), made("b", weak), made("c", bad)
    found = compare(paths)
    assert found.ranked == ("B", "C", "D") and {one.name for one in found.standings} == {"B", "C", "D"}
    assert all(set(line.gaps) == {"C", "D"} for line in found.lines)
    assert found.overall.successes["A"] == 36
    assert not compare([made("a2", good), made("b2", good), paths[0]]).differing, "only an oracle differs"
    said = printed(command, command.compare, paths)
    assert "A (oracle)" in said and "never ranked" in said and "against A" not in said


def test_an_oracle_and_one_policy_are_not_subtracted(made, printed, tmp_path):
    paths = made("o", lambda _: "success", oracle=True), made("a", good)
    assert len(compare(paths).differing) == 3
    said = printed(command, command.compare, paths, out=tmp_path / "out")
    assert "nothing is ranked or subtracted" in said and "Success rates" in said and "against" not in said
    assert (tmp_path / "out" / "index.html").is_file() and not (tmp_path / "out" / "comparison.svg").exists()


@pytest.mark.parametrize(("more", "says"), [
    ({"episodes": 4}, r"episodes per condition 12 against 4; .* episodes of \d+ and \d+ are the same"),
    ({"conditions": CONDITIONS[:2]}, "conditions that only one has: mass_l3 against nothing"),
])  # fmt: skip
def test_other_plans_are_refused_and_it_is_said_how_they_differ(made, more, says):
    with pytest.raises(RunError, match=f"different plans.*{says}.*--seed"):
        compare([made("a", good), made("b", good, **more)])


def test_another_suite_is_named(made, tmp_path):
    other = fabricate(tmp_path / "p", "paper", good, episodes=2)
    with pytest.raises(RunError, match=r"suite quick version .* against paper version"):
        compare([made("a", good), other])


def test_a_comparison_needs_two_different_runs(made):
    path = made("a", good)
    for paths, says in (
        ([path], "two run folders or more"),
        ([path, path], "named twice"),
        ([path, path / "x"], "not a run folder"),
    ):
        with pytest.raises(RunError, match=says):
            compare(paths)


LEVELS = ("nominal", "lighting_l1", "lighting_l3", "lighting_l5", "mass_l3", "table_test")


def dark(episode):
    """Loses under light, but for two scenes, and fails nowhere else."""
    return "failure" if episode.condition.startswith("lighting") and episode.index > 1 else "success"


def test_axes_are_compared_first_and_then_their_levels(made, tmp_path):
    paths = made("a", lambda _: "success", conditions=LEVELS), made("b", dark, conditions=LEVELS)
    found = compare(paths)
    (axis,) = found.axes
    gap = axis.gaps["B"]
    assert (axis.condition, axis.n, gap.pairs.only_other, gap.p) == ("lighting", 36, 30, 2 / 2**10)
    assert gap.adjusted == pytest.approx(4 * gap.p), "a family of four axes"
    levels = {line.condition: line.gaps["B"] for line in found.lines}
    lit = levels["lighting_l3"]
    assert lit.p == mcnemar(0, 10) and lit.adjusted == pytest.approx(max(gap.adjusted, 4 * 3 * lit.p)), (
        "one of four found"
    )
    assert all(levels[name].adjusted == 1.0 for name in ("nominal", "mass_l3", "table_test"))
    comparison_page.write(found, tmp_path / "out")
    with open(tmp_path / "out" / "comparison.csv", newline="") as file:
        (cells,) = [row for row in csv.DictReader(file) if row["condition"] == "axis:lighting" and row["label"] == "B"]
    assert float(cells["p_holm"]) == pytest.approx(gap.adjusted) and cells["only_first"] == "30"
    page = (tmp_path / "out" / "index.html").read_text()
    assert "Success by axis" in page and "Success by condition" in page


@pytest.mark.parametrize("scenes", [4, 5, 6, 12])
def test_the_interval_overall_agrees_with_its_p(made, scenes):
    """Four scenes, each lost in most conditions: -60 points, and p = 0.125."""

    def often(episode):
        return "failure" if episode.condition != "nominal" else "success"

    paths = [made(name, rule, episodes=scenes) for name, rule in (("a", lambda _: "success"), ("b", often))]
    gap = compare(paths).overall.gaps["B"]
    assert gap.p == max(2 / 2**scenes, difference_p([(1, 3, 3)] * scenes)) and gap.pairs.difference == pytest.approx(
        -2 / 3
    )
    assert (gap.low <= 0 <= gap.high) == (gap.p >= 0.05)


def test_the_interval_of_a_condition_agrees_with_its_p(made):
    """5 of 5 pairs one way: McNemar says 0.0625, where Tango's interval would leave out 0."""
    paths = made("a", lambda _: "success"), made("b", lambda e: "failure" if e.index < 5 else "success")
    gap = compare(paths).lines[1].gaps["B"]
    assert gap.p == 0.0625 and tango(0, 5, 12)[1] < 0 and gap.high == 0.0
