"""Attempts are counted wherever a run is shown: an error that is repeated is a second chance."""

import csv
import json
import warnings
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import vlagen_bench
from helpers.evaluated import SMALL, fake_world  # noqa: F401 - a fixture
from vlagen_bench.report import comparison, load, rows
from vlagen_bench.report.comparison_page import write as write_page
from vlagen_bench.report.terminal import results_table
from vlagen_bench.runs import episodes

pytestmark = pytest.mark.usefixtures("fake_world")


class Choosy:
    """Raises in three of four episodes, in the first of them again, and then no more."""

    def __init__(self):
        self.begun, self.dislikes = 0, True

    def reset(self, episode_ids):
        self.begun += 1
        self.dislikes = self.begun in (1, 2, 3, 5)

    def act(self, obs, instr):
        if self.dislikes:
            raise RuntimeError("CUDA out of memory")
        return np.array([0.25, 0, 0, 0, 0, 0, 1.0])


@pytest.fixture
def retried(fake_world):  # noqa: F811
    """A run of four episodes that needed three passes."""
    policy = Choosy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(3):
            run = vlagen_bench.evaluate(policy, **SMALL, out="run", resume=True, retry_errors=True)
    assert run.complete
    return run


def test_they_are_in_the_header_the_frames_and_the_summary(retried):
    lines = len(Path("run/episodes.jsonl").read_text().splitlines())
    assert lines == 8
    assert retried.header["attempts"] == {"episodes": 4, "attempts": lines}
    assert retried.episodes["attempts"].sum() == lines and retried.episodes["attempts"].max() == 3
    of_condition = int(retried.episodes[retried.episodes["condition"] == "table_test"]["attempts"].sum())
    assert retried.table.loc["table_test", "attempts"] == of_condition
    assert retried.conditions.loc["table_test", "attempts"] == of_condition
    assert f"{lines} attempts" in repr(retried)
    with open("run/summary.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    assert int(row["attempts"]) == of_condition


def test_they_are_said_first_in_the_report_and_stand_in_the_tables(retried):
    lines = retried.header["attempts"]["attempts"]
    sentence = f"4 episodes, {lines} attempts: {lines - 4} attempts ended as an error and were repeated"
    report = load.read(Path("run")).report
    assert report.attempts == lines and report.first_lines[0].startswith(sentence)
    page = Path("run/report.html").read_text()
    assert sentence in page[: page.index("Success, nominal")] and ">Attempts</th>" in page
    shown = StringIO()
    Console(file=shown, width=110).print(results_table("", report.rows))
    assert "attempts" in shown.getvalue()


def test_a_comparison_says_them_of_each_run(retried):
    vlagen_bench.evaluate("noop", **SMALL, out="other")
    compared = comparison.compare([Path("other"), Path("run")])
    page = write_page(compared, Path("compared")).read_text()
    assert "B: 4 episodes, " in page[: page.index("<table")] and "A: 4 episodes" not in page


def test_a_run_without_repeats_says_nothing_of_them(fake_world):  # noqa: F811
    run = vlagen_bench.evaluate("noop", **SMALL, out="run")
    assert run.header["attempts"] == {"episodes": 4, "attempts": 4} and "attempts" not in repr(run)
    assert load.read(Path("run")).report.first_lines == ()
    assert ">Attempts</th>" not in Path("run/report.html").read_text()


def test_they_are_counted_from_the_records_whatever_the_header_says(retried):
    header = json.loads(Path("run/header.json").read_text())
    del header["attempts"]
    Path("run/header.json").write_text(json.dumps(header))
    recorded = episodes.read(Path("run"))
    assert sum(map(len, recorded.attempts.values())) == load.read(Path("run")).report.attempts


def test_of_records_that_do_not_say_them_nothing_is_said():
    assert rows.attempts_of([{"attempts": 2}, {}]) is None and rows.attempts_of([]) == 0
