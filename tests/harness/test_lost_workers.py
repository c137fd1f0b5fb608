"""Workers that are killed, hang, grow or fail."""

import functools
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.fakes import (
    Batcher,
    Counter,
    SignedSim,
    Stepper,
    loaded,
    wait_for,
)
from helpers.places import TESTS
from helpers.workers import PLAN, TASK, VICTIM, children, go, outcomes, trapped
from vlagen_bench.errors import AssetError
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.executors import make_executor
from vlagen_bench.harness.limits import Limits

pytestmark = pytest.mark.slow  # waits for processes, servers or browsers


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("kill", "killed by SIGKILL, told to step"),
        ("exit", "ended with exit code 3"),
        ("hang", r"did not reply within 1.5 s \(--step-timeout 1.5\)"),
        ("grow", r"used \d+ MB \(--worker-memory-mb 300\)"),
        ("fail", "ErrorDeviceLost"),
    ],
)
def test_an_episode_that_lost_its_worker_is_played_again(tmp_path, what, says):
    whole, notes = go(tmp_path / "a", Counter(), workers=None), []
    sim = trapped(what, tmp_path / "traps")
    step_s = 1.5 if what == "hang" else 60.0
    assert go(tmp_path / "b", Counter(), sim, step_s=step_s, memory_mb=300, notes=notes) == whole
    assert len(notes) == 1 and re.match(rf"{VICTIM.condition} {VICTIM.index}: .*{says}", notes[0])


def test_an_episode_that_always_loses_its_worker_is_an_error_and_the_others_go_on(tmp_path):
    results = go(tmp_path / "a", Counter(), trapped("kill", tmp_path / "traps", times=9), retries=2)
    assert outcomes(results) == ["success", "error", *["success"] * 4]
    assert results[VICTIM.id]["error"] == "worker: it was killed by SIGKILL, told to step (attempt 3)."
    assert len(list((tmp_path / "traps").iterdir())) == 9 - 3


def test_an_error_of_the_simulator_reads_the_same_from_a_worker(tmp_path):
    ways = [
        go(tmp_path / f"{workers}", Counter(), trapped("fail", tmp_path / f"t{workers}", times=9), workers=workers)
        for workers in (None, 2)
    ]
    assert ways[0] == ways[1] and ways[0][VICTIM.id]["error"] == "simulator: RuntimeError: ErrorDeviceLost"


def test_what_the_user_has_to_mend_stops_the_run(tmp_path):
    with pytest.raises(AssetError, match="Install the pack"):
        go(tmp_path / "a", Counter(), trapped("complain", tmp_path / "traps"))
    assert children() == 0


def test_a_worker_that_cannot_start_is_an_error_of_every_episode(tmp_path):
    notes = []
    results = go(tmp_path, Stepper(), functools.partial(int, "x"), retries=0, notes=notes)
    assert not notes and {record["error"][:30] for record in results.values()} == {"worker: ValueError: invalid li"}


@pytest.mark.parametrize("policy", [Counter, Batcher])
def test_a_slow_episode_holds_up_no_other(tmp_path, policy):
    order = []
    making = make_executor(
        TASK, trapped("wait", tmp_path / "traps"), loaded(policy()), workers=2, execution=Execution(),
        limits=Limits(), film=None, note=order.append,
    )  # fmt: skip
    with making as who:
        for together in who.endings(PLAN.episodes):
            order.extend(played.result.episode.id for played in together)
            if len(order) == len(PLAN.episodes) - 1:
                (tmp_path / "traps" / "over").touch()
    assert order[-1] == VICTIM.id and sorted(order) == sorted(PLAN.by_id)


def test_an_episode_that_takes_too_long_is_an_error(tmp_path):
    results = go(tmp_path / "a", Counter(), trapped("hang", tmp_path / "t1"), episode_s=1.0, retries=0)
    assert outcomes(results).count("error") == 1 and "(--episode-timeout)" in results[VICTIM.id]["error"]
    results = go(tmp_path / "b", Counter(), trapped("slow", tmp_path / "t2"), episode_s=1.0, workers=None)
    assert results[VICTIM.id]["error"] == "time: the episode took longer than 1 s (--episode-timeout)."


def test_workers_are_recycled(tmp_path):
    fresh = go(tmp_path / "a", Stepper(), SignedSim, recycle_after=1)
    assert len({record["metrics"]["pid"] for record in fresh.values()}) == len(PLAN.episodes)
    kept = go(tmp_path / "b", Stepper(), SignedSim)
    assert len({record["metrics"]["pid"] for record in kept.values()} - {os.getpid()}) <= 2


def test_workers_that_the_system_does_not_allow_are_a_sentence(tmp_path):
    code = (
        f"import sys, resource; sys.path.insert(0, {str(TESTS)!r})\n"
        "from pathlib import Path\nfrom helpers import fakes, workers\n"
        "if __name__ == '__main__':\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))\n"
        f"    workers.go(Path({str(tmp_path / 'run')!r}), fakes.Stepper(), workers=9)\n"
    )
    (tmp_path / "many.py").write_text(code)
    done = subprocess.run([sys.executable, str(tmp_path / "many.py")], capture_output=True, text=True, timeout=100)
    says = "ConfigError: No more worker processes can be started: Too many open files. Use fewer --workers"
    assert says in done.stderr.splitlines()[-1]


DRIVER = """
import multiprocessing, sys, threading
from pathlib import Path
sys.path.insert(0, {tests!r})
from helpers import fakes, workers

def tell():
    lines = Path({path!r}) / "episodes.jsonl"
    others = len(workers.PLAN.episodes) - 1  # all that do not hang: both workers have then begun long ago
    fakes.wait_for(lambda: lines.exists() and lines.read_text().count("\\n") == others)
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)

if __name__ == "__main__":
    sim = workers.trapped("hang", Path({path!r} + "-traps"))
    threading.Thread(target=tell).start()
    workers.go(Path({path!r}), fakes.Counter(), sim, step_s=100)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_its_driver(tmp_path, how):
    script = tmp_path / "driver.py"
    script.write_text(DRIVER.format(tests=str(TESTS), path=str(tmp_path / "run")))
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, text=True
    ) as driver:
        pids = [int(word) for word in driver.stdout.readline().split()]
        assert len(pids) == 2
        os.kill(driver.pid, how) if how == signal.SIGKILL else os.killpg(driver.pid, how)
        driver.wait(timeout=60)
        wait_for(lambda: not any(_alive(pid) for pid in pids))
        assert driver.stderr.read().count("Traceback") == (how == signal.SIGINT)


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except OSError:
        return False
