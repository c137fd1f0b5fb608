"""Processes that end."""

import os
import signal
import subprocess
import sys
import time

from vlagen_bench.utils.processes import is_ending


def test_a_killed_process_is_ending_until_its_parent_has_taken_note():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        assert not is_ending(child.pid) and not is_ending(os.getpid())
    finally:
        os.kill(child.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while not is_ending(child.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert is_ending(child.pid)
    child.wait()
    assert not is_ending(child.pid)
