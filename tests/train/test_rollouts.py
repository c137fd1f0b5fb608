"""Rollouts in worker processes: what they depend on, and what happens when one dies."""

import dataclasses
import functools
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
import yaml

from helpers import trained
from helpers.places import TOP
from helpers.trained import ChoiceSim, TrapSim, same
from helpers.workers import children
from vlagen_bench.errors import AssetError, RunError
from vlagen_bench.harness.worker import simulator
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.train.actor_critic import ActorCritic
from vlagen_bench.train.answers import Answers
from vlagen_bench.train.rollout_worker import WorkerSetup
from vlagen_bench.train.rollouts import Rollouts
from vlagen_bench.train.training_episodes import episode_of, task_of
from vlagen_bench.train.trajectories import Job

pytestmark = pytest.mark.slow

SETUP = WorkerSetup(
    task=task_of("words"), network=trained.TINY, critic="shared", temperature=1.0, precision="float32", simulators=3,
    max_steps=trained.STEPS, make_sim=ChoiceSim,
)  # fmt: skip
EPISODE = episode_of("words", index=0, seed=2_000_000)
JOBS = trained.jobs(EPISODE, 11)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return ActorCritic(CompactNetwork(trained.TINY), "shared").eval()


@pytest.fixture(scope="module")
def alone(model):
    with Rollouts(SETUP, workers=1) as rollouts:
        return rollouts.play(model, JOBS)


def play(model, make_sim=ChoiceSim, *, workers=2, notes=None, answers=None):
    setup = dataclasses.replace(SETUP, make_sim=make_sim, served=answers is not None)
    note = [].append if notes is None else notes.append
    with Rollouts(setup, workers=workers, note=note, answers=answers) as rollouts:
        return rollouts.play(model, JOBS)


def test_who_plays_an_episode_changes_nothing(model, alone):
    together = play(model)
    assert [one.slot for one in together] == list(range(11))
    assert all(map(same, alone, together))


@pytest.fixture
def answers(model):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in workers
    yield Answers(model, SETUP.temperature, SETUP.precision)
    torch.set_num_threads(threads)


def test_who_has_the_networks_changes_nothing(model, alone, answers):
    assert all(map(same, alone, play(model, answers=answers)))


def test_a_killed_worker_that_asks_is_replaced_too(model, alone, answers, tmp_path):
    together = play(model, functools.partial(TrapSim, "kill", tmp_path / "flag"), answers=answers)
    assert all(map(same, alone, together)) and children() == 0


def test_an_episode_ends_at_success_or_when_time_is_up(alone):
    for one in alone:
        assert one.executed.tolist() == ([1] if one.success else [2, 2, 1])
        assert one.truncated != one.success
        assert (one.last_value == 0) == one.success
        assert one.total_reward == pytest.approx(1.1 if one.success else 0)
        assert (one.log_probs != 0).sum() == one.steps
    assert {one.success for one in alone} == {True, False}


def test_a_killed_worker_is_replaced_and_its_episodes_are_played(model, alone, tmp_path):
    notes = []
    together = play(model, functools.partial(TrapSim, "kill", tmp_path / "flag"), notes=notes)
    assert all(map(same, alone, together))
    (note,) = notes
    assert note.startswith("A rollout worker was killed by SIGKILL. Another one plays its ")
    assert children() == 0


@pytest.mark.parametrize(
    ("what", "kind", "says"),
    [
        ("value", RunError, "A rollout worker failed: ValueError: one two. This is a fault of the program"),
        ("asset", AssetError, "The pack is gone."),
    ],
)
def test_a_fault_of_a_worker_is_a_sentence_and_leaves_no_process(model, tmp_path, what, kind, says):
    with pytest.raises(kind) as raised:
        play(model, functools.partial(TrapSim, what, tmp_path / "flag"))
    assert str(raised.value).startswith(says) and "\n" not in str(raised.value)
    assert children() == 0


@pytest.mark.sim
def test_rollouts_of_a_group_share_the_episode_and_differ_in_what_is_drawn(model):
    """In the real simulator: the same first picture and state, other actions."""
    network = dataclasses.replace(trained.TINY, cameras={"front": 32, "wrist": 32}, bins=256)
    setup = dataclasses.replace(SETUP, network=network, max_steps=6, make_sim=simulator)
    model = ActorCritic(CompactNetwork(network), "shared").eval()
    jobs = [Job(slot=slot, episode=EPISODE, draws=draws) for slot, draws in enumerate((1, 2, 1))]
    with Rollouts(setup, workers=1) as rollouts:
        one, other, again = rollouts.play(model, jobs)
        assert rollouts.memory_mb > 0
    for name in ("front", "wrist"):
        assert one.images[name].shape == (3, 32, 32, 3) and one.images[name].std() > 0
        assert np.array_equal(one.images[name][0], other.images[name][0])
    assert np.array_equal(one.state[0], other.state[0])
    assert not np.array_equal(one.tokens, other.tokens)
    assert same(dataclasses.replace(again, slot=0), one)


PROGRAM = """\
import sys
from vlagen_bench.cli.train import main
if __name__ == "__main__":
    sys.argv[1:] = ["ppo", "--config", "small.yaml", "--out", sys.argv[1]]
    main()
"""


def _is_gone(group, within_s=60):
    """Whether no process of the group is left; Python's own tracker of resources ends a moment after the others."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.sim
def test_ctrl_c_leaves_no_process_and_the_run_can_go_on(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    small = yaml.safe_load((TOP / "tasks" / "train" / "ppo" / "toy.yaml").read_text())
    small["rollouts"] |= {"episodes": 4, "simulators": 2, "workers": 2}
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(small))
    command = [sys.executable, str(program), str(tmp_path / "run")]
    run = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0, cwd=tmp_path
    )
    while not (tmp_path / "run" / "log.jsonl").is_file() and run.poll() is None:
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130 and said == "Interrupted.\n", said
    assert _is_gone(run.pid)
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert "Goes on after " in done and "iteration 3/3" in done
