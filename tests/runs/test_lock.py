"""The lock of a run folder: no file that can be removed lets a second process in."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from helpers.fakes import Stepper, wait_for
from helpers.places import TESTS
from helpers.runs import HEADER, PLAN, go, solo
from vlagen_bench.errors import RunError
from vlagen_bench.harness import run
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.runs.lock import PATIENCE_S

HOLDER = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from helpers.runs import HEADER, PLAN
from vlagen_bench.runs.folder import RunFolder
with RunFolder.writing(Path({path!r}), HEADER, PLAN):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another_process(path):
    program = HOLDER.format(tests=str(TESTS), path=str(path))
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        yield other
        other.stdin.close()
        assert other.wait(30) == 0


@pytest.mark.slow
@pytest.mark.parametrize("removed", [(), ("lock",), ("header.json", "plan.json")])
def test_a_second_process_is_kept_out_whatever_was_removed(tmp_path, removed):
    with held_by_another_process(tmp_path):
        for path in tmp_path.iterdir():
            if path.name in removed:
                path.unlink()
        with pytest.raises(RunError, match="Another process is writing"), RunFolder.writing(tmp_path, HEADER, PLAN):
            pass
    if not removed:
        go(tmp_path, Stepper())


@pytest.mark.slow
def test_a_process_that_was_killed_and_still_holds_it_is_waited_for(tmp_path, monkeypatch):
    with held_by_another_process(tmp_path) as other:
        monkeypatch.setattr("vlagen_bench.runs.lock.is_ending", lambda pid: pid == other.pid)
        threading.Timer(3 * PATIENCE_S, other.stdin.close).start()
        with RunFolder.writing(tmp_path, HEADER, PLAN):
            pass


@pytest.mark.slow
def test_one_that_ends_while_it_is_looked_for_holds_nothing(tmp_path, monkeypatch):
    with held_by_another_process(tmp_path) as other:

        def ended(descriptor):
            other.stdin.close()
            other.wait()
            return []

        monkeypatch.setattr("vlagen_bench.runs.lock._holders", ended)
        monkeypatch.setattr("vlagen_bench.runs.lock.PATIENCE_S", 0)
        with RunFolder.writing(tmp_path, HEADER, PLAN):
            pass


@pytest.mark.parametrize("replaced", [False, True])
def test_a_run_whose_results_were_removed_or_replaced_ends_before_it_writes_into_others(tmp_path, replaced):
    with RunFolder.writing(tmp_path, HEADER, PLAN) as folder:
        (tmp_path / "episodes.jsonl").unlink()
        if replaced:
            go(tmp_path, Stepper())  # another run has begun there
            theirs = (tmp_path / "episodes.jsonl").read_bytes()
        with pytest.raises(RunError, match=r"episodes.jsonl was removed or replaced .* this one ends"):
            run.run(PLAN, solo(Stepper()), folder, max_errors=1, retry_errors=False)
        with pytest.raises(RunError, match="this one ends"):
            folder.amend(stopped={"until": "x"})
    if replaced:
        assert (tmp_path / "episodes.jsonl").read_bytes() == theirs
    else:
        assert not (tmp_path / "episodes.jsonl").exists()


def test_a_process_that_a_policy_forked_does_not_hold_the_folder(tmp_path):
    reads, writes = os.pipe()
    with RunFolder.writing(tmp_path, HEADER, PLAN):
        if not (child := os.fork()):
            os.read(reads, 1)
            os._exit(0)
    try:
        go(tmp_path, Stepper())
    finally:
        os.write(writes, b"x")
        os.waitpid(child, 0)
        os.close(reads)
        os.close(writes)


def test_a_folder_of_a_run_that_was_killed_before_its_header_is_new(tmp_path):
    (tmp_path / "episodes.jsonl").touch()
    assert len(go(tmp_path, Stepper())) == len(PLAN.episodes)


@pytest.mark.slow
def test_a_killed_process_holds_nothing(tmp_path):
    with held_by_another_process(tmp_path / "a") as other:
        other.kill()
        wait_for(lambda: other.poll() is not None)
        assert len(go(tmp_path / "a", Stepper())) == len(PLAN.episodes)
        other.returncode = 0
