"""Runs whose processes are killed, whose disk is full, whose folder is locked away or wanted twice, whose clock jumps."""

import ast
import os
import random
import resource
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers import soaked
from helpers.fakes import Stepper
from helpers.places import PACKAGE, TESTS
from helpers.runs import HEADER, PLAN, go, solo, without_timings
from vlagen_bench.diagnostics.soak import recorded, soak
from vlagen_bench.errors import RunError
from vlagen_bench.harness import run
from vlagen_bench.runs.folder import RunFolder

CHILD = """
import sys
sys.path.insert(0, {tests!r})
from helpers import fakes, runs
from pathlib import Path
from vlagen_bench.errors import RunError
print("ready", flush=True)
sys.stdin.readline()
try:
    runs.go(Path({run!r}), fakes.Stepper())
except RunError as error:
    sys.exit(str(error))
"""


def child(path, **options) -> subprocess.Popen:
    """A run in a process of its own, which begins once it is told to."""
    code = CHILD.format(tests=str(TESTS), run=str(path))
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        **options,
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.slow
def test_a_run_whose_driver_and_workers_are_killed_is_whole_in_the_end(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))
    said = []
    found = soak(
        lambda path: [sys.executable, "-m", "helpers.soaked", str(path)], tmp_path, kills=12, longest_s=2.0, seed=4,
        say=said.append,
    )  # fmt: skip
    assert found.driver_kills + found.worker_kills == 12 and found.driver_kills and found.worker_kills
    assert found.unequal == () and found.episodes == 2 * soaked.EPISODES
    assert len(said) == found.rounds


def test_a_soak_notices_what_differs(tmp_path):
    class Other(Stepper):
        def act(self, obs, instr):
            return super().act(obs, instr) * 0.5

    go(tmp_path / "a", Stepper())
    go(tmp_path / "b", Stepper())
    assert recorded(tmp_path / "a") == recorded(tmp_path / "b")
    go(tmp_path / "c", Other())
    assert set(recorded(tmp_path / "c")) == set(recorded(tmp_path / "a"))
    assert not any(recorded(tmp_path / "c")[key] == one for key, one in recorded(tmp_path / "a").items())


def test_a_soak_of_a_command_that_fails_by_itself_is_refused(tmp_path):
    with pytest.raises(RunError, match="exit code 3 though nobody killed it"):
        soak(lambda path: [sys.executable, "-c", "raise SystemExit(3)"], tmp_path, kills=1, longest_s=1.0)


@pytest.mark.parametrize("limit_bytes", [500, 1_500, 3_000])
def test_a_disk_that_is_full_loses_nothing(tmp_path, limit_bytes):
    """A write that stops in the middle: what a full disk, a quota and a limit of a file's size do alike."""
    go(tmp_path / "whole", Stepper())
    with RunFolder.writing(tmp_path / "run", HEADER, PLAN):
        pass
    limits = resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes)
    full = child(tmp_path / "run", preexec_fn=lambda: resource.setrlimit(*limits))
    said = full.communicate("go\n")[1]
    assert full.returncode == 1 and "cannot be written: File too large. Nothing recorded is lost" in said
    assert "Traceback" not in said
    kept = (tmp_path / "run" / "episodes.jsonl").read_bytes()
    assert kept.endswith(b"\n") or not kept, "no half line is left"
    before = without_timings(tmp_path / "run")
    go(tmp_path / "run", Stepper())
    assert without_timings(tmp_path / "run")[: len(before)] == before
    assert recorded(tmp_path / "run") == recorded(tmp_path / "whole")


@contextmanager
def locked_away(folder: Path):
    """Nobody may write there; root neither, for the while."""
    user, mode = os.geteuid(), stat.S_IMODE(folder.stat().st_mode)
    folder.chmod(0o500)
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(mode)


def test_a_permission_that_is_lost_loses_nothing(tmp_path):
    played = []

    class Locker:
        def ended(self, one):
            played.append(one)
            if len(played) == 2:
                self.lock = locked_away(tmp_path / "run" / "actions")
                self.lock.__enter__()

    locker = Locker()
    with RunFolder.writing(tmp_path / "run", HEADER, PLAN) as folder:
        try:
            with pytest.raises(RunError, match=r"cannot be written: Permission denied. Nothing recorded is lost"):
                run.run(PLAN, solo(Stepper()), folder, (locker,), max_errors=0, retry_errors=False)
        finally:
            locker.lock.__exit__(None, None, None)
    assert len(without_timings(tmp_path / "run")) == 2
    assert set(go(tmp_path / "run", Stepper())) == set(PLAN.by_id)


def test_runs_that_are_begun_at_once_in_one_folder_leave_one(tmp_path):
    several = [child(tmp_path / "run") for _ in range(3)]
    for one in several:
        one.stdin.write("go\n")
        one.stdin.flush()
    ends = [(one.communicate()[1], one.returncode) for one in several]
    assert any(code == 0 for _, code in ends)
    for said, code in ends:
        assert code == 0 or said.startswith(f"Another process is writing {tmp_path / 'run'}. Wait for it")
    go(tmp_path / "whole", Stepper())
    assert recorded(tmp_path / "run") == recorded(tmp_path / "whole")
    assert len((tmp_path / "run" / "episodes.jsonl").read_text().splitlines()) == len(PLAN.episodes)


def test_a_clock_that_jumps_changes_nothing(tmp_path, monkeypatch):
    go(tmp_path / "whole", Stepper())
    monkeypatch.setattr(time, "time", lambda: random.choice([0.0, 1e9, 1e12]))
    go(tmp_path / "run", Stepper())
    assert recorded(tmp_path / "run") == recorded(tmp_path / "whole")
    times = [record["timings"] for record in RunFolder.reading(tmp_path / "run").results.values()]
    assert all(0 <= value < 60 for one in times for value in one.values())


WALL_CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "time.localtime"}


def test_no_wall_clock_decides_anything():
    """The exceptions: ages of files that another process left, and dates that are written down, or pledged."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text()))
        called = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
        found |= {(path.name, name) for name in called if ".".join(name.split(".")[-2:]) in WALL_CLOCKS}
    dates = {(name, "datetime.now") for name in ("identity.py", "hidden_split.py", "runner.py", "process.py")}
    assert found == {("staging.py", "time.time"), *dates}
