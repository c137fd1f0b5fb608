"""Processes that end."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.places import PACKAGE
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


POOL = """
import os, time
from vlagen_bench.utils import spawned

if __name__ == "__main__":
    with spawned.pool(1) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        pool.submit(time.sleep, 60).result()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_processes_of_a_pool_end_with_the_one_that_made_it(how, tmp_path):
    (tmp_path / "program.py").write_text(POOL)
    words = [sys.executable, str(tmp_path / "program.py")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(how)
    until = time.monotonic() + 20
    while Path(f"/proc/{child}").exists() and not is_ending(child):
        assert time.monotonic() < until, "it goes on alone"
        time.sleep(0.05)


def test_every_pool_is_one_of_these():
    made = [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if re.search(r"ProcessPoolExecutor\(|\.Pool\(", path.read_text(encoding="utf-8"))
    ]
    assert made == ["utils/spawned.py"]


FRAGMENTED = """
from vlagen_bench.utils.processes import memory_mb, return_memory
large = bytearray(30_000_000)
del large  # from now on the C library takes blocks of up to this size from the heap, and keeps them
blocks = [(bytearray(300_000), bytearray(2_000)) for _ in range(1_000)]
small = [one for _, one in blocks]  # lie between them
del blocks
before = memory_mb()
return_memory()
print(before - memory_mb())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's C library can")
def test_freed_memory_goes_back_to_the_system():
    said = subprocess.run([sys.executable, "-c", FRAGMENTED], capture_output=True, text=True, check=True)
    assert float(said.stdout) > 200
