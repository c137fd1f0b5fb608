"""The runner of a study: it stops in time, goes on, never repeats what is done, and refuses what was changed."""

import dataclasses
import json

import pytest

from helpers.studied import Pretence, product, small
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.train.study import folder as folders
from vlagen_bench.train.study import runner
from vlagen_bench.train.study.folder import Piece

ALL = ("demos", "sft", "score-gate", "ppo", "score-sft", "score-ppo")
"""what is worked at; the gate takes no work"""


def go(out, pretence, config=None, **options):
    return runner.run(
        config or small(), out, steps=pretence.steps, gate_rate=lambda path: pretence.gate_rate,
        say=lambda text: None, clock=lambda: pretence.clock, **options,
    )  # fmt: skip


def changed(config, name, **changes):
    """The configuration with another training."""
    stages = [
        dataclasses.replace(stage, train=dataclasses.replace(stage.train, **changes)) if stage.name == name else stage
        for stage in config.stages
    ]
    return dataclasses.replace(config, stages=tuple(stages))


def test_every_stage_is_done_once(tmp_path):
    pretence = Pretence()
    ended = go(tmp_path, pretence)
    assert ended.complete and sorted(pretence.worked) == sorted(ALL)
    assert go(tmp_path, pretence).finished == () and len(pretence.worked) == len(ALL)


def test_a_stage_that_paused_goes_on_and_nothing_before_it_is_repeated(tmp_path):
    pretence = Pretence(pauses={"ppo": 2})
    ended = go(tmp_path, pretence, hours=1)
    assert ended.paused == "ppo" and not ended.complete
    assert go(tmp_path, pretence, hours=1).paused == "ppo"
    assert go(tmp_path, pretence, hours=1).complete
    assert pretence.worked.count("ppo") == 3 and pretence.worked.count("sft") == 1


def test_no_stage_begins_without_time(tmp_path):
    pretence = Pretence()
    pretence.takes_s = {"sft": 3600 - runner.LEAST_S / 2}
    ended = go(tmp_path, pretence, hours=1)
    assert (pretence.worked, ended.paused) == (["demos", "sft"], "score-gate")
    assert pretence.remaining["sft"] == 3600


def test_without_a_limit_no_stage_is_told_one(tmp_path):
    pretence = Pretence()
    go(tmp_path, pretence)
    assert set(pretence.remaining.values()) == {None}


def test_a_closed_gate_lets_no_reinforcement_learning_begin_and_the_rest_goes_on(tmp_path):
    pretence = Pretence(gate_rate=0.45)
    ended = go(tmp_path, pretence)
    assert "ppo" not in pretence.worked and "score-sft" in pretence.worked
    assert set(ended.blocked) == {"gate", "ppo", "score-ppo"}
    assert "45 %" in ended.blocked["score-ppo"] and "50 %" in ended.blocked["gate"]
    (waiting, *_) = runner.told(small(), tmp_path, ended)
    assert waiting.startswith("Waiting: gate, ppo, score-ppo.")


def test_a_gate_that_opens_later_lets_the_rest_go_on(tmp_path):
    pretence = Pretence(gate_rate=0.45)
    go(tmp_path, pretence)
    pretence.gate_rate = 0.5
    assert go(tmp_path, pretence).complete
    assert pretence.worked[-2:] == ["ppo", "score-ppo"]


def test_changed_settings_of_a_finished_stage_are_refused_before_anything_runs(tmp_path):
    go(tmp_path, Pretence())
    pretence = Pretence()
    with pytest.raises(ConfigError, match="sft is finished with other settings than the configuration small"):
        go(tmp_path, pretence, changed(small(), "sft", settings={"seed": 1}))
    assert pretence.worked == []


def test_changed_settings_of_a_stage_that_paused_are_refused(tmp_path):
    go(tmp_path, Pretence(pauses={"ppo": 1}))
    with pytest.raises(ConfigError, match="ppo was begun with other settings"):
        go(tmp_path, Pretence(), changed(small(), "ppo", settings={"seed": 7}))


def test_a_stage_that_was_done_again_makes_what_came_from_it_stale(tmp_path):
    go(tmp_path, Pretence())
    for path in (tmp_path / "sft").rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(ConfigError, match="from another result of sft"):
        go(tmp_path, Pretence())


def test_weights_that_were_changed_afterwards_are_found_before_they_are_used(tmp_path):
    go(tmp_path, Pretence(pauses={"score-gate": 1}))
    (product(tmp_path, "sft") / "policy.safetensors").write_text("other weights")
    with pytest.raises(RunError, match="was changed after the stage sft was done"):
        go(tmp_path, Pretence(), only="score-sft")


def test_reports_beside_the_results_change_no_stage(tmp_path):
    go(tmp_path, Pretence(gate_rate=0.0))
    (product(tmp_path, "score-gate") / "report.html").write_text("a page")
    assert go(tmp_path, Pretence()).complete


def test_one_stage_alone_needs_what_it_is_made_from(tmp_path):
    with pytest.raises(ConfigError, match="--only ppo: it needs sft, gate, which are not done"):
        go(tmp_path, Pretence(), only="ppo")
    with pytest.raises(ConfigError, match="no stage 'pppo'"):
        go(tmp_path, Pretence(), only="pppo")
    pretence = Pretence()
    assert go(tmp_path, pretence, only="demos").finished == ("demos",)
    assert pretence.worked == ["demos"]


def test_a_stage_that_fails_keeps_what_was_done(tmp_path):
    pretence = Pretence()

    def fails(job):
        raise RunError("it broke")

    with pytest.raises(RunError, match="it broke"):
        runner.run(
            small(),
            tmp_path,
            steps={**pretence.steps, "train": fails},
            gate_rate=lambda path: 1.0,
            say=lambda text: None,
        )
    assert folders.of(tmp_path, "demos").state() == "done" and folders.of(tmp_path, "sft").state() == "begun"
    assert go(tmp_path, pretence).complete and pretence.worked.count("demos") == 1


def test_the_end_says_what_comes_next_and_how_long_it_takes(tmp_path):
    ended = go(tmp_path, Pretence(pauses={"ppo": 1}), hours=5)
    (sentence,) = runner.told(small(), tmp_path, ended)
    assert sentence.startswith("Next: ppo, about 3 h 58 min; all that is left takes about 4 h 22 min on 1 core.")
    ended = go(tmp_path, Pretence())
    assert list(runner.told(small(), tmp_path, ended)) == [
        "Every stage is done. The page: vlagen study report, with the same --config and --out"
    ]


def test_what_was_spent_is_taken_from_the_estimate(tmp_path):
    go(tmp_path, Pretence(pauses={"ppo": 1}))
    ppo = next(one for one in runner.standings(small(), tmp_path) if one.stage.name == "ppo")
    assert ppo.core_s == 90.0 and ppo.left_core_hours == pytest.approx(4.0 - 90 / 3600)


def test_the_fingerprint_of_what_was_promised_is_kept_and_a_later_one_added(tmp_path):
    go(tmp_path, Pretence())
    go(tmp_path, Pretence())
    go(tmp_path, Pretence(), small(rules=["Another rule."]))
    kept = json.loads((tmp_path / runner.PROMISES).read_text())
    assert len(kept) == 2 and kept[0]["fingerprint"] != kept[1]["fingerprint"]


def test_two_processes_do_not_work_at_one_study(tmp_path):
    def second(job):
        go(tmp_path, Pretence())

    with pytest.raises(RunError, match="Another process is writing"):
        runner.run(
            small(), tmp_path, steps=dict.fromkeys(("collect", "train", "score"), second), gate_rate=lambda path: 1.0,
            say=lambda text: None,
        )  # fmt: skip


def test_a_sitting_that_was_killed_counts_once(tmp_path):
    folder = folders.StageFolder(path=tmp_path)
    first, second = (
        Piece(began=f"2026-01-0{day}T00:00:00+00:00", wall_s=60.0, core_s=90.0, peak_bytes=2_000_000) for day in (1, 2)
    )
    folder.note(first)
    assert folder.pieces() == (first,), "while it goes on"
    folder.settle()
    assert folder.pieces() == (first,) and not (tmp_path / folders.SITTING).exists()
    folder.note(first)  # as if it had been killed after it was kept, and before the note was gone
    folder.settle()
    folder.note(second)
    assert folder.pieces() == (first, second)
    folder.add(dataclasses.replace(second, core_s=95.0))
    assert [piece.core_s for piece in folder.pieces()] == [90.0, 95.0]


def test_a_line_of_a_piece_that_was_cut_off_spoils_no_later_one(tmp_path):
    folder = folders.StageFolder(path=tmp_path)
    piece = Piece(began="2026-01-01T00:00:00+00:00", wall_s=60.0, core_s=90.0, peak_bytes=2_000_000)
    folder.add(piece)
    with open(tmp_path / folders.PIECES, "a") as file:
        file.write('{"began": "2026-01')
    assert folder.pieces() == (piece,)
    folder.add(piece)
    assert folder.pieces() == (piece, piece)
    with open(tmp_path / folders.PIECES, "a") as file:
        file.write("<<<<<<<\n")
    with pytest.raises(RunError, match="Remove the line that is no piece: <<<<<<<"):
        folder.pieces()
