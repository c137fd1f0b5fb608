"""The simulator in a process that was forked from one that used it: a sentence within seconds, never a hang."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.sim

TIMEOUT_S = 120
USED = """
import os, sys
import gymnasium as gym, numpy as np, vlagen_bench
from vlagen_bench.errors import VlagenError

ID = "VLAGen/TabletopPutOn-Main-v1"

def used():
    env = gym.make(ID)
    env.reset(seed=0)
    return env

def sentence(do):
    try:
        do()
    except VlagenError as error:
        return "forked from process" in str(error) and "'spawn'" in str(error)
"""
IN_A_FORK = """
env = used()
pid = os.fork()
if pid == 0:
    os._exit(0 if sentence({use}) else 1)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0)
"""
USES = {
    "an environment of its own": "used",
    "its parent's environment, again": "lambda: env.reset()",
    "its parent's environment, further": "lambda: env.step(np.zeros(7, np.float32))",
    "its parent's picture": "lambda: env.unwrapped._sim.observe()",
    "no pictures": "lambda: gym.make(ID, obs_mode='state').reset()",
}


def printed(code):
    """What a process of its own prints."""
    # PyTorch and numpy warn of forks themselves, in newer Pythons.
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", USED + code],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    return done.stdout.strip() or done.stderr


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_forked_child_is_told(use):
    assert printed(IN_A_FORK.format(use=use)) == "True"


def test_a_child_forked_before_the_first_use_may_use_it():
    code = """
if (pid := os.fork()) == 0:
    used()
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0)
"""
    assert printed(code) == "True"


def test_gymnasiums_forking_vector_environment_is_told():
    code = """
env = used()
envs = gym.make_vec(ID, 2, vectorization_mode="async", vector_kwargs={"context": "fork"})
print(sentence(lambda: envs.reset(seed=0)))
sys.stdout.flush()
os._exit(0)
"""
    assert printed(code).splitlines()[-1] == "True"


SPAWNED = {
    "make_vec": "vlagen_bench.make_vec(ID, 2, obs_mode='state')",
    "gym.make_vec": "gym.make_vec(ID, 2, obs_mode='state')",
    "gym.make_vec, async and spawn": (
        "gym.make_vec('vlagen_bench:' + ID, 2, vectorization_mode='async', vector_kwargs={'context': 'spawn'})"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("made", SPAWNED.values(), ids=SPAWNED)
def test_spawned_environments_work_after_the_parent_used_the_simulator(made):
    code = f"""
if __name__ == "__main__":
    env = used()
    envs = {made}
    envs.reset(seed=0)
    print(envs.step(np.zeros((2, 7), np.float32))[1].shape == (2,))
    envs.close()
"""
    assert printed(code) == "True"
