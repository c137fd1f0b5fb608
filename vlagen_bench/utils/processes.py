"""Helper processes: their end with the parent, the reason they ended, and their memory."""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PF_EXITING = 0x4  # linux/sched.h
FLAGS = 6
"""the place of a process's flags in /proc/PID/stat, counted after its name; proc(5)"""


def end_with_the_parent(by: signal.Signals = signal.SIGKILL) -> None:
    """This process gets this signal when the one that started it ends; even amid a long call, when nobody reads a pipe."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, by)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def ending(code: int) -> str:
    """What an exit code, as Python's processes have it, says: `was killed by SIGSEGV`, `ended with exit code 3`."""
    if code >= 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"was killed by {name}"


def is_ending(pid: int) -> bool:
    """A process was killed and is not yet gone, which takes seconds where much memory is freed on busy cores."""
    try:
        flags = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[FLAGS])
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    pending = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigPnd:", "ShdPnd:"))]
    return bool(flags & PF_EXITING) or any(mask >> (signal.SIGKILL - 1) & 1 for mask in pending)


def return_memory() -> None:
    """Gives freed memory back to the system, where the C library can; else it stays with the process."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def memory_mb(process: int | str = "self") -> float:
    """Its resident memory; 0 if it has died."""
    try:
        with open(f"/proc/{process}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0
