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


def test_whoever_was_given_up_is_answered_so_that_no_call_of_the_actor_stays(monkeypatch):
    import asyncio

    from vlagen_bench.harness.inference import PolicyAnswer, PolicyQuery
    from vlagen_bench.harness.on_ray.replica import Caller, Replica

    class Slow:
        batches = False

        def ask(self, queries):
            time.sleep(0.1)
            return {slot: PolicyAnswer() for slot in queries}

    def ask(replica, slot, number, episode):
        query = PolicyQuery(episode_id=episode, begins=False, instruction="", observation={"state": np.zeros(1)})
        return asyncio.create_task(replica.ask(Caller(slot=slot, number=number), query))

    async def both():
        replica = Replica("helpers.fakes:Batcher", {}, 4, 30.0, 7)
        replica._caller = Slow()
        first = [ask(replica, slot, 1 + slot, f"e{slot}") for slot in range(4)]
        await asyncio.sleep(0.02)  # the first is being served; the others wait, and their environments are lost
        again = [ask(replica, slot, 10 + slot, f"e{slot - 1}") for slot in (2, 3, 1)]
        done, _ = await asyncio.wait([*first, *again], timeout=20)
        return len(done), [task.result().blameless for task in first]

    assert asyncio.run(both()) == (7, [False, True, True, True])
