"""`vlagen-eval` on the real simulator: a policy from a file, real kills, bad policies, the run folder."""

import json
import os
import signal
import subprocess
import time

import numpy as np
import pytest

from helpers.commands import BIN, call

pytestmark = pytest.mark.sim

TEN_LINES = """
import numpy as np


class Mine:
    def __init__(self):
        self.count = 0

    def act(self, obs, instr):
        assert obs["image"].shape == (256, 256, 3) and instr.startswith("put")
        self.count += 1
        return np.array([0.0, 0.0, -0.01, 0, 0, 0, 1 if self.count % 2 else -1], dtype=np.float64)
"""

BAD = """
import time
import numpy as np


class Shape:
    def act(self, obs, instr):
        return np.zeros(3)


class Raises:
    def act(self, obs, instr):
        raise RuntimeError("out of memory")


class NoAct:
    pass
"""


def records(run):
    return [json.loads(line) for line in (run / "episodes.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_a_ten_line_policy_is_scored_and_its_run_folder_is_complete(tmp_path):
    (tmp_path / "mine.py").write_text(TEN_LINES)
    words = ("--policy", "mine.py:Mine", "--episodes", "1", "--conditions", "nominal,reposition_l3", "--out", "run")
    done = call("vlagen-eval", *words, "--video", "all", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    run = tmp_path / "run"
    assert {r["condition"] for r in records(run)} == {"nominal", "reposition_l3"}
    assert all(r["steps"] == 80 and r["outcome"] == "failure" for r in records(run))
    header = json.loads((run / "header.json").read_text())
    for key in (
        "schema",
        "suite",
        "plan_hash",
        "seed",
        "policy",
        "versions",
        "git_commit",
        "device",
        "renderer",
        "robot_spec",
    ):
        assert header[key] is not None
    assert header["players"] == [{"executor": "processes", "workers": None}]
    assert len(list((run / "videos").glob("*.mp4"))) == 2
    assert (run / "summary.csv").is_file() and "reposition_l3" in done.stdout and "run" in done.stdout
    with np.load(run / "actions" / f"{records(run)[0]['id']}.npz", allow_pickle=False) as stored:
        assert stored["actions"].shape == (80, 7) and stored["state_hashes"].shape == (81,)


@pytest.mark.slow
def test_real_kills_and_resume_equal_an_uninterrupted_run(tmp_path):
    words = ["--policy", "random", "--episodes", "2", "--conditions", "nominal,mass_l5", "--video", "none"]
    for _ in range(2):
        before = records(tmp_path / "a") if (tmp_path / "a" / "episodes.jsonl").exists() else []
        child = subprocess.Popen(
            [str(BIN / "vlagen-eval"), *words, "--out", "a"], cwd=tmp_path, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            lines = tmp_path / "a" / "episodes.jsonl"
            if lines.exists() and lines.read_text().count("\n") > len(before):
                break
            time.sleep(0.05)
        time.sleep(0.3)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    done = call("vlagen-eval", *words, "--out", "a", cwd=tmp_path)
    assert done.returncode == 0 and "Resuming a" in done.stdout
    assert call("vlagen-eval", *words, "--out", "b", cwd=tmp_path).returncode == 0
    clean = [[{k: v for k, v in r.items() if k != "timings"} for r in records(tmp_path / name)] for name in "ab"]
    assert clean[0] == clean[1] and len(clean[0]) == 4


@pytest.mark.slow
def test_bad_policies_are_sentences_and_codes(tmp_path):
    (tmp_path / "bad.py").write_text(BAD)
    words = ("--episodes", "1", "--conditions", "nominal,table_test", "--video", "none")
    for name, code, says in (
        ("Shape", 1, "returned the shape (3,)"),
        ("Raises", 1, "RuntimeError: out of memory"),
        ("NoAct", 2, "has no method act"),
    ):
        done = call("vlagen-eval", "--policy", f"bad.py:{name}", *words, cwd=tmp_path)
        assert done.returncode == code and says in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
    kept = next((tmp_path / "runs").glob("quick-bad-py-Raises-*"))
    assert {r["error"] for r in records(kept)} == {"policy: RuntimeError: out of memory (bad.py:13)"}


@pytest.mark.slow
def test_random_and_noop_score_nothing(tmp_path):
    for policy in ("random", "noop"):
        done = call(
            "vlagen-eval",
            "--policy",
            policy,
            "--episodes",
            "2",
            "--conditions",
            "nominal",
            "--video",
            "none",
            "--out",
            policy,
            cwd=tmp_path,
        )
        assert done.returncode == 0
        assert {r["outcome"] for r in records(tmp_path / policy)} == {"failure"}


@pytest.mark.slow
def test_replay_repeats_a_run_bit_for_bit(tmp_path):
    words = ("--episodes", "1", "--conditions", "nominal,texture_l5", "--video", "none")
    assert call("vlagen-eval", "--policy", "expert", *words, "--out", "first", cwd=tmp_path).returncode == 0
    done = call(
        "vlagen-eval", "--policy", "replay", "--policy-args", "run=first", *words, "--out", "again", cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in sorted(path.name for path in (tmp_path / "first" / "actions").iterdir()):
        with (
            np.load(tmp_path / "first" / "actions" / name) as one,
            np.load(tmp_path / "again" / "actions" / name) as other,
        ):
            assert np.array_equal(one["actions"], other["actions"])
            assert np.array_equal(one["state_hashes"], other["state_hashes"])
    assert {r["outcome"] for r in records(tmp_path / "again")} == {"success"}


@pytest.mark.slow
@pytest.mark.bridge
def test_a_policy_is_scored_on_the_bridge(tmp_path):
    words = ("--suite", "bridge-first", "--conditions", "unseen_objects", "--episodes", "1", "--video", "none")
    done = call("vlagen-eval", "--policy", "expert", *words, "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {r["condition"] for r in records(tmp_path / "run")} == {"unseen_objects", "in_distribution"}
    assert all(r["steps"] == 80 for r in records(tmp_path / "run"))
    assert "stand-ins" in done.stdout
