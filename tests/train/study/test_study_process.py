"""Commands of stages: their words, their end in time, and what a sitting came to."""

import signal
import subprocess
import sys
import time

import pytest
import yaml

from helpers.studied import small
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.train.study import commands, process
from vlagen_bench.train.study import folder as folders
from vlagen_bench.train.study.steps import Job


def job(out, name, config=None, remaining_s=None):
    config = config or small()
    stage = config.by_name[name]
    folder = folders.of(out, name)
    folder.path.mkdir(parents=True)
    inputs = {one: folders.of(out, one).product for one in stage.inputs}
    return Job(stage=stage, folder=folder, inputs=inputs, workers=2, remaining_s=remaining_s, say=lambda text: None)


@pytest.fixture(autouse=True)
def toy_configs(tmp_path, monkeypatch):
    """Shipped configurations of the trainings, and commands that are installed."""
    tasks = tmp_path / "tasks"
    for algorithm, said in (
        ("sft", {"collect": {"episodes": 9}, "iterations": 4}),
        ("ppo", {"iterations": 2, "network": {"chunk": 4}, "rollouts": {"episodes": 8, "simulators": 2}}),
    ):
        (tasks / "train" / algorithm).mkdir(parents=True)
        (tasks / "train" / algorithm / "toy.yaml").write_text(yaml.safe_dump(said))
    monkeypatch.setattr(commands.paths, "tasks_dir", lambda: tasks)
    monkeypatch.setattr(commands, "script", lambda name: name)


def test_demonstrations_are_collected(tmp_path):
    words = commands.command(job(tmp_path, "demos"))
    assert words[:2] == ["vlagen", "collect"] and "--takeover" not in words
    assert words[words.index("--episodes") + 1] == "4" and words[words.index("--seed") + 1] == "2000000"


def test_the_expert_takes_over_from_a_trained_policy(tmp_path):
    said = {"name": "more", "collect": {"episodes": 3, "seed": 2_500_000, "policy": "sft", "settings": {"only_success": True, "noise": 0.25, "drop_idle": False}}}  # fmt: skip
    stages = [*({"name": "demos", "collect": {"episodes": 4, "seed": 2_000_000}}, {"name": "sft", "train": {"algorithm": "sft", "config": "toy"}}), said]  # fmt: skip
    words = commands.command(job(tmp_path, "more", small(stages=stages, hypotheses=[])))
    assert (
        words[words.index("--takeover-args") + 1] == f"checkpoint={tmp_path / 'sft' / 'product' / 'policy.safetensors'}"
    )
    assert words[-3:] == ["--only-success", "--noise", "0.25"]


def test_imitation_is_told_its_demonstrations(tmp_path):
    mine = job(tmp_path, "sft")
    words = commands.command(mine)
    said = yaml.safe_load((mine.folder.path / "config.yaml").read_text())
    assert words == [
        "vlagen-train",
        "sft",
        "--config",
        str(mine.folder.path / "config.yaml"),
        "--out",
        str(mine.folder.product),
    ]
    assert said == {"iterations": 4, "demonstrations": [str(tmp_path / "demos" / "product")]}


def test_takeovers_are_told_apart_from_demonstrations(tmp_path):
    stages = [
        {"name": "demos", "collect": {"episodes": 4, "seed": 2_000_000}},
        {"name": "more", "collect": {"episodes": 4, "seed": 2_500_000}},
        {"name": "sft", "train": {"algorithm": "sft", "config": "toy", "data": ["demos"], "takeovers": ["more"]}},
    ]
    mine = job(tmp_path, "sft", small(stages=stages, hypotheses=[]))
    commands.command(mine)
    said = yaml.safe_load((mine.folder.path / "config.yaml").read_text())
    assert said["takeovers"] == [str(tmp_path / "more" / "product")]
    assert said["demonstrations"] == [str(tmp_path / "demos" / "product")]


def test_reinforcement_learning_starts_from_the_weights_and_knows_its_time(tmp_path):
    mine = job(tmp_path, "ppo", remaining_s=600)
    words = commands.command(mine)
    said = yaml.safe_load((mine.folder.path / "config.yaml").read_text())
    assert said["start"] == str(tmp_path / "sft" / "product" / "policy.safetensors")
    assert "network" not in said, "the checkpoint has its own sizes"
    assert words[-2:] == ["--minutes", "10.00"]


def test_settings_go_into_nested_parts_and_leave_the_rest():
    base = {"rollouts": {"episodes": 8, "simulators": 2}, "epochs": 1}
    assert commands.merged(base, {"rollouts": {"episodes": 16}, "seed": 2}) == {
        "rollouts": {"episodes": 16, "simulators": 2}, "epochs": 1, "seed": 2,
    }  # fmt: skip
    assert base["rollouts"]["episodes"] == 8


def test_a_policy_is_scored_on_the_episodes_of_the_configuration(tmp_path):
    words = commands.command(job(tmp_path, "score-gate"))
    told = {word: words[place + 1] for place, word in enumerate(words[:-1]) if word.startswith("--")}
    assert told["--suite"] == "study" and told["--conditions"] == "nominal"
    assert told["--episodes"] == "2" and told["--seed"] == "500001" and told["--video"] == "none"


def test_an_unknown_training_configuration_names_the_shipped_ones(tmp_path):
    with pytest.raises(ConfigError, match="toy"):
        commands.shipped("sft", "tooy")
    with pytest.raises(ConfigError, match="path of a YAML file"):
        commands.shipped("sft", "nowhere.yaml")


PYTHON = [sys.executable, "-c"]
PATIENT = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\nprint('ready', flush=True)\ntime.sleep(60)"


@pytest.mark.slow
def test_a_command_is_measured_and_its_words_are_in_the_log(tmp_path):
    kept = []
    code = "import time; x = bytearray(40_000_000); [i * i for i in range(3_000_000)]; print('said'); time.sleep(0.5)"
    done = process.run([*PYTHON, code], tmp_path / "log", keep=kept.append)
    (piece,) = kept
    assert (done.code, done.timed_out) == (0, False) and piece.core_s > 0 and piece.wall_s >= 0.5
    assert piece.peak_bytes > 1_000_000 and "said" in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_a_command_whose_time_is_over_is_asked_to_end(tmp_path):
    began = time.monotonic()
    done = process.run([*PYTHON, PATIENT], tmp_path / "log", keep=lambda piece: None, remaining_s=3)
    assert done.timed_out and done.code == 5 and time.monotonic() - began < 30


@pytest.mark.slow
def test_an_interruption_ends_the_command_first(tmp_path, monkeypatch):
    kept = []

    def interrupted(text):
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "TELL_S", 3.0)
    with pytest.raises(KeyboardInterrupt):
        process.run([*PYTHON, PATIENT], tmp_path / "log", keep=kept.append, say=interrupted)
    assert len(kept) == 1


@pytest.mark.slow
def test_a_command_that_does_not_end_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "GRACE_S", 1.0)
    deaf = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)"
    done = process.run([*PYTHON, deaf], tmp_path / "log", keep=lambda piece: None, remaining_s=3)
    assert done.code == -signal.SIGKILL


KILLED = """
import pathlib, sys
from vlagen_bench.train.study import folder, process
stage = folder.StageFolder(path=pathlib.Path(sys.argv[1]))
process.run([sys.executable, "-c", sys.argv[2]], stage.log, keep=stage.add, note=stage.note)
"""
BUSY = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: (print('asked', flush=True), sys.exit()))\nwhile True: pass"


@pytest.mark.slow
def test_a_killed_study_ends_its_command_and_loses_no_cost(tmp_path):
    stage = folders.StageFolder(path=tmp_path)
    study = subprocess.Popen([*PYTHON, KILLED, str(tmp_path), BUSY])
    _until(lambda: stage.pieces() and stage.pieces()[0].core_s > 0)
    study.kill()
    study.wait()
    _until(lambda: process.tail(stage.log).endswith("\nasked"))
    stage.settle()
    (piece,) = stage.pieces()
    assert piece.core_s > 0 and piece.peak_bytes > 1_000_000 and not (tmp_path / folders.SITTING).exists()


def _until(true, patience_s=60.0):
    last = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < last
        time.sleep(0.05)


def test_an_error_shows_the_last_command_alone(tmp_path):
    log = tmp_path / "log"
    log.write_text("\n$ first\nan old fault\n\n$ second --out here\na new fault\n")
    assert process.tail(log) == "second --out here\na new fault"
    assert process.tail(tmp_path / "none") == ""


def ended(monkeypatch, code, timed_out=False):
    monkeypatch.setattr(commands.process, "run", lambda *_, **__: process.Done(code=code, timed_out=timed_out))


def test_a_command_that_ran_out_of_time_paused(tmp_path, monkeypatch):
    ended(monkeypatch, 143, timed_out=True)
    assert commands.step(job(tmp_path, "demos", remaining_s=100)) is False


def test_a_training_that_stopped_in_its_time_paused(tmp_path, monkeypatch):
    ended(monkeypatch, commands.INCOMPLETE)
    assert commands.step(job(tmp_path, "ppo", remaining_s=100)) is False


def test_a_training_that_ended_without_weights_failed(tmp_path, monkeypatch):
    ended(monkeypatch, 0)
    mine = job(tmp_path, "sft")
    mine.folder.log.write_text("the last words")
    with pytest.raises(RunError, match="the last words"):
        commands.step(mine)


def test_a_failure_is_no_pause(tmp_path, monkeypatch):
    ended(monkeypatch, commands.INCOMPLETE)
    with pytest.raises(RunError, match="score-gate failed with exit code 1"):
        commands.step(job(tmp_path, "score-gate", remaining_s=100))
