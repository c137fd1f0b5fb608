"""Workers that are killed, hang, grow, fail: real processes with a fake simulator; and two workers with the real one."""

import dataclasses
import functools
import itertools
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import numpy as np
import pytest

from helpers.commands import BIN, call
from helpers.fakes import (
    Batcher,
    Counter,
    CountingFilm,
    FakeSim,
    PacedSim,
    SignedSim,
    Stepper,
    loaded,
    wait_for,
)
from helpers.places import TESTS
from helpers.workers import PLAN, TASK, VICTIM, go, outcomes, trapped
from vlagen_bench.errors import AssetError, ConfigError, PolicyError
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.executors import players
from vlagen_bench.harness.limits import Limits, TookTooLong, time_limit
from vlagen_bench.harness.pool import Crew
from vlagen_bench.harness.shared_images import SharedImages
from vlagen_bench.harness.worker import simulator
from vlagen_bench.policies.base import load
from vlagen_bench.runs.folder import RunFolder


def children():
    return len(multiprocessing.active_children())


@pytest.mark.parametrize("policy", [Stepper, Counter, Batcher])
def test_two_workers_play_as_one_process_does(tmp_path, policy):
    assert go(tmp_path / "a", policy(), workers=None) == go(tmp_path / "b", policy())
    assert set(outcomes(go(tmp_path / "c", policy(), workers=None))) == {"success"}
    assert children() == 0


def test_a_privileged_policy_lives_where_the_simulator_does(tmp_path):
    oracle = load("helpers.fakes:Oracle", {})
    apart = go(tmp_path / "a", oracle)
    assert set(outcomes(apart)) == {"success"} and not hasattr(oracle.policy, "_sim")
    assert go(tmp_path / "b", oracle, workers=None) == apart


def test_questions_of_several_episodes_are_asked_at_once(tmp_path):
    policy = Batcher()
    go(tmp_path, policy, workers=3)
    assert max(policy.sizes) > 1 and sum(policy.sizes) == 4 * len(PLAN.episodes)


def test_a_batch_waits_for_others_that_are_about_to_ask(tmp_path):
    """A call of 0.2 s for one, then one for the other, takes longer than to wait 0.02 s and ask for both."""

    class Slow(Batcher):
        def act_batch(self, observations, instrs):
            time.sleep(0.18)
            return super().act_batch(observations, instrs)

    policy = Slow()
    go(tmp_path, policy, PacedSim)
    assert sum(policy.sizes) / len(policy.sizes) > 1.2


def test_chunks_and_their_horizon_change_nothing_for_workers(tmp_path):
    class Chunky(Counter):
        def act(self, obs, instr):
            return np.tile(super().act(obs, instr), (5, 1)) * 0.3

    for name, how in (("a", Execution(horizon=2)), ("b", Execution(ensemble=0.0))):
        assert go(tmp_path / f"{name}1", Chunky(), workers=None, execution=how) == go(
            tmp_path / f"{name}2", Chunky(), execution=how
        )


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
    crew = players(
        TASK, trapped("wait", tmp_path / "traps"), loaded(policy()), workers=2, execution=Execution(),
        limits=Limits(), film=None, note=order.append,
    )  # fmt: skip
    with crew as who:
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


@pytest.mark.parametrize("workers", [None, 2])
def test_a_policy_that_hangs_ends_its_episode_alone(tmp_path, workers):
    class Sleeper(Stepper):
        calls = 0

        def act(self, obs, instr):
            self.calls += 1
            while self.calls == 3:  # goes on after every exception
                try:
                    time.sleep(600)
                except Exception:
                    continue
            return super().act(obs, instr)

    results = go(tmp_path, Sleeper(), workers=workers, step_s=1.5)
    errors = [record["error"] for record in results.values() if record["outcome"] == "error"]
    assert errors == ["policy: act() took longer than 1.5 s (--step-timeout)."]
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_an_alarm_leaves_no_trace():
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(TookTooLong), time_limit(0.05):
        time.sleep(1)
    with time_limit(None), time_limit(5):
        pass
    assert signal.getsignal(signal.SIGALRM) is before


def test_a_batch_that_fails_is_the_fault_of_one(tmp_path):
    class Picky(Batcher):
        def one(self, episode_id):
            if episode_id == VICTIM.id:
                raise KeyError("weights")
            return super().one(episode_id)

    results = go(tmp_path / "a", Picky(), workers=3)
    assert results == go(tmp_path / "b", Picky(), workers=None)
    assert outcomes(results).count("error") == 1 and results[VICTIM.id]["error"].startswith(
        "policy: KeyError: 'weights' (fakes.py:"
    )


def test_a_batch_needs_an_answer_for_each(tmp_path):
    class Short(Batcher):
        def act_batch(self, observations, instrs):
            return []

    results = go(tmp_path, Short(), workers=2)
    assert {record["error"][:42] for record in results.values()} == {"policy: act_batch() returned 0 answers to "}


def test_each_worker_needs_an_instance_of_a_policy_that_remembers_one_episode(tmp_path):
    class Single(Counter):
        made = 0

        def __init__(self):
            Single.made += 1
            if Single.made > 1:
                raise MemoryError("no room")

    with pytest.raises(PolicyError, match=r"has reset\(\) but no act_batch\(\).*MemoryError: no room"):
        go(tmp_path, Single())


def test_the_policy_is_closed_once_all_is_over(tmp_path):
    class Closing(Stepper):
        def close(self):
            raise OSError("busy")

    notes = []
    go(tmp_path, Closing(), workers=None, notes=notes)
    assert len(notes) == 1 and notes[0].startswith("policy: close() raised OSError: busy (test_pool.py:")


@pytest.mark.parametrize("workers", [None, 2])
def test_a_chunk_of_thousands_of_steps_is_waited_for(tmp_path, workers):
    """Its time-out is as many step time-outs, longer than the operating system can wait in one call."""

    class Long(Stepper):
        def act(self, obs, instr):
            return np.tile(super().act(obs, instr), (9_000, 1))

    assert set(outcomes(go(tmp_path, Long(), workers=workers))) == {"success"}


def test_a_worker_is_not_blamed_for_a_policy_that_answers_others(tmp_path):
    """Questions that wait for a policy are not the workers' to answer, however long that takes."""

    class Late(Batcher):
        def act_batch(self, observations, instrs):
            time.sleep(0.4)
            return super().act_batch(observations, instrs)

    notes = []
    results = go(tmp_path, Late(), workers=3, episode_s=60.0, step_s=1.0, notes=notes)
    assert set(outcomes(results)) == {"success"} and not notes


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


class Ready(Crew):
    """Two workers, both with a reply when the driver looks."""

    def __init__(self, *replies):
        self._slots, self._queue, self._ready = [], deque(), replies

    def _busy(self):
        return [*self._ready]

    def _replies(self):
        ready, self._ready = self._ready, ()
        for reply in ready:
            if isinstance(reply, Exception):
                raise reply
            yield None, reply

    def _groups(self):
        return []

    def _go_on(self, slot, reply, **_):
        return [reply]


def test_what_ends_at_once_is_passed_on_at_once():
    assert list(Ready("one", "other").endings([])) == [["one", "other"]]


def test_what_ended_is_passed_on_though_another_worker_ends_the_run():
    endings = Ready("one", AssetError("A mesh is missing.")).endings([])
    assert next(endings) == ["one"]
    with pytest.raises(AssetError):
        next(endings)


@pytest.mark.parametrize("workers", [None, 2])
def test_films_are_made_where_the_pictures_are(tmp_path, workers):
    (tmp_path / "films").mkdir()
    go(tmp_path / "run", Stepper(), workers=workers, film=CountingFilm(tmp_path / "films"))
    films = [path.name.split("-") for path in (tmp_path / "films").iterdir()]
    assert {name for name, *_ in films} == set(PLAN.by_id)
    assert {(frames, steps) for _, frames, steps, _ in films} == {("5", "4")}
    assert (str(os.getpid()) in {pid for *_, pid in films}) == (workers is None)


@pytest.mark.parametrize("workers", [None, 2])
def test_times_add_up(tmp_path, workers):
    crew = players(
        TASK, FakeSim, loaded(Batcher()), workers=workers, execution=Execution(), limits=Limits(), film=None, note=print
    )
    with crew as who:
        for played in itertools.chain.from_iterable(who.endings(PLAN.episodes[:3])):
            found = dict(played.result.timings)
            total_s = found.pop("total_s")
            assert set(found) == {"reset_s", "advance_s", "observe_s", "policy_s", "waiting_s"}
            assert sum(found.values()) == pytest.approx(total_s, abs=1e-4) and found["policy_s"] >= 4 * 0.02


def test_pictures_are_shared_and_the_rest_is_small():
    memory = SharedImages()
    for side in (4, 500, 8):
        image = np.random.default_rng(side).integers(0, 255, (side, side, 3), np.uint8)
        message = memory.packed({"image": image, "images": {"camera": image}, "state": np.zeros(0, np.float32)})
        found = memory.unpacked(message)
        assert len(message) < 1000 and np.array_equal(found["image"], image)
        assert found["images"]["camera"] is found["image"] and found["image"].flags.writeable
        memory.packed(np.zeros_like(image))
        assert np.array_equal(found["image"], image)
    assert memory.unpacked(memory.packed("no array")) == "no array"
    memory.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"step_s": 0},
        {"step_s": float("inf")},
        {"episode_s": -1},
        {"retries": -1},
        {"memory_mb": 0},
        {"recycle_after": 0},
    ],
)
def test_limits_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ConfigError, match="--"):
        Limits(**wrong)


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
    driver = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, text=True
    )
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


SHORT = dataclasses.replace(TASK, max_steps=6)


@pytest.mark.sim
@pytest.mark.parametrize("policy", ["expert", "helpers.fakes:Looker"])
def test_two_real_simulators_play_as_one_does_bit_for_bit(tmp_path, policy):
    ways = [
        go(tmp_path / f"{workers}", load(policy, {}), functools.partial(simulator, SHORT), workers=workers, task=SHORT)
        for workers in (None, 2)
    ]
    assert ways[0] == ways[1] and {record["steps"] for record in ways[0].values()} == {6}


@pytest.mark.sim
def test_a_real_simulator_that_is_killed_is_replaced(tmp_path):
    whole = go(tmp_path / "a", Counter(), functools.partial(simulator, SHORT), workers=1, task=SHORT)

    class Killer(Counter):
        kills = 0

        def act(self, obs, instr):
            if self.steps == 3 and not Killer.kills:
                Killer.kills += 1
                multiprocessing.active_children()[0].kill()
            return super().act(obs, instr)

    notes = []
    assert (
        go(tmp_path / "b", Killer(), functools.partial(simulator, SHORT), workers=1, task=SHORT, notes=notes) == whole
    )
    assert Killer.kills == 1 and "SIGKILL" in notes[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--workers", "0"), "--workers 0: at least 1 is needed."),
        (("--execute-horizon", "0"), "--execute-horizon 0: at least 1 action"),
        (("--step-timeout", "0"), "--step-timeout 0: give a number of seconds above 0, up to 1,000,000."),
    ],
)
def test_an_option_that_makes_no_sense_is_a_sentence(tmp_path, words, says):
    done = call("vlagen-eval", "--policy", "noop", *words, cwd=tmp_path)
    assert done.returncode == 2 and says in done.stderr and not list(tmp_path.iterdir())


@pytest.mark.sim
@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_workers_and_a_run_goes_on_with_another_number_of_them(tmp_path, how):
    words = ["--policy", "expert", "--conditions", "nominal", "--episodes", "3", "--video", "none"]
    child = subprocess.Popen(
        [str(BIN / "vlagen-eval"), *words, "--out", "a", "--workers", "2"],
        cwd=tmp_path, start_new_session=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    lines = tmp_path / "a" / "episodes.jsonl"
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and not (lines.exists() and lines.read_text()):
        time.sleep(0.05)
    # Ctrl-C goes to all processes of a terminal; a batch system may end the first alone.
    (os.killpg if how == signal.SIGINT else os.kill)(child.pid, how)
    said = child.communicate(timeout=60)[0]
    assert child.returncode == 130 and "To go on: vlagen-eval" in said and "Traceback" not in said
    assert call("vlagen-eval", *words, "--out", "a", cwd=tmp_path).returncode == 0
    assert call("vlagen-eval", *words, "--out", "b", "--workers", "2", cwd=tmp_path).returncode == 0
    resumed, whole = (RunFolder.reading(tmp_path / name).results for name in "ab")
    assert [_untimed(resumed[key]) for key in sorted(resumed)] == [_untimed(whole[key]) for key in sorted(whole)]
    assert len(whole) == 3


def _untimed(record):
    return {key: value for key, value in record.items() if key != "timings"}
