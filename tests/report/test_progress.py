"""Progress and oversized steps in reports, tables, files and comparisons of runs that nobody ran."""

import csv

import numpy as np
import pytest

import vlagen_bench
from helpers.compared import CONDITIONS, good
from helpers.fabricated import fabricate
from helpers.progressed import progressed
from vlagen_bench.cli import compare as compare_command
from vlagen_bench.cli import report as report_command
from vlagen_bench.report import comparison_page, load
from vlagen_bench.report.comparison import compare
from vlagen_bench.report.html import write_report
from vlagen_bench.report.progress import ALL_SHIFTED, METRIC, difference, of_conditions
from vlagen_bench.report.rows import rows
from vlagen_bench.report.terminal import write_csv
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.statistics.randomization import sign_flip_real
from vlagen_bench.statistics.scene_means import difference_p, rate_interval

SMALL = {"episodes": 12, "conditions": CONDITIONS}


def half_way(episode):
    """Half of the scenes succeed; the others reach the object, or raise it."""
    index = episode["index"]
    return 1.0 if index % 2 else 1 / 6 if index % 4 else 0.5


def a_bit_less(episode):
    """The same successes, but one stage less in all failures that came further than the first."""
    value = half_way(episode)
    return 1 / 3 if value == 0.5 else value


def test_the_mean_is_over_episodes_and_its_interval_over_scenes(tmp_path):
    report = load.read(progressed(tmp_path / "run", half_way, **SMALL)).report
    one = next(row for row in report.rows if row.condition == "lighting_l3").progress
    values = [half_way({"index": index}) for index in range(12)]
    assert one.mean == pytest.approx(np.mean(values), abs=1e-4) and (one.n, one.scenes) == (12, 12)
    over_scenes = rate_interval([(value, 1) for value in values], graded=True)
    assert one.high == pytest.approx(over_scenes[1], abs=1e-3) and one.low >= over_scenes[0] - 1e-3
    shares = [one.came_to(number, 5) for number in range(1, 6)]
    assert shares == pytest.approx([1, 0.75, 0.75, 0.5, 0.5])


def test_kinds_and_all_shifted_conditions_have_a_mean(tmp_path):
    report = load.read(progressed(tmp_path / "run", half_way, **SMALL)).report
    assert [one.name for one in report.progress] == ["nominal", "vision", "dynamics", ALL_SHIFTED]
    overall = report.progress[-1]
    assert (overall.n, overall.scenes) == (24, 12), "scenes count, not episodes"
    alone = report.progress[1]
    assert overall.high - overall.low == pytest.approx(alone.high - alone.low, rel=0.1)


def test_all_at_an_end_have_an_interval_that_is_no_point():
    for end in (0.0, 0.5, 1.0):
        planned = [{"id": number, "condition": "c", "index": number} for number in range(8)]
        results = {number: {"outcome": "failure", "metrics": {"progress": end}} for number in range(8)}
        one = of_conditions(planned, results, "c", ("c",))
        assert one.mean == end and 0 <= one.low <= end <= one.high <= 1 and one.high - one.low > 0.1


@pytest.mark.parametrize("successes", [0, 3, 4])
def test_where_all_succeed_or_fail_at_once_the_interval_is_that_of_the_rate(successes):
    """It was Student's, and far wider than the interval of the success rate beside it."""
    planned = [{"id": number, "condition": "c", "index": number} for number in range(4)]
    results = {number: {"outcome": "x", "metrics": {"progress": float(number < successes)}} for number in range(4)}
    one = of_conditions(planned, results, "c", ("c",))
    assert (one.low, one.high) == pytest.approx(wilson(successes, 4))


@pytest.mark.parametrize("scenes", [8, 16, 64])
def test_intervals_of_a_mean_and_of_a_difference_cover(scenes):
    """Policies whose failures come to any stage; scenes are easy or hard for both."""
    random = np.random.default_rng(scenes)
    stages = np.arange(7) / 6
    hard, easy, better = (
        np.array(chances) / sum(chances)
        for chances in ((3, 3, 2, 1, 0, 0, 1), (0, 1, 0, 0, 1, 1, 7), (1, 2, 2, 1, 1, 0, 3))
    )
    mean, gain = 0.5 * stages @ (hard + easy), 0.5 * stages @ (better - hard)
    planned = [{"id": number, "condition": "c", "index": number} for number in range(scenes)]
    covered = []
    for _ in range(300):
        kinds = random.random(scenes) < 0.5
        own, other = (
            np.where(kinds, random.choice(stages, scenes, p=easy), random.choice(stages, scenes, p=chances))
            for chances in (hard, better)
        )
        results = {key: {"outcome": "failure", "metrics": {METRIC: value}} for key, value in enumerate(own)}
        one = of_conditions(planned, results, "c", ("c",))
        gap = difference(list(zip(range(scenes), other, own, strict=True)))
        covered.append((one.low <= mean <= one.high, gap.low <= gain <= gap.high))
        assert (gap.p < 0.05) == (not gap.low <= 0 <= gap.high)
    assert (np.mean(covered, axis=0) >= 0.93).all(), np.mean(covered, axis=0)


def test_an_error_has_no_progress_and_enters_no_mean():
    planned = [{"id": name, "condition": "c", "index": number} for number, name in enumerate("ab")]
    results = {
        "a": {"outcome": "failure", "metrics": {"progress": 0.5}},
        "b": {"outcome": "error", "metrics": {}},
    }
    one = of_conditions(planned, results, "c", ("c",))
    assert (one.mean, one.n) == (0.5, 1)
    assert of_conditions(planned, {"b": results["b"]}, "c", ("c",)) is None


def test_a_run_of_an_earlier_release_says_nothing_rather_than_0(tmp_path, printed):
    old = fabricate(tmp_path / "old", "quick", good, **SMALL)
    report = load.read(old).report
    assert report.progress == () and report.oversized is None
    assert all(row.progress is None and row.oversized is None for row in report.rows)
    run = vlagen_bench.load_run(old)
    assert run.conditions[["progress", "progress_low", "oversized_steps", "steps"]].isna().all(axis=None)
    assert "Progress" not in printed(report_command, report_command.report, old)
    assert "made by an earlier release" in write_report(old).read_text(encoding="utf-8")
    new = progressed(tmp_path / "new", half_way, **SMALL)
    assert compare([old, new]).progress == ()
    assert "Progress" not in printed(compare_command, compare_command.compare, (old, new))


def test_table_page_and_files_show_it(tmp_path, printed):
    path = progressed(tmp_path / "run", half_way, **SMALL)
    said = printed(report_command, report_command.report, path)
    assert "Progress: how far episodes came" in said and "over target" in said
    line = next(line for line in said.splitlines() if line.startswith("│ mass_l3") and "0.67" in line)
    assert [cell.strip() for cell in line.split("│")[5:-1]] == ["100 %", "75 %", "75 %", "50 %", "50 %"]
    page = write_report(path).read_text(encoding="utf-8")
    assert "they held it over the receptacle" in page and "<b>0.67</b>" in page
    counted = load.read(path).report.rows
    write_csv(tmp_path / "summary.csv", counted)
    with open(tmp_path / "summary.csv", newline="", encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["condition"] == "mass_l3")
    assert float(row["progress"]) == counted[-1].progress.mean and float(row["progress_low"]) < 0.67
    assert (row["steps"], row["oversized_steps"]) == ("960", "0")
    run = vlagen_bench.load_run(path)
    assert run.table.loc["mass_l3", "progress"] == counted[-1].progress.mean
    assert run.episodes["metric_progress"].mean() == pytest.approx(2 / 3, abs=1e-4)


def test_oversized_steps_are_said_with_their_share_and_causes(tmp_path, printed):
    path = progressed(tmp_path / "run", lambda episode: 0.0, oversized=60, **SMALL)
    said = " ".join(printed(report_command, report_command.report, path).split())
    page = " ".join(write_report(path).read_text(encoding="utf-8").split())
    for text in (said, page):
        assert "2160 of 2880 (75 %) command more than panda can do in one control step, 0.34 m and 0.50 rad" in text
        assert "normalised to [-1, 1]" in text and "docs/your_policy.md" in text
    few = progressed(tmp_path / "few", lambda episode: 0.0, oversized=0, **SMALL)
    assert "Oversized" not in printed(report_command, report_command.report, few)
    assert "Beyond the arm" not in write_report(few).read_text(encoding="utf-8")


def test_oversized_steps_are_not_known_where_a_record_lacks_them():
    planned = [{"id": name, "condition": "c"} for name in "ab"]
    scored = {"outcome": "failure", "index": 0, "twin": None, "success_once": False, "steps": 80}
    results = {"a": {**scored, "metrics": {"oversized_steps": 3}}, "b": {**scored, "metrics": {"oversized_steps": 0}}}
    row = rows(planned, results, {"c": "vision"})[0]
    assert (row.oversized.count, row.oversized.steps, row.oversized.share) == (3, 160, 3 / 160)
    assert rows(planned, results | {"b": {**scored, "metrics": {}}}, {"c": "vision"})[0].oversized is None


def test_runs_are_compared_by_progress_scene_by_scene(tmp_path, printed):
    paths = progressed(tmp_path / "a", half_way, **SMALL), progressed(tmp_path / "b", a_bit_less, **SMALL)
    found = compare(paths)
    *lines, overall = found.progress
    assert [line.condition for line in lines] == list(CONDITIONS) and overall.condition == "overall"
    assert (overall.n, overall.scenes) == (36, 12)
    gap = overall.gaps["B"]
    assert gap.value == pytest.approx(-3 / 12 / 6, abs=1e-4) and gap.low < gap.value < 0 <= gap.high
    assert gap.p >= 2 / 2**3, "three scenes differ, whatever number of episodes they have"
    assert found.overall.gaps["B"].p == 1.0, "their successes are the same"
    said = printed(compare_command, compare_command.compare, paths)
    row = next(row for row in said.splitlines() if row.startswith("│ overall") and "0.67" in row)
    assert "0.62" in row or "0.63" in row
    comparison_page.write(found, tmp_path / "out")
    assert "<b>-0.04</b>" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    with open(tmp_path / "out" / "comparison.csv", newline="", encoding="utf-8") as file:
        cells = [row for row in csv.DictReader(file) if row["condition"] == "overall"]
    assert float(cells[1]["progress_difference"]) == gap.value and float(cells[1]["progress_p"]) == gap.p
    assert cells[0]["progress"] and not cells[0]["progress_p"]


def test_a_difference_is_tested_over_whole_scenes():
    pairs = [(scene, 0.5, 0.25) for scene in range(4) for _ in range(9)]
    found = difference(pairs)
    least = difference_p([(9 * 0.5, 9 * 0.25, 9)] * 4, graded=True)
    assert found.value == 0.25 and found.p == max(least, sign_flip_real([9 * 0.25] * 4)) >= 0.125
    assert difference([]) is None


def test_beside_an_oracle_progress_has_neither_an_interval_nor_words_about_one(tmp_path, printed):
    """Nothing is subtracted from an oracle, so nothing has a p."""
    paths = [
        progressed(tmp_path / "o", lambda _: 1.0, oracle=True, **SMALL),
        progressed(tmp_path / "a", half_way, **SMALL),
    ]
    said = printed(compare_command, compare_command.compare, paths)
    assert "Progress, on the same episodes" in said and "nothing is ranked or subtracted" in said
    assert "Intervals are over scenes" not in said and "signs are flipped" not in said
