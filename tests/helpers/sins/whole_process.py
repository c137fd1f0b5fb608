"""Sins: what harms the whole process."""

import _thread
import builtins
import ctypes
import json
import math
import os
import platform
import random
import signal
import sys
import threading
import time

import numpy as np

from helpers.sins.catalogue import ENDS, FINE, HARMS, catalogue

SINS, sin = catalogue()
UPWARD = 0x800 if platform.machine() == "x86_64" else 0x400000
"""FE_UPWARD"""


@sin("calls os._exit", ENDS, "its process ended with exit code 7 in act()")
def os_exit(policy, obs, good):
    os._exit(7)


@sin("crashes (a segmentation fault)", ENDS, "its process was killed by SIGSEGV in act()")
def segfault(policy, obs, good):
    ctypes.string_at(0)


@sin("calls abort, as C++ libraries do", ENDS, "its process was killed by SIGABRT in act()")
def abort(policy, obs, good):
    os.abort()


@sin("sends itself SIGINT, as Ctrl-C does", "**not guarded**: ends the run, as Ctrl-C does", "KeyboardInterrupt")
def interrupt(policy, obs, good):
    _thread.interrupt_main()
    time.sleep(1)


@sin("allocates 10 GB", HARMS, "MemoryError")
def memory(policy, obs, good):
    policy.hoard = np.ones(10 * 10**9, np.uint8)
    return good


@sin("prints megabytes", "no harm; all is shown", "no harm; `policy.log` keeps the first 10 MB")
def megabytes(policy, obs, good):
    for _ in range(30):
        print("x" * 100_000)
    return good


@sin("starts threads", FINE)
def threads(policy, obs, good):
    for _ in range(50):
        threading.Thread(target=time.sleep, args=(3,)).start()
    return good


@sin("forks, and the copy goes on", FINE)
def fork(policy, obs, good):
    os.fork()
    return good


@sin("starts processes and leaves them", "no harm to results; they stay", FINE)
def processes(policy, obs, good):
    if os.fork() == 0:
        time.sleep(10)
        os._exit(0)
    return good


@sin("changes the observation in place", FINE)
def scribble(policy, obs, good):
    obs["image"][:] = 0
    obs["state"][:] = np.nan
    obs["images"].clear()
    obs.clear()
    return good


@sin("seeds Python's and numpy's global random numbers", FINE)
def seed(policy, obs, good):
    random.seed(0)
    np.random.seed(0)
    return good


@sin("changes the working directory, even to one that is gone", FINE)
def directory(policy, obs, good):
    os.makedirs("/tmp/vlagen-gone", exist_ok=True)
    os.chdir("/tmp/vlagen-gone")
    os.rmdir("/tmp/vlagen-gone")
    return good


@sin("makes numpy raise for every overflow, lowers the recursion limit", FINE)
def settings(policy, obs, good):
    np.seterr(all="raise")
    sys.setrecursionlimit(sys.getrecursionlimit() + 7)
    return good


@sin("rounds another way, and flushes tiny numbers to zero", FINE)
def floating_point_mode(policy, obs, good):
    libm = ctypes.CDLL("libm.so.6")
    mode = ctypes.create_string_buffer(64)
    libm.fegetenv(mode)
    if platform.machine() == "x86_64":  # MXCSR, in the last four of its 32 bytes: flush to zero, denormals are zero
        mode[29:30] = bytes([mode.raw[29] | 0x80])
        mode[28:29] = bytes([mode.raw[28] | 0x40])
    libm.fesetenv(mode)
    libm.fesetround(UPWARD)
    return good


@sin("replaces functions of builtins, os, math, random, json, time and numpy", "RuntimeError: patched")
def patch(policy, obs, good):
    class broken:
        def __new__(cls, *arguments, **named):
            raise RuntimeError("patched")

    for module, names in (
        (time, ("monotonic", "perf_counter", "time", "sleep")),
        (np, ("asarray", "isfinite", "stack", "array", "zeros", "float32", "sin")),
        (np.linalg, ("norm",)),
        (np.random, ("RandomState", "default_rng")),
        (builtins, ("len", "sum", "open")),
        (math, ("prod",)),
        (json, ("dumps", "loads")),
        (os, ("getpid", "chdir", "replace", "fsync")),
    ):
        for name in names:
            setattr(module, name, broken)
    return good


@sin("replaces functions of other modules that the harness or the simulator use", HARMS, FINE)
def patch_others(policy, obs, good):
    import hashlib

    hashlib.sha256 = None
    return good


@sin("installs signal handlers, ignores Ctrl-C and the end of children, sets timers", FINE)
def handlers(policy, obs, good):
    for number in (signal.SIGINT, signal.SIGALRM, signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    return good


@sin("closes or replaces standard output and error, or their file descriptors", FINE)
def stdout(policy, obs, good):
    sys.stdout.close()
    sys.stdout = None
    os.close(1)
    os.close(2)
    return good


@sin("closes all file descriptors", HARMS, "its process")
def descriptors(policy, obs, good):
    os.closerange(0, 256)
    return good
