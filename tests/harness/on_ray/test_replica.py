"""Replicas of a policy, and actors that hang."""

import subprocess
import sys
import time

import numpy as np
import pytest

from vlagen_bench.policies.base import load

pytestmark = pytest.mark.ray


def test_an_actor_that_hangs_with_the_lock_of_python_ends_itself():
    code = (
        "import ctypes; from vlagen_bench.harness.on_ray import watchdog as w; w.GRACE_S = 0.1\n"
        "with w.watchdog(0.1): ctypes.PyDLL(None).sleep(300)"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and "Timeout" in done.stderr and time.monotonic() - started < 100


def test_no_more_is_kept_for_an_episode_than_its_newest_attempt(monkeypatch):
    import asyncio

    from vlagen_bench.harness.inference import PolicyCaller, PolicyQuery
    from vlagen_bench.harness.on_ray.replica import Caller, Replica

    async def ask():
        replica = Replica("helpers.fakes:Batcher", {}, 2, 5.0, 7)
        replica._caller = PolicyCaller(load("helpers.fakes:Batcher", {}), action_dim=7, slots=2)

        def question(begins):
            return PolicyQuery(episode_id="e", begins=begins, instruction="", observation={"image": np.zeros(1)})

        first = asyncio.create_task(replica.ask(Caller(slot=0, number=1), question(True)))
        second = await replica.ask(Caller(slot=1, number=2), question(True))
        late = await replica.ask(Caller(slot=0, number=1), question(False))
        third = await replica.ask(Caller(slot=1, number=2), question(False))
        first.cancel()
        return second, late, third

    second, late, third = asyncio.run(ask())
    assert late.blameless and late.answer.error
    assert (second.answer.chunk[0, 0], third.answer.chunk[0, 0]) == pytest.approx((0.1, 0.2))


def test_a_replica_that_is_started_later_has_the_policy_of_the_beginning(tmp_path):
    from vlagen_bench.errors import PolicyError
    from vlagen_bench.harness.on_ray.replica import Replica

    name = f"mine_{tmp_path.name}".replace("-", "_")
    file = tmp_path / f"{name}.py"
    file.write_text("class Mine:\n    act = lambda self, obs, instr: [0.0] * 7\n")
    content = load(f"{file}:Mine", {}).content()
    Replica(f"{file}:Mine", {}, 1, 5.0, 7, None, content)._load().close()
    file.write_text("class Mine:\n    act = lambda self, obs, instr: [0.1] * 7\n")
    with pytest.raises(PolicyError, match=f"has changed since this run loaded it first: {file.name}"):
        Replica(f"{file}:Mine", {}, 1, 5.0, 7, None, content)._load()
