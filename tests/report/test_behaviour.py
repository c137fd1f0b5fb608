"""The behaviour of the arm in reports, tables, files and comparisons of runs that nobody ran."""

import csv

import pytest

import vlagen_bench
from helpers.compared import CONDITIONS, good, weak
from helpers.fabricated import fabricate
from helpers.progressed import behaved
from vlagen_bench.cli import compare as compare_command
from vlagen_bench.cli import report as report_command
from vlagen_bench.report import comparison_page, load
from vlagen_bench.report.behaviour import SHOWN
from vlagen_bench.report.comparison import compare
from vlagen_bench.report.html import write_report
from vlagen_bench.report.progress import ALL_SHIFTED
from vlagen_bench.report.terminal import write_csv
from vlagen_bench.tasks.behaviour import MEASURES

SMALL = {"episodes": 12, "conditions": CONDITIONS}


def moves(record, slower=0.0, oversized=8):
    """Time goes by scenes; the arm of a failed episode hits the table."""
    success = record["outcome"] == "success"
    return {
        "time_to_success_s": 3 + record["index"] / 10 + slower if success else None,
        "path_ratio": 1.2 if success else None,
        "path_m": 0.5 + record["index"] / 100,
        "jerk_rms_m_s3": 120.0 + record["index"],
        "table_force_n": 0.0 if success else 200.0,
        "thing_force_n": 30.0,
        "table_hits": 0 if success else 2,
        "things_toppled": 0,
        "things_off_table": 0,
        "oversized_steps": oversized,
    }


@pytest.fixture
def made(tmp_path):
    def make(name, outcome=good, **more):
        return behaved(fabricate(tmp_path / name, "quick", outcome, **SMALL), lambda record: moves(record, **more))

    return make


def named(means):
    return {one.measure.name: one for one in means}


def test_a_metric_of_success_is_over_the_episodes_that_succeeded(made):
    report = load.read(made("run")).report
    means = named(next(row for row in report.rows if row.condition == "lighting_l3").behaviour)
    time = means["time_to_success_s"]
    assert (time.n, time.mean) == (11, pytest.approx(3.6)) and time.low < 3.6 < time.high
    hits = means["table_hits"]
    assert (hits.n, hits.mean) == (12, pytest.approx(2 / 12)) and hits.low == 0 < hits.high
    share = means["oversized_share"]
    assert share.mean == pytest.approx(0.1) and 0 < share.low < 0.1 < share.high < 1


def test_where_no_episode_succeeds_there_is_no_time_and_no_interval(made):
    report = load.read(made("run", lambda episode: "failure")).report
    time = named(report.rows[0].behaviour)["time_to_success_s"]
    assert (time.mean, time.low, time.high, time.n) == (None, None, None, 0)
    assert vlagen_bench.load_run(made("again", lambda episode: "failure")).conditions.time_to_success_s.isna().all()


def test_kinds_and_all_shifted_conditions_have_means(made):
    report = load.read(made("run")).report
    assert [one.name for one in report.behaviour] == ["nominal", "vision", "dynamics", ALL_SHIFTED]
    alone, overall = (named(report.behaviour[place].means)["path_m"] for place in (1, 3))
    assert (alone.n, overall.n) == (12, 24)
    assert overall.high - overall.low == pytest.approx(alone.high - alone.low), "scenes count, not episodes"


def test_table_page_and_files_show_it(made, tmp_path, printed):
    path = made("run")
    said = printed(report_command, report_command.report, path)
    assert "Behaviour of the arm" in said and ALL_SHIFTED in said
    line = next(line for line in said.splitlines() if "time to success, s" in line)
    assert "3.60" in line and "22" in line
    page = write_report(path).read_text(encoding="utf-8")
    assert "How the arm moved" in page and "jerk, root mean square, m/s³" in page
    write_csv(tmp_path / "summary.csv", load.read(path).report.rows)
    with open(tmp_path / "summary.csv", encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    assert float(row["time_to_success_s"]) == pytest.approx(3.6) and row["time_to_success_s_n"] == "11"
    assert float(row["path_m_low"]) < float(row["path_m"]) < float(row["path_m_high"])
    frame = vlagen_bench.load_run(path).conditions
    assert {one.name for one in SHOWN} <= set(frame) and frame.table_hits_n.tolist() == [12] * 3


def test_a_run_of_an_earlier_release_says_nothing_rather_than_0(made, tmp_path, printed):
    old = fabricate(tmp_path / "old", "quick", good, **SMALL)
    report = load.read(old).report
    assert report.behaviour == () and all(row.behaviour == () for row in report.rows)
    frame = vlagen_bench.load_run(old).conditions
    assert frame[[one.name for one in SHOWN]].isna().all(axis=None)
    assert "Behaviour of the arm" not in printed(report_command, report_command.report, old)
    assert "does not say how its arm moved" in write_report(old).read_text(encoding="utf-8")
    assert compare([old, made("new")]).behaviour == ()


def test_a_comparison_of_times_is_over_the_episodes_in_which_both_succeeded(made):
    compared = compare([made("a"), made("b", weak, slower=0.5)])
    lines = {line.measure.name: line for line in compared.behaviour if line.overall}
    time = lines["time_to_success_s"]
    assert (time.n, time.own - time.first, time.gap.value) == (22, pytest.approx(0.5), pytest.approx(0.5))
    assert time.gap.p < 0.05 and lines["path_m"].n == 36 and lines["path_m"].gap.p == 1
    lit = next(
        line for line in compared.behaviour if line.condition == "lighting_l3" and line.measure.name == "path_ratio"
    )
    assert (lit.n, lit.own, lit.first, lit.gap) == (0, None, None, None), "none succeeds in both"


def test_a_comparison_shows_and_writes_it(made, tmp_path, printed):
    paths = made("a"), made("b", weak, slower=0.5)
    said = printed(compare_command, compare_command.compare, paths)
    assert "Behaviour: B against A" in said and "+0.50" in said
    page = comparison_page.write(compare(paths), tmp_path / "out").read_text(encoding="utf-8")
    assert "How the arms moved: B against A" in page
    with open(tmp_path / "out" / "behaviour.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    row = next(row for row in rows if (row["condition"], row["metric"]) == ("overall", "time_to_success_s"))
    assert float(row["difference"]) == pytest.approx(0.5) and (row["n"], row["unit"]) == ("22", "s")
    assert len(rows) == len(SHOWN) * 4 and len(MEASURES) + 1 == len(SHOWN)
