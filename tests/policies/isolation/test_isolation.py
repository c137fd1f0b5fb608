"""Everything that a policy can do wrong, in this process and in one of its own."""

import dataclasses
import functools
import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from helpers import hostile
from helpers.fakes import loaded
from helpers.hostile import SINS, Good, Hostile, HostileBatch
from helpers.hostile_runs import APART_S, EPISODES, HERE_S, PLAN, TASK, assert_like, go
from helpers.places import DOCS, TESTS
from vlagen_bench.harness.worker import simulator
from vlagen_bench.policies.isolation.proxy import IsolationLimits, load

TOGETHER = [name for name, one in SINS.items() if "torch" not in one.does]  # importing torch takes seconds, each time


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Python says what a `__del__` raised
@pytest.mark.parametrize("name", [name for name, one in SINS.items() if one.guarded and name != "stdout"])
def test_a_sin_ends_its_episode_at_most(tmp_path, good, name):
    before = os.getcwd(), signal.getsignal(signal.SIGINT), np.geterr(), sys.getrecursionlimit(), time.sleep, np.asarray
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    if "tensor" in name:
        pytest.importorskip("torch")
    results = go(tmp_path, Hostile(json.dumps({EPISODES[1]: name, EPISODES[4]: name})), step_s=HERE_S)
    assert_like(results, good, dict.fromkeys((EPISODES[1], EPISODES[4]), SINS[name].here), HERE_S)
    after = os.getcwd(), signal.getsignal(signal.SIGINT), np.geterr(), sys.getrecursionlimit(), time.sleep, np.asarray
    assert after == before and signal.pthread_sigmask(signal.SIG_BLOCK, ()) == masked


@pytest.mark.slow
def test_a_policy_of_its_own_process_commits_every_sin_and_all_other_episodes_are_the_same(tmp_path, good):
    sins = dict(zip(EPISODES[::2], TOGETHER, strict=False))
    assert len(sins) == len(TOGETHER)
    made = load("helpers.hostile:Hostile", {"sins": json.dumps(sins)}, IsolationLimits(step_s=APART_S, memory_mb=2000))
    made.policy.output.keep_in(tmp_path / "policy.log")
    results = go(tmp_path / "run", made, PLAN.episodes[: 2 * len(sins)])
    assert_like(results, good, {key: SINS[name].apart for key, name in sins.items()}, APART_S)
    printed = (tmp_path / "policy.log").read_bytes()
    assert b"KeyError: 'weights'" in printed and b"Fatal Python error: Segmentation fault" in printed
    assert 3_000_000 < len(printed) < 11_000_000 and made.policy._cell.gone


def test_sins_of_a_batch_are_of_one(tmp_path, good):
    names = ("exception", "base_exception", "sys_exit", "nan", "array_exits", "recursion", "shape", "patch")
    sins = dict(zip(EPISODES[1:], names, strict=False))
    results = go(tmp_path, HostileBatch(json.dumps(sins)), PLAN.episodes[:10], workers=3)
    assert_like(results, good, {key: SINS[name].here.removeprefix("act() ") for key, name in sins.items()}, 0)


@pytest.mark.parametrize("policy", ["Hostile", "HostileBatch"])
def test_a_crash_harms_no_episode_that_goes_on_beside_it(tmp_path, good, policy):
    sins = {EPISODES[1]: "segfault", EPISODES[2]: "ragged", EPISODES[5]: "os_exit", EPISODES[6]: "nan"}
    made = load(f"helpers.hostile:{policy}", {"sins": json.dumps(sins)}, IsolationLimits(step_s=20))
    results = go(tmp_path, made, PLAN.episodes[:8], workers=3)
    # Of a batch it is said that act_batch() fails, of one answer that act() returned it.
    outcomes = {key: SINS[name].apart.split(" in act")[0] for key, name in sins.items()}
    assert_like(results, good, outcomes, 20)
    assert made.policy._cell.gone


SCRIPT = """
import json, os, sys
sys.path.insert(0, {tests!r})
from helpers import hostile, hostile_runs
from pathlib import Path
sins = {{hostile_runs.EPISODES[1]: "stdout", hostile_runs.EPISODES[3]: "stdout"}}
hostile_runs.go(Path({path!r}), hostile.Hostile(json.dumps(sins)))
print("still heard")
print("both of them", file=sys.stderr)
"""


def test_standard_output_stays_open(tmp_path, good):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(tests=str(TESTS), path=str(tmp_path / "run")))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "still heard\n", "both of them\n")
    records = [json.loads(line) for line in (tmp_path / "run" / "episodes.jsonl").read_text().splitlines()]
    assert {record["outcome"] for record in records} == {"success"} and len(records) == 6


THREADS = """
import sys, threading
from vlagen_bench.cli import eval
eval.evaluate = lambda args: threading.Thread(target=threading.Event().wait).start() or 1
sys.argv = ["vlagen-eval", "--policy", "noop"]
eval.main()
"""


def test_threads_that_never_end_hold_nothing_up():
    assert subprocess.run([sys.executable, "-c", THREADS], timeout=30).returncode == 1


def test_ctrl_c_is_heard_even_by_a_policy_that_swallows_it(tmp_path):
    class Deaf(Good):
        def act(self, obs, instr):
            try:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(5)
            except BaseException:
                return super().act(obs, instr)

    with pytest.raises(KeyboardInterrupt):
        go(tmp_path, Deaf())


def test_the_page_says_what_the_catalogue_does():
    page = (DOCS / "hostile_policies.md").read_text()
    assert [row for row in page.splitlines() if row.startswith("| ")][1:] == hostile.table()


@pytest.mark.sim
def test_a_real_simulator_is_the_same_whatever_the_policy_does(tmp_path):
    task, threads = dataclasses.replace(TASK, max_steps=4), threading.active_count()
    make_sim = functools.partial(simulator, task)
    sins = dict(
        zip(
            EPISODES,
            ("seed", "settings", "scribble", "directory", "changing", "patch", "floating_point_mode"),
            strict=False,
        )
    )
    made = {
        "good": loaded(Good()),
        "here": loaded(Hostile(json.dumps(sins))),
        "apart": load("helpers.hostile:Hostile", {"sins": json.dumps(sins)}, IsolationLimits()),
    }
    episodes = PLAN.episodes[: len(sins)]
    found = {name: go(tmp_path / name, one, episodes, make_sim=make_sim, task=task) for name, one in made.items()}
    expected = {key: SINS[name].here for key, name in sins.items()}
    assert_like(found["here"], found["good"], expected, 0)
    assert found["apart"] == found["here"]
    assert threading.active_count() <= threads
