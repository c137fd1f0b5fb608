"""Policies that fail while they are loaded, begun or closed, and batches of wrong length."""

import functools
import json
import os
import re
import signal
import sys
import time

import numpy as np
import pytest

from helpers import hostile
from helpers.fakes import FakeSim, wait_for
from helpers.hostile_runs import APART_S, EPISODES, FEW, HERE_S, assert_like, go
from vlagen_bench.errors import PolicyError
from vlagen_bench.harness.inference import PolicyCaller, PolicyQuery
from vlagen_bench.policies import base
from vlagen_bench.policies.actions import checked
from vlagen_bench.policies.isolation.proxy import IsolationLimits, load
from vlagen_bench.scenes.tabletop import PANDA

pytestmark = pytest.mark.slow  # waits for processes, servers or browsers


def question(number, begins=True):
    return PolicyQuery(
        episode_id=EPISODES[number], begins=begins, instruction="", observation={"state": np.zeros(1, np.float32)}
    )


def test_an_episode_that_the_policy_forgot_begins_again():
    caller = PolicyCaller(
        load("helpers.hostile:HostileBatch", {"sins": json.dumps({EPISODES[1]: "os_exit"})}, IsolationLimits()),
        action_dim=7,
    )
    assert caller.ask({0: question(0), 1: question(1)})[1].error is None
    died = caller.ask({1: question(1, begins=False)})[1]
    forgot = caller.ask({0: question(0, begins=False)})[0]
    assert "exit code 7" in died.error and not died.lost and forgot.lost
    again = caller.ask({0: question(0)})[0]
    assert again.error is None and again.chunk[0, 0] == np.float32(0.1)
    caller.close()


LATE = """
class Mine:
    def act(self, obs, instr):
        import {late}
        return [0.0] * 7
"""


@pytest.mark.parametrize("noticed", ["in the call", "before the call"])
def test_a_policy_that_was_edited_is_not_restarted(tmp_path, noticed):
    late = f"late_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{late}.py").write_text("LATER = False")
    (tmp_path / "mine.py").write_text(LATE.format(late=late))
    loaded = load(f"{tmp_path}/mine.py:Mine", {}, IsolationLimits())
    caller = PolicyCaller(loaded, action_dim=7)
    assert caller.ask({0: question(0)})[0].error is None
    assert f"{late}.py" in loaded.content().files, "as after each episode"
    (tmp_path / f"{late}.py").write_text("LATER = True")
    os.kill(loaded.policy._cell._process.pid, signal.SIGKILL)
    if noticed == "before the call":
        wait_for(lambda: loaded.policy._cell._process.poll() is not None)
    assert "SIGKILL" in caller.ask({0: question(0, begins=False)})[0].error
    for number in (1, 2):
        answer = caller.ask({number: question(number)})[number]
        assert f"first: {late}.py." in answer.error and not answer.lost
    (tmp_path / f"{late}.py").write_text("LATER = False")
    assert caller.ask({3: question(3)})[3].error is None
    caller.close()


class SlowBetween(FakeSim):
    """Takes its time, in which a process can end."""

    def reset(self, episode):
        time.sleep(0.5)
        return super().reset(episode)

    def advance(self, action):
        time.sleep(0.5 if abs(self.x - 0.1) < 1e-3 else 0)
        return super().advance(action)


@pytest.mark.parametrize("policy", ["DiesLater", "DiesLaterWithoutMemory"])
def test_a_process_that_ends_between_two_calls_is_the_fault_of_the_episodes_that_it_was_playing(tmp_path, good, policy):
    after = {EPISODES[0]: 4, EPISODES[2]: 2, EPISODES[4]: 4}
    made = load(f"helpers.hostile:{policy}", {"after": json.dumps(after)}, IsolationLimits(step_s=20))
    results = go(tmp_path, made, make_sim=SlowBetween)
    assert_like(results, good, {EPISODES[2]: "policy: its process ended with exit code 3 between two calls."}, 20)


def test_who_begins_after_the_end_of_a_process_is_not_charged_with_it():
    caller = PolicyCaller(
        load("helpers.hostile:DiesLaterWithoutMemory", {"after": json.dumps({EPISODES[0]: 1})}, IsolationLimits()),
        action_dim=7,
    )
    assert caller.ask({0: question(0)})[0].error is None
    wait_for(lambda: caller._instances[0]._cell._process.poll() is not None)
    assert caller.ask({1: question(1)})[1].error is None
    assert "between two calls" in caller.ask({0: question(0, begins=False)})[0].error
    assert caller.ask({0: question(0, begins=False)})[0].error is None
    caller.close()


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
    here, apart = (
        PolicyCaller(base.load(f"helpers.hostile:{policy}", {}), action_dim=7),
        PolicyCaller(load(f"helpers.hostile:{policy}", {}, IsolationLimits()), action_dim=7),
    )
    for caller in (here, apart):
        answers = caller.ask({0: question(0), 1: question(1)})
        if says is None:
            assert [answer.chunk.shape for answer in answers.values()] == [(1, 7), (1, 7)]
        assert all(says is None or says in answer.error for answer in answers.values())
        caller.close()


def test_what_goes_wrong_besides_act_is_said_alike(tmp_path):
    for number, made in enumerate(
        (base.load("helpers.hostile:BadReset", {}), load("helpers.hostile:BadReset", {}, IsolationLimits()))
    ):
        errors = [record["error"] for record in go(tmp_path / f"{number}", made).values()]
        line = hostile.BadReset.reset.__code__.co_firstlineno + 1
        assert errors == [f"policy: reset() raised KeyError: '{episode.id}' (hostile.py:{line})" for episode in FEW]


@pytest.mark.parametrize("how", [base.load, functools.partial(load, how=IsolationLimits())])
def test_a_policy_that_cannot_begin_stops_before_the_first_episode(how):
    with pytest.raises(PolicyError, match="spec` that cannot be read: RuntimeError: no spec today"):
        base.check_spec(how("helpers.hostile:BadSpec", {}), PANDA)
    with pytest.raises(PolicyError, match="spec` that is not a mapping"):
        base.check_spec(how("helpers.hostile:OddSpec", {}), PANDA)
    with pytest.raises(
        PolicyError, match=r"^The policy helpers.hostile:BadStart cannot be constructed: SystemExit: no GPU"
    ):
        how("helpers.hostile:BadStart", {})
    with pytest.raises(PolicyError, match="not yet"):
        PolicyCaller(how("helpers.hostile:BadAttribute", {}), action_dim=7)


def test_a_policy_that_is_made_leaves_all_as_it_was():
    def all_of_it():
        streams_and_functions = sys.stdout, time.sleep, json.dumps, signal.getsignal(signal.SIGINT)
        return (os.getcwd(), np.geterr(), signal.pthread_sigmask(signal.SIG_BLOCK, ()), *streams_and_functions)

    before = all_of_it()
    loaded = base.load("helpers.hostile:Meddler", {})
    assert all_of_it() == before
    caller = PolicyCaller(loaded, action_dim=7, slots=2)  # which makes another instance
    assert all_of_it() == before
    assert caller.ask({1: question(1)})[1].chunk.shape == (1, 7)


def test_tiny_numbers_are_an_action_whatever_numpy_shall_raise():
    with np.errstate(all="raise"):
        assert not checked(np.full(7, 1e-50)).any()


def test_a_process_that_cannot_load_its_policy_says_why():
    with pytest.raises(
        PolicyError, match=r"cannot be loaded: its process ended with exit code 3 .* It printed: loading"
    ):
        load("helpers.hostile:DeadStart", {}, IsolationLimits())
    with pytest.raises(PolicyError, match=r"load\(\) took longer than 1 s"):
        load("helpers.hostile:SlowStart", {}, IsolationLimits(start_s=1.0))
    with pytest.raises(PolicyError, match=r"helpers.fakes:Oracle looks at the simulator.*leave out --isolate"):
        load("helpers.fakes:Oracle", {}, IsolationLimits())
    with pytest.raises(PolicyError, match="Did you mean 'Good'"):
        load("helpers.hostile:Goood", {}, IsolationLimits())


@pytest.mark.parametrize("how", [base.load, functools.partial(load, how=IsolationLimits(step_s=APART_S))])
@pytest.mark.parametrize(("policy", "says"), [("SlowClose", r"close\(\) took longer"), ("BadClose", r"sys\.exit\(1\)")])
def test_a_policy_that_does_not_close_is_a_note(tmp_path, good, how, policy, says):
    notes = []
    assert_like(go(tmp_path, how(f"helpers.hostile:{policy}", {}), notes=notes, step_s=HERE_S), good, {}, 0)
    assert len(notes) == 1 and re.search(says, notes[0])
