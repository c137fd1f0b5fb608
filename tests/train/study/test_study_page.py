"""The page of a study: from nothing, from a part of the stages, and from all; and the records that it is made from."""

import dataclasses
import json
import shutil

import pytest

from helpers.places import TOP
from helpers.studied import ALL, Pretence, evaluation, leave, records_of, score_by_rule, small
from vlagen_bench.cli import study as commands
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.train.study import config as configs
from vlagen_bench.train.study import folder as folders
from vlagen_bench.train.study import outcomes, page, runner
from vlagen_bench.train.study import records as stored
from vlagen_bench.train.study.folder import Piece
from vlagen_bench.train.study.records import Promise, Records

DOCS = TOP / "docs"


def test_the_committed_page_is_what_the_committed_records_say(study):
    notes = DOCS / page.DATA / page.NOTES
    said = page.text(study, stored.read(DOCS / page.DATA), notes.read_text() if notes.is_file() else "")
    assert (DOCS / page.PAGE).read_text() == said, "write it again: vlagen study report"


def test_the_committed_records_are_of_the_shipped_episodes(study):
    """A table is scored again from its file: every episode of its plan is there once, in order."""
    records = stored.read(DOCS / page.DATA)
    for name, table in records.tables.items():
        score = study.by_name[name].score
        assert records.stages[name].plan == score.plan_hash, name
        expected = {
            (condition, index) for condition in score.chosen.conditions for index in range(score.chosen.episodes)
        }
        assert sorted(row.key for row in table.rows) == sorted(expected), name


def test_a_page_without_any_run_says_so_everywhere(study):
    text = page.text(study, Records(study=""))
    assert "Nothing is known yet" in text and "`score-gate` was not run" in text
    assert "| agrees" not in text and "nan" not in text.lower()


def test_a_page_of_all_runs_has_every_finding(study):
    text = page.text(study, records_of(study, ALL))
    assert "Not run yet: `demonstrations`" in text and "not run |" not in text.split("## What it took")[0]
    assert "**H2, primary: Under changes of execution" in text and "as in the paper" in text
    assert "agrees, replicated" in text and "`nominal`" in text
    assert "in distribution: 78.1 %, 93.8 %" in text and "p < 0.01: reached, with +30.2 points" in text
    assert "holds, replicated" in text.split("## The untouched part")[1].split("## What was only")[0]
    assert "| execution | +0.0 % | +0.0 % |" in text and "−49.1 %, −16.5 %" in text


def test_a_page_of_some_runs_names_those_that_are_missing(study):
    text = page.text(study, records_of(study, {"sft": 0.5, "ppo-1": 0.8}))
    assert "`ppo-2`" in text.split("What is below")[0] and "`grpo`" in text.split("What is below")[0]
    assert "agrees |" in text and "replicated" not in text.split("## The untouched")[0].split("## What was tested")[1]
    assert "not run | | | | | | |" in text, "of the trainings that are missing"


def test_the_core_time_of_a_control_step_is_that_of_all_workers(study):
    records = records_of(study, {"sft": 0.5, "ppo-1": 0.8})
    assert "| `ppo-1` | ppo | 10 | 10,000 | – |" in page.text(study, records), "not recorded"
    curve = [{**line, "rollout_s": 5.0 if line["iteration"] == 1 else 6.0} for line in records.stages["ppo-1"].curve]
    stages = {**records.stages, "ppo-1": dataclasses.replace(records.stages["ppo-1"], curve=tuple(curve))}
    text = page.text(study, dataclasses.replace(records, stages=stages))
    assert "| `ppo-1` | ppo | 10 | 10,000 | 12.0 ms |" in text, "1,000 steps in 6 s on 2 cores"


def test_a_score_during_training_says_of_how_many_episodes_it_is(study):
    records = records_of(study, {"sft": 0.5, "ppo-1": 0.8})
    curve = (
        {"iteration": 0, "eval/nominal": 0.75},
        *records.stages["ppo-1"].curve,
        {"iteration": 10, "eval/nominal": 0.875},
    )
    for held_out, said in ((48, "75 % of 48 (61 – 85) | 88 % of 48 (75 – 94) |"), (0, "75 % | 88 % |")):
        trained = dataclasses.replace(records.stages["ppo-1"], curve=curve, held_out=held_out)
        text = page.text(study, dataclasses.replace(records, stages={**records.stages, "ppo-1": trained}))
        assert said in text and "as means of 5 iterations" in text


def test_the_names_in_the_tables_are_explained(study):
    assert "`sft` imitates 1,000 demonstrations." in page.text(study, Records(study=""))


def test_a_closed_gate_is_said(study):
    text = page.text(study, records_of(study, {"sft": 0.3}))
    assert "It is closed" in text and "30 %" in text
    assert "It opened" in page.text(study, records_of(study, {"sft": 0.5}))


def test_the_goal_is_missed_in_plain_words(study):
    text = page.text(study, records_of(study, {**ALL, "ppo-1": 0.5, "ppo-2": 0.5}))
    assert "unlike in the paper" in text and "contradicts" in text and "not reached, with +0.0 points, p 1.00" in text
    assert "Failures in H1: `sft` 96 of 192 (missed grasp 96); `ppo-1` 96 of 192 (missed grasp 96)." in text
    assert "Failures in H1" not in page.text(study, records_of(study, ALL)), "where it was reached"


def test_what_was_changed_or_noted_is_a_deviation(study):
    promises = (Promise(fingerprint="a", since="monday"), Promise(fingerprint="b", since="tuesday"))
    records = dataclasses.replace(records_of(study, {"sft": 0.5}), promises=promises)
    text = page.text(study, records, "* PPO had half of its budget.\n")
    assert (
        "had begun, at monday" in text
        and "did so at tuesday." in text
        and "not those that it ran under" in text
        and "* PPO had half of its budget." in text
    )
    broken = dataclasses.replace(records, tables={"score-sft": evaluation({"nominal": "1e0"})})
    assert "`score-sft`: 1 episodes ended as errors" in page.text(study, broken)


def test_records_are_read_as_they_were_written(study, tmp_path):
    records = records_of(study, {"sft": 0.5, "ppo-1": 0.7})
    stored.write(records, tmp_path)
    again = stored.read(tmp_path)
    assert again == records
    stored.write(dataclasses.replace(records, tables={}), tmp_path)
    assert not list(tmp_path.glob("*.csv")), "tables of evaluations that are gone are removed"


def test_a_damaged_table_is_a_sentence(tmp_path):
    (tmp_path / "a.csv").write_text("condition,index\nnominal,0\n")
    with pytest.raises(RunError, match="no table of outcomes"):
        outcomes.read(tmp_path / "a.csv")
    with pytest.raises(RunError, match=r"b\.csv is missing"):
        outcomes.read(tmp_path / "b.csv")


@pytest.mark.parametrize(
    "line",
    [
        "nominal,x,success,1,2,1,1,1,,a,b",
        "nominal,0",
        "nominal,0,won,1,2,1,1,1,,a,b",
        "nominal,0,success,1,2,1,1,1,,a,b,c",
    ],
)
def test_a_damaged_line_of_a_table_is_a_sentence(tmp_path, line):
    outcomes.write(evaluation({"nominal": "1"}), tmp_path / "a.csv")
    with open(tmp_path / "a.csv", "a") as file:
        file.write(line + "\n")
    with pytest.raises(RunError, match=r"a\.csv, line 3, is no outcome\. Restore"):
        outcomes.read(tmp_path / "a.csv")


def test_records_that_were_cut_off_or_edited_are_refused_and_the_remedy_is_one(study, tmp_path):
    records = records_of(study, {"sft": 0.5})
    stored.write(records, tmp_path)
    table = tmp_path / "score-sft.csv"
    lines = table.read_text().splitlines(keepends=True)
    for damaged in (lines[:-1], [*lines[:-1], lines[1]]):
        table.write_text("".join(damaged))
        with pytest.raises(RunError, match=r"score-sft\.csv has .* outcomes, .*Restore the records"):
            stored.read(tmp_path)
    manifest = tmp_path / stored.MANIFEST
    for said in ("{", "[]", '{"study": "study", "later": 1}'):
        manifest.write_text(said)
        with pytest.raises(RunError, match=r"study\.json is damaged.*remove study\.json"):
            stored.read(tmp_path)
    manifest.unlink()
    assert stored.read(tmp_path).study == ""


def test_counts_of_a_curve_stay_whole_numbers(study, tmp_path):
    stored.write(records_of(study, {"ppo-1": 0.7}), tmp_path)
    first = (tmp_path / stored.MANIFEST).read_text()
    stored.write(stored.read(tmp_path), tmp_path)
    assert (tmp_path / stored.MANIFEST).read_text() == first and '{"iteration": 1, ' in first


def test_a_second_seed_that_was_not_run_did_not_fail_to_agree(study):
    assert "(no second seed was run)" in page.text(study, records_of(study, {"sft": 0.5, "ppo-1": 0.9}))
    assert "of them with a second seed too)" in page.text(study, records_of(study, ALL))


def test_a_gate_that_is_closed_after_all_does_not_say_that_nothing_was_begun(study):
    records = records_of(study, {"sft": 0.1, "ppo-1": 0.2})
    text = page.text(study, records)
    assert "It is closed." in text and "no reinforcement learning was begun" not in text


def test_a_report_of_nothing_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"no folder of a study .*--out DIR"):
        page.update(small(), tmp_path / "nowhere", tmp_path / "docs")
    assert not (tmp_path / "docs").exists()


def rule(episode):
    return "success" if episode.index == 0 else "failure"


@pytest.fixture
def ran(tmp_path):
    """A small study whose evaluations are real run folders."""
    pretence = Pretence()

    def step(job):
        if job.stage.score is None:
            job.folder.product.mkdir(parents=True)
            leave(job)
        else:
            score_by_rule(job, rule)
        job.folder.add(Piece(began="2026-01-01T00:00:00+00:00", wall_s=60.0, core_s=90.0, peak_bytes=2_000_000))
        return True

    ended = runner.run(
        small(),
        tmp_path / "out",
        steps=dict.fromkeys(pretence.steps, step),
        gate_rate=outcomes.rate_of,
        say=lambda text: None,
    )
    assert ended.complete, "half of the gate's episodes succeed"
    return tmp_path


def test_records_are_collected_from_run_folders(ran):
    records = stored.collect(small(), ran / "out")
    assert set(records.tables) == {"score-gate", "score-sft", "score-ppo"}
    table = records.tables["score-sft"]
    assert [(row.condition, row.index, row.outcome) for row in table.rows] == [
        ("nominal", 0, "success"),
        ("nominal", 1, "failure"),
    ]
    assert table.rows[1].trouble == "dropped" and table.rows[0].object
    ppo = records.stages["ppo"]
    assert (ppo.core_s, ppo.peak_bytes, ppo.state) == (90.0, 2_000_000, "done")
    assert ppo.curve == (
        {"iteration": 0, "eval/nominal": 0.5},
        {"iteration": 1, "control_steps": 100, "success_rate": 0.25},
    )
    assert list(records.of_policies(small())) == ["sft", "ppo"], "the gate's episodes are no result"


def test_episodes_of_another_plan_are_refused(ran):
    folder = folders.of(ran / "out", "score-sft")
    other = folders.of(ran / "out", "score-gate").product
    shutil.rmtree(folder.product)
    shutil.copytree(other, folder.product)
    with pytest.raises(RunError, match="holds other episodes"):
        stored.collect(small(), ran / "out")


def test_report_takes_over_the_runs_and_needs_them_no_more(ran, monkeypatch, capsys):
    monkeypatch.setattr(configs, "load", lambda name: small())
    docs = ran / "docs"
    assert commands.report("small", ran / "out", docs) == 0
    first = (docs / "study.md").read_text()
    assert json.loads((docs / "data" / "study" / "study.json").read_text())["stages"]["ppo"]["state"] == "done"
    assert commands.report("small", ran / "nowhere", docs) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert (docs / "study.md").read_text() == first and "Written" in said and "from the records alone" in said
