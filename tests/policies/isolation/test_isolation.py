"""Can a policy hurt the run? Every sin of the catalogue, in this process and in one of its own."""

import dataclasses
import functools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from helpers import hostile
from helpers.fakes import loaded, wait_for
from helpers.hostile import SINS, Good, Hostile, HostileBatch
from helpers.hostile_runs import EPISODES, FEW, PLAN, TASK, go
from helpers.places import DOCS, TESTS
from vlagen_bench.cli.playing import Playing
from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.harness.inference import Asker, Question
from vlagen_bench.harness.worker import simulator
from vlagen_bench.policies import base
from vlagen_bench.policies.actions import checked
from vlagen_bench.policies.isolation.output import NO_MORE, Output
from vlagen_bench.policies.isolation.proxy import Isolation, load
from vlagen_bench.scenes.tabletop import PANDA

TOGETHER = [name for name, one in SINS.items() if "torch" not in one.does]  # importing torch takes seconds, each time
HERE_S = APART_S = 1.5
"""for a step; a busy machine may hold up a good one, too"""


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """What every episode is like with a good policy."""
    return go(tmp_path_factory.mktemp("good"), Good(), PLAN.episodes)


def assert_like(results, good, expected, limit_s):
    """Each result is as expected of its sin, or as the good policy's."""
    for key, record in results.items():
        says = expected.get(key, hostile.FINE)
        if says.startswith("no harm"):
            assert record == good[key], says
        else:
            assert record["outcome"] == "error" and record["success_once"] is None, (says, record["outcome"])
            assert record["error"].startswith("policy: ") and says.format(limit=f"{limit_s:g}") in record["error"]
            assert record["error"].isprintable() and len(record["error"]) < 1500
            assert record["actions"] == good[key]["actions"][: len(record["actions"])]


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


def test_a_policy_of_its_own_process_commits_every_sin_and_all_other_episodes_are_the_same(tmp_path, good):
    sins = dict(zip(EPISODES[::2], TOGETHER, strict=False))
    assert len(sins) == len(TOGETHER)
    made = load("helpers.hostile:Hostile", {"sins": json.dumps(sins)}, Isolation(step_s=APART_S, memory_mb=2000))
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
    made = load(f"helpers.hostile:{policy}", {"sins": json.dumps(sins)}, Isolation(step_s=20))
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


def question(number, begins=True):
    return Question(
        episode_id=EPISODES[number], begins=begins, instruction="", observation={"state": np.zeros(1, np.float32)}
    )


def test_an_episode_that_the_policy_forgot_begins_again():
    asker = Asker(load("helpers.hostile:HostileBatch", {"sins": json.dumps({EPISODES[1]: "os_exit"})}, Isolation()))
    assert asker.ask({0: question(0), 1: question(1)})[1].error is None
    died = asker.ask({1: question(1, begins=False)})[1]
    forgot = asker.ask({0: question(0, begins=False)})[0]
    assert "exit code 7" in died.error and not died.lost and forgot.lost
    again = asker.ask({0: question(0)})[0]
    assert again.error is None and again.chunk[0, 0] == np.float32(0.1)
    asker.close()


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        ("FewAnswers", "act_batch() returned 1 answers to 2 observations"),
        ("ManyAnswers", "act_batch() returned more than 2 answers to 2 observations"),
        ("EndlessAnswers", "act_batch() returned more than 2 answers to 2 observations"),
        ("NoAnswers", "TypeError: 'NoneType' object is not iterable"),
        ("AnswersByName", "act() returned str of dtype <U"),
        ("OneArray", None),
    ],
)
def test_a_batch_is_as_many_answers_as_questions(policy, says):
    here, apart = Asker(base.load(f"helpers.hostile:{policy}", {})), Asker(load(f"hostile:{policy}", {}, Isolation()))
    for asker in (here, apart):
        answers = asker.ask({0: question(0), 1: question(1)})
        if says is None:
            assert [answer.chunk.shape for answer in answers.values()] == [(1, 7), (1, 7)]
        assert all(says is None or says in answer.error for answer in answers.values())
        asker.close()


def test_what_goes_wrong_besides_act_is_said_alike(tmp_path):
    for number, made in enumerate(
        (base.load("helpers.hostile:BadReset", {}), load("helpers.hostile:BadReset", {}, Isolation()))
    ):
        errors = [record["error"] for record in go(tmp_path / f"{number}", made).values()]
        line = hostile.BadReset.reset.__code__.co_firstlineno + 1
        assert errors == [f"policy: reset() raised KeyError: '{episode.id}' (hostile.py:{line})" for episode in FEW]


@pytest.mark.parametrize("how", [base.load, functools.partial(load, how=Isolation())])
def test_a_policy_that_cannot_begin_stops_before_the_first_episode(how):
    with pytest.raises(PolicyError, match="spec` that cannot be read: RuntimeError: no spec today"):
        base.check_spec(how("helpers.hostile:BadSpec", {}), PANDA)
    with pytest.raises(PolicyError, match="spec` that is no mapping"):
        base.check_spec(how("helpers.hostile:OddSpec", {}), PANDA)
    with pytest.raises(
        PolicyError, match=r"^The policy helpers.hostile:BadStart cannot be constructed: SystemExit: no GPU"
    ):
        how("helpers.hostile:BadStart", {})
    with pytest.raises(PolicyError, match="not yet"):
        Asker(how("helpers.hostile:BadAttribute", {}))


def test_a_policy_that_is_made_leaves_all_as_it_was():
    def all_of_it():
        streams_and_functions = sys.stdout, time.sleep, json.dumps, signal.getsignal(signal.SIGINT)
        return (os.getcwd(), np.geterr(), signal.pthread_sigmask(signal.SIG_BLOCK, ()), *streams_and_functions)

    before = all_of_it()
    loaded = base.load("helpers.hostile:Meddler", {})
    assert all_of_it() == before
    asker = Asker(loaded, slots=2)  # which makes another instance
    assert all_of_it() == before
    assert asker.ask({1: question(1)})[1].chunk.shape == (1, 7)


def test_tiny_numbers_are_an_action_whatever_numpy_shall_raise():
    with np.errstate(all="raise"):
        assert not checked(np.full(7, 1e-50)).any()


def test_a_process_that_cannot_load_its_policy_says_why():
    with pytest.raises(
        PolicyError, match=r"cannot be loaded: its process ended with exit code 3 .* It printed: loading"
    ):
        load("helpers.hostile:DeadStart", {}, Isolation())
    with pytest.raises(PolicyError, match=r"load\(\) took longer than 1 s"):
        load("helpers.hostile:SlowStart", {}, Isolation(start_s=1.0))
    with pytest.raises(PolicyError, match=r"helpers.fakes:Oracle looks at the simulator.*leave out --isolate"):
        load("helpers.fakes:Oracle", {}, Isolation())
    with pytest.raises(PolicyError, match="Did you mean 'Good'"):
        load("helpers.hostile:Goood", {}, Isolation())


@pytest.mark.parametrize("how", [base.load, functools.partial(load, how=Isolation(step_s=APART_S))])
@pytest.mark.parametrize(("policy", "says"), [("SlowClose", r"close\(\) took longer"), ("BadClose", r"sys\.exit\(1\)")])
def test_a_policy_that_does_not_close_is_a_note(tmp_path, good, how, policy, says):
    notes = []
    assert_like(go(tmp_path, how(f"helpers.hostile:{policy}", {}), notes=notes, step_s=HERE_S), good, {}, 0)
    assert len(notes) == 1 and re.search(says, notes[0])


def test_nothing_that_the_process_says_is_unpickled(tmp_path):
    made = load("helpers.hostile:Forger", {"path": str(tmp_path / "forged")}, Isolation())
    errors = {record["error"] for record in go(tmp_path / "run", made, FEW[:2]).values()}
    assert len(errors) == 1 and "do not understand each other: this is no MessagePack" in errors.pop()
    assert not (tmp_path / "forged").exists()


def test_a_process_ends_with_its_session(tmp_path):
    made = load("helpers.hostile:Hostile", {"sins": json.dumps({EPISODES[1]: "processes"})}, Isolation())
    group = made.policy._cell._process.pid
    assert os.getpgid(group) == group != os.getpgid(0)
    go(tmp_path, made)
    wait_for(lambda: not _members(group), limit_s=8)  # what it left behind would live 10 s


def _members(group):
    """Processes of a group, zombies aside."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, process_group = stat.read_text().rsplit(")", 1)[1].split()[:3]
        except OSError:
            continue
        found += [stat.parent.name] if int(process_group) == group and state != "Z" else []
    return found


def test_no_file_of_the_harness_is_open_in_the_process(tmp_path):
    with open(tmp_path / "lock", "w") as lock:
        os.set_inheritable(lock.fileno(), True)
        made = load("helpers.hostile:Good", {}, Isolation())
        folder = f"/proc/{made.policy._cell._process.pid}/fd"
        targets = [os.readlink(f"{folder}/{name}") for name in os.listdir(folder)]
    made.policy.close()
    assert not any("lock" in target for target in targets)
    assert sum(target.startswith(("socket:", "pipe:", "/dev/null")) for target in targets) == len(targets) == 4


def test_what_is_printed_has_an_end(tmp_path):
    output, path = Output(most_bytes=10), tmp_path / "policy.log"
    output.add(b"12345")
    assert output.tail == "12345" and not path.exists()
    output.keep_in(path)
    output.add(b"67890abc")
    output.add(b"def")
    assert path.read_bytes() == b"1234567890" + NO_MORE
    later = Output(most_bytes=10)
    later.keep_in(path)
    later.add(b"again")
    assert path.read_bytes() == b"1234567890" + NO_MORE


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"policy_memory_mb": 1000.0}, "add --isolate"),
        ({"isolate": True, "policy_memory_mb": 0.0}, "megabytes above 0"),
        ({"isolate": True, "executor": "ray"}, "--isolate is of --executor processes"),
    ],
)
def test_options_of_isolation_that_make_no_sense_are_refused(options, says):
    with pytest.raises(ConfigError, match=says):
        Playing(**options).isolation()
    assert Playing(isolate=True, step_timeout=5.0).isolation() == Isolation(step_s=5.0)


def test_the_option_that_is_named_lengthens_the_time_to_load():
    assert Playing(isolate=True, step_timeout=3000.0).isolation().start_s == 3000.0


def test_the_page_says_what_the_catalogue_does():
    page = (DOCS / "hostile_policies.md").read_text()
    assert [row for row in page.splitlines() if row.startswith("| ")][1:] == hostile.table()


@pytest.mark.sim
def test_a_real_simulator_is_the_same_whatever_the_policy_does(tmp_path):
    task, threads = dataclasses.replace(TASK, max_steps=4), threading.active_count()
    make_sim = functools.partial(simulator, task)
    sins = dict(zip(EPISODES, ("seed", "settings", "scribble", "directory", "changing", "patch"), strict=False))
    made = {
        "good": loaded(Good()),
        "here": loaded(Hostile(json.dumps(sins))),
        "apart": load("helpers.hostile:Hostile", {"sins": json.dumps(sins)}, Isolation()),
    }
    found = {name: go(tmp_path / name, one, make_sim=make_sim, task=task) for name, one in made.items()}
    expected = {key: SINS[name].here for key, name in sins.items()}
    assert_like(found["here"], found["good"], expected, 0)
    assert found["apart"] == found["here"]
    assert threading.active_count() <= threads
