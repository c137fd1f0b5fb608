"""What a report says of runs that nobody ran."""

import dataclasses
import io
import json
import random

import numpy as np
import pytest
from rich.console import Console

from helpers.fabricated import fabricate
from vlagen_bench.cli import common
from vlagen_bench.cli import report as command
from vlagen_bench.errors import RunError
from vlagen_bench.report import report
from vlagen_bench.report.averages import ALL, GROUPS, Average
from vlagen_bench.report.published_table import blocks
from vlagen_bench.report.terminal import average_label, results_table
from vlagen_bench.statistics.intervals import newcombe, weighted_sum_interval, wilson


def text_of(table) -> str:
    out = Console(file=io.StringIO(), width=110)
    out.print(table)
    return out.file.getvalue()


@pytest.fixture
def printed(monkeypatch):
    """Runs `vlagen report` in this process, and gives what it printed."""

    def call(path) -> str:
        out = Console(file=io.StringIO(), width=110, highlight=False)
        monkeypatch.setattr(command, "console", lambda: out)
        assert command.report(path) == common.OK
        return out.file.getvalue()

    return call


def by_rule(episode):
    """Half in distribution, a quarter elsewhere; one loss after a success per condition."""
    if episode.index == 3:
        return "once"
    return "success" if episode.index % (2 if episode.condition == "in_distribution" else 4) == 0 else "failure"


@pytest.fixture(scope="module")
def paper_run(tmp_path_factory):
    return fabricate(tmp_path_factory.mktemp("runs") / "paper", "paper", by_rule, episodes=8)


# Newcombe 1998, table II, method 10.
@pytest.mark.parametrize(("counts", "low", "high"), [
    ((56, 70, 48, 80), 0.0524, 0.3339),
    ((9, 10, 3, 10), 0.1705, 0.8090),
    ((6, 7, 2, 7), 0.0582, 0.8062),
    ((5, 56, 0, 29), -0.0381, 0.1926),
    ((0, 10, 0, 20), -0.1611, 0.2775),
    ((10, 10, 0, 20), 0.6791, 1.0),
    ((10, 10, 0, 10), 0.6075, 1.0),
])  # fmt: skip
def test_newcombe_is_newcombes(counts, low, high):
    assert newcombe(*counts) == pytest.approx((low, high), abs=6e-5)


def test_newcombe_turns_with_its_arguments():
    low, high = newcombe(30, 64, 138, 192)
    assert newcombe(138, 192, 30, 64) == pytest.approx((-high, -low))
    assert newcombe(0, 0, 5, 9) is None and newcombe(5, 9, 0, 0) is None


@pytest.mark.parametrize(("p", "n", "other_p", "other_n"), [
    (0.9, 64, 0.78, 192), (0.5, 20, 0.5, 192), (0.05, 64, 0.3, 192), (0.97, 192, 0.94, 192), (0.3, 8, 0.6, 192),
])  # fmt: skip
def test_newcombe_covers_95_percent(p, n, other_p, other_n):
    """Exactly, over all outcomes that matter, not by sampling."""
    from scipy.stats import binom

    ks, other_ks = np.arange(n + 1), np.arange(other_n + 1)
    chance = np.outer(binom.pmf(ks, n, p), binom.pmf(other_ks, other_n, other_p))
    covered = 0.0
    for k, other_k in np.argwhere(chance > 1e-7):
        low, high = newcombe(int(k), n, int(other_k), other_n)
        covered += chance[k, other_k] * (low <= p - other_p <= high)
    assert 0.935 < covered < 0.985


def test_the_interval_of_a_mean_covers_95_percent():
    rng = np.random.default_rng(0)
    rates = np.array([0.97, 0.9, 0.7, 0.5, 0.3, 0.05, 0.8])
    drawn = rng.binomial(64, rates, size=(2000, len(rates)))
    intervals = [weighted_sum_interval([(1 / len(rates), int(k), 64) for k in ks]) for ks in drawn]
    assert 0.935 < np.mean([low <= rates.mean() <= high for low, high in intervals]) < 0.975


def test_a_sum_of_nothing_has_no_interval():
    assert weighted_sum_interval([]) is None and weighted_sum_interval([(0.5, 1, 2), (0.5, 0, 0)]) is None


def test_the_interval_of_one_rate_is_wilsons():
    assert weighted_sum_interval([(1.0, 7, 20)]) == pytest.approx(wilson(7, 20))


def test_a_report_is_recomputed_from_the_episodes(paper_run):
    found = report.make(paper_run)
    row = {row.condition: row for row in found.rows}["reposition"]
    assert (row.n, row.successes, row.success_once) == (8, 2, 3)
    assert found.troubles["reposition"] == {"dropped": 5, "placed_then_lost": 1}
    assert (found.complete, found.missing, found.errors, found.oracle) == (True, 0, 0, False)
    assert found.averages["vision"].value == pytest.approx(0.25)


def test_differences_only_within_the_protocol(paper_run):
    found = {beside.entry.name: beside for beside in report.make(paper_run).published}
    assert len(found) == 15
    for name, beside in found.items():
        same = name.startswith("openvla-")
        assert (not beside.differences, bool(beside.gaps)) == (same, same)
    gaps = found["openvla-sft-16k"].gaps
    assert set(gaps) > {"in_distribution", "reposition", "vision", "ood_settings", "ood_groups", "all_settings"}
    gap = gaps["reposition"]
    assert gap.value == pytest.approx(2 / 8 - 55 / 192) and (gap.low, gap.high) == newcombe(2, 8, 55, 192)
    assert gaps["vision"].value == pytest.approx(0.25 - (138 + 138 + 107 + 136 + 97) / 5 / 192)
    assert gaps["ood_groups"].value == pytest.approx(0.25 - found["openvla-sft-16k"].averages["ood_groups"].value)
    assert gaps["ood_settings"].high - gaps["ood_settings"].low < gap.high - gap.low


def test_tables_of_other_protocols_have_no_differences(paper_run):
    same, *others = blocks(report.make(paper_run))
    assert "same protocol" in same.sentence and "difference" in text_of(same.tables[0])
    assert len(others) == 2
    for block in others:
        assert "nothing is ranked or subtracted" in block.sentence and "at any step" in block.sentence
        assert not any("difference" in text_of(table) for table in block.tables)
    shown = "\n".join(line for block in (same, *others) for line in block.sources)
    assert all(word in shown for word in ("arXiv:2505.19789", "arXiv:2510.06710", "arXiv:2510.25889"))


def test_the_command_prints_it_all(printed, paper_run):
    said = printed(paper_run)
    for words in ("paper: fabricated", "mean of 5", "mean of 7", "mean of 3", "mean of 15", "at any step",
                  "placed then lost", "78 % of 192", "25 % of 8", "under another protocol"):  # fmt: skip
        assert words in said, words
    assert "Incomplete" not in said and "oracle" not in said and "…" not in said
    assert max(len(line) for line in said.splitlines() if line[:1] in "│┃┏└") <= 110


def test_an_oracle_is_shown_and_not_ranked(tmp_path, printed):
    path = fabricate(tmp_path / "run", "paper", by_rule, episodes=2, oracle=True)
    assert not any(beside.gaps for beside in report.make(path).published)
    said = printed(path)
    assert "is an oracle" in said and "78 % of 192" in said and "difference" not in said


def test_stand_ins_forbid_to_rank(tmp_path):
    path = fabricate(tmp_path / "run", "paper", by_rule, episodes=2, stand_ins=("a.png", "b.png"))
    for beside in report.make(path).published:
        assert not beside.gaps and "2 stand-ins" in beside.differences[-1]


def test_another_version_of_the_suite_forbids_to_rank(tmp_path, monkeypatch):
    from vlagen_bench.plan import catalog

    newer = dataclasses.replace(catalog.suite("paper"), version=3)
    monkeypatch.setattr(catalog, "suite", lambda name: newer)
    path = fabricate(tmp_path / "run", "paper", by_rule, episodes=2)
    assert all("version 2" in beside.differences[0] and not beside.gaps for beside in report.make(path).published)


def test_an_incomplete_run_says_so(tmp_path, printed):
    def outcome(episode):
        if episode.index == 7:
            return None
        return "error" if episode.index == 0 and episode.condition == "unseen_table" else by_rule(episode)

    path = fabricate(tmp_path / "run", "paper", outcome, episodes=8)
    found = report.make(path)
    assert (found.complete, found.missing, found.errors) == (False, 16, 1)
    row = {row.condition: row for row in found.rows}["unseen_table"]
    assert (row.n, row.errors, sum(found.troubles["unseen_table"].values())) == (6, 1, 5)
    said = printed(path)
    assert "Incomplete: of 128 episodes, 16 have no result and 1 ended as errors." in said
    assert "To go on: vlagen-eval --policy" in said and f"--out {path}\n" in said


def test_a_run_with_errors_alone_names_the_command_that_plays_them_again(tmp_path, printed):
    path = fabricate(
        tmp_path / "run", "paper", lambda episode: "error" if episode.index == 0 else "failure", episodes=8
    )
    assert f"--out {path} --retry-errors\n" in printed(path)


def test_a_run_of_some_conditions_has_no_average_of_all(tmp_path):
    path = fabricate(tmp_path / "run", "paper", by_rule, episodes=4, conditions=("unseen_table", "reposition"))
    found = report.make(path)
    gaps = {beside.entry.name: beside.gaps for beside in found.published}["openvla-rl-ppo"]
    assert set(gaps) == {"unseen_table", "reposition"}
    assert not found.averages["vision"].complete
    assert list(blocks(found))


def test_a_run_that_was_stopped_is_not_subtracted_from_what_was_published(tmp_path, printed):
    """It ended because of its outcomes, and Newcombe's interval is of a number of episodes that was fixed before."""
    path = fabricate(tmp_path / "run", "paper", lambda e: by_rule(e) if e.index < 3 else None, episodes=8)
    rates = {name: [0.1, 0.9] for name in json.loads((path / "header.json").read_text())["conditions"]}
    _edit(path / "header.json", stopped={"until": "width<0.8", "episodes": 48, "intervals": rates})
    found = report.make(path)
    assert found.complete and not any(beside.gaps for beside in found.published)
    assert all("stopped by --until width<0.8" in beside.differences[-1] for beside in found.published)
    said = " ".join(printed(path).split())
    assert "Stopped by --until width<0.8: 80 of 128 episodes were not needed." in said
    assert (
        "Those of means, drops and differences, and all p, are for a number of episodes that was fixed before" in said
    )


def test_an_average_says_of_how_many_it_is():
    def label(name, known):
        return average_label(Average(name=name, value=0.5, members=("a", "b", "c"), known=known))

    assert [label("vision", known) for known in (0, 2, 3)] == ["mean of 3", "mean of 2 of 3", "mean of 3"]
    assert [label(GROUPS, known) for known in (2, 3)] == ["mean of 3 groups, 2 whole", "mean of the 3 groups"]
    assert [label(ALL, known) for known in (2, 3)] == ["mean of 2 of 3, nominal too", "mean of 3, nominal too"]


def test_a_mean_drop_says_of_how_many_it_is(tmp_path):
    """Rates of both, a drop of one: the twins of the other condition have no outcome."""
    path = fabricate(tmp_path / "run", "quick", by_rule, episodes=4, conditions=("table_test", "texture_l5"))
    first, other = report.make(path).rows
    said = text_of(results_table("t", [first, dataclasses.replace(other, pairs=0, lost=0, gained=0, twin_pairs=())]))
    assert "0 (of 1)" in said and "-0" not in said


def test_the_noise_floor_is_printed_or_how_to_measure_it(tmp_path, printed):
    path = fabricate(tmp_path / "run", "quick", by_rule, episodes=4)
    alone = " ".join(printed(path).split())
    assert (
        f"Noise floor: not measured. To measure it: vlagen-eval --policy fabricated --suite quick --repeat 3 --out {path}"
        in alone
    )
    other = fabricate(
        tmp_path / "run-repeat-2", "quick", lambda e: "failure" if e.index == 0 else by_rule(e), episodes=4
    )
    fabricate(tmp_path / "run-repeat-3", "quick", by_rule, episodes=2)
    for one in (path, other):
        said = " ".join(printed(one).split())
        assert "Outcomes agree in 30 of 40 episodes" in said and "not measured" not in said
        assert f"{tmp_path / 'run-repeat-3'} is not a repeat of it" in said


def test_a_suite_without_published_rows(tmp_path, printed):
    chance = random.Random(0)
    path = fabricate(tmp_path / "run", "quick", lambda e: chance.choice(["success", "failure"]), episodes=2)
    assert report.make(path).published == ()
    assert "Nothing is published here for the suite quick." in printed(path)


def test_the_table_of_one_group_has_no_mean_of_groups(tmp_path):
    path = fabricate(tmp_path / "run", "quick", by_rule, episodes=4, conditions=("table_test", "texture_l5"))
    said = text_of(results_table("t", report.make(path).rows))
    assert "mean of 2" in said and "groups" not in said


@pytest.mark.parametrize(("spoil", "says"), [
    (lambda p: (p / "plan.json").unlink(), "cannot be read"),
    (lambda p: (p / "header.json").write_text("{"), "cannot be read"),
    (lambda p: (p / "header.json").unlink(), "is not a run folder"),
    (lambda p: _edit(p / "header.json", plan_hash="0"), "is not the plan that header.json names"),
    (lambda p: _edit(p / "header.json", schema=9), "schema 9"),
    (lambda p: _edit(p / "plan.json", episodes=[]), "is not the plan that header.json names"),
    (lambda p: (p / "episodes.jsonl").write_text(
        (p / "episodes.jsonl").read_text() + json.dumps({"id": "ff", "outcome": "success", "condition": "x"}) + "\n"),
     "not in plan.json"),
])  # fmt: skip
def test_a_damaged_folder_is_a_sentence(tmp_path, spoil, says):
    path = fabricate(tmp_path / "run", "quick", by_rule, episodes=1)
    spoil(path)
    with pytest.raises(RunError, match=says):
        report.make(path)


def _edit(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
