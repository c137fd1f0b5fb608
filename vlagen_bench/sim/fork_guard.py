"""The guard that keeps the simulator out of forked processes.

SAPIEN and its Vulkan driver have threads, and a fork copies none of them: a child that goes on with its parent's
simulator waits forever.
"""

import os
from functools import cache

from vlagen_bench.errors import VlagenError


@cache
def _owner_pid() -> int:
    """The process that used the simulator first; a forked child has its parent's answer."""
    return os.getpid()


def check() -> None:
    """Called before the simulator is used; raises `VlagenError` in a process that was forked from one that used it."""
    if _owner_pid() != os.getpid():
        raise VlagenError(
            f"Process {os.getpid()} was forked from process {_owner_pid()}, which had used the simulator, and the "
            "simulator's threads do not survive a fork. Start processes with 'spawn' or 'forkserver', as "
            "vlagen_bench.make_vec does: gym.make_vec(..., vector_kwargs={'context': 'spawn'}), "
            "SubprocVecEnv(..., start_method='spawn'), multiprocessing.get_context('spawn')."
        )
