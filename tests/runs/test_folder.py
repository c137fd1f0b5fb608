"""Run folders: what is written, refused, and left after a crash."""

import errno
import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.fabricated import header_of
from helpers.fakes import Stepper
from helpers.places import TESTS
from helpers.runs import HEADER, PLAN, go, solo, without_timings
from vlagen_bench.errors import RunError
from vlagen_bench.plan import catalog, plan
from vlagen_bench.runs import episodes
from vlagen_bench.runs.folder import RunFolder

CHILD = """
import sys, time
sys.path.insert(0, {tests!r})
from helpers import fakes, runs
from pathlib import Path
class Slow(fakes.Stepper):
    def act(self, obs, instr):
        time.sleep(0.004)
        return super().act(obs, instr)
print("ready", flush=True)
runs.go(Path({run!r}), Slow())
"""


def test_a_half_written_line_is_dropped_and_its_episode_run_again(tmp_path):
    whole = go(tmp_path / "a", Stepper())
    path = tmp_path / "b"
    go(path, Stepper())
    lines = path / "episodes.jsonl"
    lines.write_bytes(lines.read_bytes()[:-30])
    assert len(episodes.read(path).results) == 5
    assert go(path, Stepper()).keys() == whole.keys()
    assert without_timings(path) == without_timings(tmp_path / "a")


def test_an_episode_with_two_results_is_refused(tmp_path):
    go(tmp_path, Stepper())
    lines = tmp_path / "episodes.jsonl"
    text = lines.read_text().splitlines(keepends=True)
    lines.write_text("".join([*text, text[0]]))
    with pytest.raises(RunError, match="has a result already"):
        go(tmp_path, Stepper())


def test_a_line_that_is_no_record_is_refused(tmp_path):
    go(tmp_path, Stepper())
    with open(tmp_path / "episodes.jsonl", "a") as lines:
        lines.write("nonsense\n")
    with pytest.raises(RunError, match=r"line 7, is not a record"):
        go(tmp_path, Stepper())


@pytest.mark.parametrize("key", ["plan_hash", "policy"])
def test_another_run_in_the_same_folder_is_refused(tmp_path, key):
    go(tmp_path, Stepper())
    with (
        pytest.raises(RunError, match="holds another run"),
        RunFolder.writing(tmp_path, {**HEADER, key: "other"}, PLAN),
    ):
        pass


def test_two_processes_cannot_write_one_folder(tmp_path):
    with (
        RunFolder.writing(tmp_path, HEADER, PLAN),
        pytest.raises(RunError, match="Another process is writing"),
        RunFolder.writing(tmp_path, HEADER, PLAN),
    ):
        pass


def test_a_file_system_without_locks_is_not_taken_for_another_process(tmp_path, monkeypatch):
    """As Lustre is, mounted without `flock`."""

    def refuse(*_):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with (
        pytest.raises(RunError, match=r"cannot be locked \(Function not implemented\)"),
        RunFolder.writing(tmp_path, HEADER, PLAN),
    ):
        pass


def test_another_run_is_told_by_what_differs(tmp_path):
    """Not by the first 80 letters, which may well be the same."""
    policy = {"name": "fake", "arguments": {"checkpoint": "/models/" + "x" * 80, "height": "0.1"}}
    with RunFolder.writing(tmp_path, HEADER | {"policy": policy}, PLAN):
        pass
    other = {"name": "fake", "arguments": policy["arguments"] | {"height": "0.2"}}
    with (
        pytest.raises(RunError, match=r'"height": "0.1".* but this one\'s is .*"height": "0.2"'),
        RunFolder.writing(tmp_path, HEADER | {"policy": other}, PLAN),
    ):
        pass


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"seed": 3}, "with seed 0 against 3. Choose another folder"),
        ({"episodes": 7}, "with episodes per condition 3 against 7."),
        ({"conditions": ("nominal", "blur_l1")}, "with conditions table_test against nominal, blur_l1."),
        ({"conditions": ("table_test", "blur_l1")}, "with conditions fewer against blur_l1."),
        ({"seed": 3, "episodes": 7}, "with seed 0 against 3; episodes per condition 3 against 7."),
        ({"task": "tabletop_pick_up"}, " of tabletop_put_on against quick-tabletop_pick_up version"),
    ],
)
def test_another_plan_is_told_by_what_was_asked_for(tmp_path, asked, says):
    """Not by the hashes of plans, which tell nobody anything."""
    first = {"conditions": ("table_test",), "episodes": 3, "seed": 0}
    for options in (first, first | asked):
        made = plan.make_plan(plan.select(catalog.suite("quick"), **options))
        writing = RunFolder.writing(tmp_path, header_of(made, "fake") | {"seed": made.suite.seed}, made)
        if options == first:
            with writing:
                pass
    with pytest.raises(RunError) as caught, writing:
        pass
    assert says in str(caught.value) and "hash" not in str(caught.value)


def test_a_disk_that_cannot_keep_the_lines_makes_them_not_count(tmp_path, monkeypatch):
    """A network file system may take a line, and say only when it is synced that there is no room."""

    def full(*_):
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    played = solo(Stepper()).play(PLAN.episodes[0])
    with RunFolder.writing(tmp_path, HEADER, PLAN) as folder:
        folder.add(played.result, played.actions, played.state_hashes)
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(RunError, match="Nothing recorded is lost"):
            folder.commit()
        assert (tmp_path / "episodes.jsonl").read_bytes() == b""


def test_a_run_can_be_resumed_after_a_power_failure(tmp_path, monkeypatch):
    """Header, plan and the names of the files are put on the disk for good before the first episode."""
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.readlink(f"/proc/self/fd/{descriptor}")))
    with RunFolder.writing(tmp_path, HEADER, PLAN):
        pass
    assert [Path(name).name for name in synced] == ["plan.json", "header.partial", tmp_path.name]


def test_the_header_says_who_played_though_others_went_on(tmp_path):
    alone, cluster = {"executor": "processes", "workers": None}, {"executor": "ray", "workers": 8}
    for how in (alone, cluster, cluster):
        with RunFolder.writing(tmp_path, HEADER, PLAN) as folder:
            folder.note_executor(how)
    assert json.loads((tmp_path / "header.json").read_text()) == {**HEADER, "players": [alone, cluster]}


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(RunError, match="cannot be written: Not a directory"),
        RunFolder.writing(tmp_path / "file" / "run", HEADER, PLAN),
    ):
        pass


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_at_most_one_episode_and_counts_none_twice(tmp_path):
    """Twelve real kills at random moments, resumed each time."""
    code = CHILD.format(tests=str(TESTS), run=str(tmp_path / "run"))
    rng = random.Random(7)
    lines = tmp_path / "run" / "episodes.jsonl"
    for _ in range(12):
        before = len(episodes.complete_lines(lines)[0])
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
            child.stdout.readline()
            time.sleep(rng.uniform(0.0, 0.06))
            os.kill(child.pid, signal.SIGKILL)
        assert len(episodes.complete_lines(lines)[0]) >= before
    go(tmp_path / "run", Stepper())
    go(tmp_path / "whole", Stepper())
    assert without_timings(tmp_path / "run") == without_timings(tmp_path / "whole")
    assert len(lines.read_text().splitlines()) == len(PLAN.episodes)
