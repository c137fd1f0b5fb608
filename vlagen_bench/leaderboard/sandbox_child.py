"""The sandbox's child process: gives up its privileges, then replays the actions that it receives.

It imports nothing beyond the standard library before it has done so. It writes an answer per episode on its standard
output, and can write to no file.
"""

import ctypes
import json
import os
import resource
import sys
from typing import TextIO

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h


def main() -> None:
    """The process: limits, then the job from standard input."""
    seconds, memory_bytes, files = map(int, sys.argv[1:4])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    answers.write(json.dumps({"network": "none" if without_network() else "open"}) + "\n")
    answers.flush()
    limit(seconds, memory_bytes, files)
    work(answers)
    os._exit(0)  # nothing is left to be done, and SAPIEN's own end is not worth waiting for


def without_network() -> bool:
    """Moves to a network namespace with no interface but a dead loopback; False where the kernel does not let it."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return libc.unshare(CLONE_NEWNET) == 0 or libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0


def limit(seconds: int, memory_bytes: int, files: int) -> None:
    """Processor time, address space and open files; files can be read and not written, and no core is left behind."""
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_NOFILE, files),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def work(answers: TextIO) -> None:
    """One line of JSON says which episodes; their actions follow, float32."""
    import dataclasses

    import numpy as np

    from vlagen_bench.harness.env_runner import EnvRunner
    from vlagen_bench.harness.replay import UnrenderedSimulator, play
    from vlagen_bench.leaderboard.codec import actions_from_bytes
    from vlagen_bench.plan.plan import episode_from_dict, task_of

    job = json.loads(sys.stdin.buffer.readline())
    actions = actions_from_bytes(sys.stdin.buffer.read(), job["steps"], job["action_dim"])
    task = task_of(job["task"])
    runner = EnvRunner(UnrenderedSimulator(task), task)
    for content, moves in zip(job["episodes"], actions, strict=True):
        again = play(runner, episode_from_dict(content), np.ascontiguousarray(moves))
        answers.write(json.dumps({"id": content["id"], **dataclasses.asdict(again)}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
