"""Runs in one process: every episode is scored once, and every error is a sentence."""

import dataclasses
import os
import re

import numpy as np
import pytest

from helpers.fakes import FakeSim, Stepper, loaded
from helpers.runs import HEADER, PLAN, TASK, go, solo
from vlagen_bench.errors import PolicyError, RunError
from vlagen_bench.harness import run
from vlagen_bench.harness.inference import PolicyCaller
from vlagen_bench.harness.serial import SerialExecutor
from vlagen_bench.policies.base import check_spec, load
from vlagen_bench.runs import folder as folder_module
from vlagen_bench.runs.actions import read_actions
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.scenes.tabletop import PANDA, TABLETOP


def answer(value):
    """A policy that always answers `value`."""
    return type("Answer", (), {"act": lambda self, obs, instr: value})()


def test_a_run_scores_every_episode_once(tmp_path):
    results = go(tmp_path, Stepper())
    assert {r["outcome"] for r in results.values()} == {"success"}
    assert len(results) == len(PLAN.episodes) == len((tmp_path / "episodes.jsonl").read_text().splitlines()) == 6
    assert {r["steps"] for r in results.values()} == {4}


def test_records_have_the_keys_of_the_contract(tmp_path):
    record = next(iter(go(tmp_path, Stepper()).values()))
    assert set(record) >= {
        "id", "task", "condition", "values", "twin", "outcome", "success_once", "success_at_end", "steps", "metrics", "timings", "error",
    }  # fmt: skip


def test_an_episode_has_exactly_max_steps(tmp_path):
    results = go(tmp_path, answer(np.zeros(7)))
    assert {(r["steps"], r["outcome"]) for r in results.values()} == {(80, "failure")}


def test_success_is_judged_at_the_end_where_the_task_runs_on(tmp_path):
    task = dataclasses.replace(TASK, ends_on_success=False)
    played = solo(Stepper(), task=task).play(PLAN.episodes[0])
    assert (played.result.outcome, played.result.success_once, played.result.success_at_end) == ("failure", True, False)


def test_chunks_are_played_action_by_action(tmp_path):
    calls = []

    class Chunks:
        def act(self, obs, instr):
            calls.append(1)
            return np.tile(Stepper().act(obs, instr), (3, 1))

    played = solo(Chunks()).play(PLAN.episodes[0])
    assert (len(calls), len(played.actions), played.result.outcome) == (2, 4, "success")


def test_actions_and_state_hashes_are_stored(tmp_path):
    go(tmp_path, Stepper())
    actions, hashes = read_actions(tmp_path, PLAN.episodes[0].id)
    assert actions.shape == (4, 7) and actions.dtype == np.float32 and len(hashes) == 5


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (np.zeros(3), r"shape \(3,\)"),
        (np.zeros((2, 2, 7)), "shape"),
        (np.zeros((0, 7)), "shape"),
        (np.full(7, np.nan), "NaN"),
        (np.full(7, np.inf), "infinity"),
        (["a"] * 7, "dtype"),
        (None, "dtype"),
        ("left", "dtype"),
        (np.zeros(7, complex), "dtype"),
        (np.zeros(7, bool), "dtype"),
        ([[1, 2], [3]], "ragged"),
    ],
)
def test_what_is_no_action_is_an_error_with_a_sentence(tmp_path, value, says):
    results = go(tmp_path, answer(value))
    assert {r["outcome"] for r in results.values()} == {"error"}
    assert {r["success_once"] for r in results.values()} == {None}
    assert all(re.search(says, r["error"]) for r in results.values())


def test_an_exception_ends_its_episode_alone(tmp_path):
    class Moody(Stepper):
        count = 0

        def reset(self, episode_ids):
            self.count += 1

        def act(self, obs, instr):
            if self.count == 2:
                raise KeyError("weights")
            return super().act(obs, instr)

    results = go(tmp_path, Moody())
    errors = [r["error"] for r in results.values() if r["outcome"] == "error"]
    assert errors == [f"policy: KeyError: 'weights' (test_run.py:{Moody.act.__code__.co_firstlineno + 2})"]
    assert sum(r["outcome"] == "success" for r in results.values()) == 5


def test_a_policy_that_exits_ends_its_episode_alone(tmp_path):
    class Quitter:
        def act(self, obs, instr):
            raise SystemExit(3)

    results = go(tmp_path, Quitter())
    assert {r["error"][:41] for r in results.values()} == {"policy: act() called sys.exit(3). Raise a"}


def test_a_policy_may_scribble_on_what_it_sees(tmp_path):
    class Scribbler(Stepper):
        def act(self, obs, instr):
            obs["image"][:] = 0
            obs["state"][:] = 9
            obs.clear()
            return super().act({}, instr)

    assert {r["outcome"] for r in go(tmp_path, Scribbler()).values()} == {"success"}


def test_the_line_of_a_policys_error_ends_its_sentence(tmp_path):
    class Raises(Stepper):
        def act(self, obs, instr):
            raise KeyError("weights")

    with pytest.raises(run.TooManyErrors, match=r"KeyError: 'weights' \(test_run\.py:\d+\)\. Fix it"):
        go(tmp_path, Raises(), max_errors=0)


def test_a_run_stops_at_the_error_limit(tmp_path):
    with pytest.raises(run.TooManyErrors, match="3 episodes ended as errors"):
        go(tmp_path, answer(None), max_errors=2)
    assert len((tmp_path / "episodes.jsonl").read_text().splitlines()) == 3


class Together(SerialExecutor):
    """Three episodes end at once."""

    def endings(self, episodes):
        waiting = list(self.plays(episodes))
        while waiting:
            yield [waiting.pop(0) for _ in waiting[:3]]


def test_what_ends_at_once_is_put_on_the_disk_once_before_anybody_hears_of_it(tmp_path, monkeypatch):
    synced, heard = [], []
    lines = tmp_path / "episodes.jsonl"

    class Hearer:
        def ended(self, played):
            assert played.result.episode.id in synced[-1]
            heard.append(played.result.episode.id)

    with RunFolder.writing(tmp_path, HEADER, PLAN) as folder:
        monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(lines.read_text()))
        players = Together(TASK, FakeSim(), PolicyCaller(loaded(Stepper()), action_dim=7))
        run.run(PLAN, players, folder, (Hearer(),), max_errors=0, retry_errors=False)
    assert len(synced) == 2 and heard == [episode.id for episode in PLAN.episodes]


def test_errors_that_end_at_once_are_all_stored_before_the_run_stops(tmp_path):
    with RunFolder.writing(tmp_path, HEADER, PLAN) as folder:
        players = Together(TASK, FakeSim(), PolicyCaller(loaded(answer(None)), action_dim=7))
        with pytest.raises(run.TooManyErrors, match="3 episodes ended as errors"):
            run.run(PLAN, players, folder, max_errors=0, retry_errors=False)
    assert len((tmp_path / "episodes.jsonl").read_text().splitlines()) == 3


def test_errors_are_tried_again_only_on_request(tmp_path):
    go(tmp_path, answer(None))
    assert {r["outcome"] for r in go(tmp_path, Stepper()).values()} == {"error"}
    assert {r["outcome"] for r in go(tmp_path, Stepper(), retry_errors=True).values()} == {"success"}


def test_a_simulator_crash_is_an_error_not_a_failure(tmp_path):
    class Broken(FakeSim):
        def advance(self, action):
            raise RuntimeError("PhysX")

    played = solo(Stepper(), Broken()).play(PLAN.episodes[0])
    assert (played.result.outcome, played.result.error) == ("error", "simulator: RuntimeError: PhysX")


def opened_full(path, *how, **more):
    return open("/dev/full", *how, **more)


def test_a_full_disk_stops_with_a_sentence_and_loses_nothing(tmp_path, monkeypatch):
    go(tmp_path / "a", Stepper())
    lines = (tmp_path / "a" / "episodes.jsonl").read_bytes().splitlines(keepends=True)
    run_path = tmp_path / "b"
    (run_path).mkdir()
    with RunFolder.writing(run_path, HEADER, PLAN) as folder:
        monkeypatch.setattr(folder_module, "open", opened_full, raising=False)
        with pytest.raises(RunError, match="No space left on device"):
            run.run(PLAN, solo(Stepper()), folder, max_errors=1, retry_errors=False)
    assert len(lines) == 6


def test_a_spec_that_does_not_fit_stops_before_the_first_episode():
    policy = Stepper()
    policy.spec = {"gripper": "plus_one_closed"}
    with pytest.raises(PolicyError, match="gripper = 'plus_one_closed', but panda has gripper = 'plus_one_open'"):
        check_spec(loaded(policy), PANDA)
    policy.spec = dict(PANDA.conventions)
    check_spec(loaded(policy), PANDA)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("expertt", "Did you mean 'expert'"),
        ("no_such_module:Policy", "cannot be imported"),
        ("nowhere.py:Policy", "There is no policy file nowhere.py"),
        ("helpers.fakes:Steper", "Did you mean 'Stepper'"),
        ("helpers.fakes:FakeSim", "has no method act"),
        ("replay", "needs a run folder"),
    ],
)
def test_a_policy_that_cannot_be_loaded_is_a_sentence(name, says):
    with pytest.raises(PolicyError, match=says):
        load(name, {})


def test_a_policy_is_loaded_from_a_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "class Mine:\n    def __init__(self, k='1'):\n        self.k = k\n    def act(self, obs, instr):\n        return [0.0] * 7\n"
    )
    assert load(f"{path}:Mine", {"k": "2"}).policy.k == "2"
    with pytest.raises(PolicyError, match="cannot be constructed"):
        load(f"{path}:Mine", {"q": "2"})


def test_scene_conventions_name_every_state():
    assert len(TABLETOP.robot.state_layout) == 8 + 7
