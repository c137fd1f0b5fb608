"""What can a policy do wrong? A catalogue: each sin with its documented outcome, and policies that commit them.

`docs/hostile_policies.md` holds the same table.
"""

import _thread
import builtins
import ctypes
import decimal
import json
import math
import os
import pickle
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vlagen_bench.errors import PolicyError

FINE = "no harm"
ENDS = "**not guarded**: ends the run"
HANGS = "**not guarded**: hangs"
HARMS = "**not guarded**: may harm the run"


@dataclass(frozen=True)
class Sin:
    """Something that a policy does in `act`."""

    does: str
    """in words"""
    here: str
    """the outcome without --isolate: FINE, ENDS, HANGS, HARMS, or a part of the error's sentence"""
    apart: str
    """the outcome with --isolate: FINE, or a part of the error's sentence"""
    commit: Callable
    """(policy, obs, good action) -> answer"""

    @property
    def guarded(self):
        return "not guarded" not in self.here


SINS = {}
LATE, DIED = "act() took longer than {limit} s (--step-timeout)", "its process ended with exit code"


def sin(does, here, apart=None):
    def register(commit):
        SINS[commit.__name__] = Sin(does, here, here if apart is None else apart, commit)
        return commit

    return register


class Good:
    """Reaches the goal of the fake world in four steps, 0.1, 0.2, 0.3, 0.4; remembers one episode at a time."""

    def reset(self, episode_ids):
        (self.episode,) = episode_ids
        self.steps = 0

    def act(self, obs, instr):
        self.steps += 1
        return np.array([0.1 * self.steps, 0, 0, 0, 0, 0, 1], np.float32)


class Hostile(Good):
    """Good, but in the second step of some episodes. `sins` is JSON: by episode, the name of a sin."""

    def __init__(self, sins="{}"):
        self.sins = json.loads(sins)

    def act(self, obs, instr):
        good = super().act(obs, instr)
        if self.steps == 2 and self.episode in self.sins:
            return SINS[self.sins[self.episode]].commit(self, obs, good)
        return good


class HostileBatch:
    """The same for several episodes at once."""

    def __init__(self, sins="{}"):
        self.sins, self.each = json.loads(sins), {}

    def reset(self, episode_ids):
        for name in episode_ids:
            self.each[name] = Good()
            self.each[name].reset([name])

    def act(self, obs, instr):
        raise AssertionError("act_batch is to be asked")

    def act_batch(self, observations, instrs):
        return [self.one(obs) for obs in observations]

    def one(self, obs):
        policy = self.each[obs["episode_id"]]
        good = policy.act(obs, "")
        if policy.steps == 2 and policy.episode in self.sins:
            return SINS[self.sins[policy.episode]].commit(policy, obs, good)
        return good


# Exceptions.


@sin("raises an exception", "KeyError: 'weights'")
def exception(policy, obs, good):
    raise KeyError("weights")


@sin("raises an exception whose text raises", "Rude: (its text cannot be shown: ZeroDivisionError)")
def exception_without_text(policy, obs, good):
    class Rude(Exception):
        def __str__(self):
            return str(1 / 0)

    raise Rude


@sin("raises an exception with a megabyte of text and terminal escapes", "ValueError: ?[31m a lot")
def exception_with_much_text(policy, obs, good):
    raise ValueError("\x1b[31m\n" + "a lot " * 200_000 + "\ud800")


@sin("raises a subclass of BaseException", "Away")
def base_exception(policy, obs, good):
    class Away(BaseException):
        pass

    raise Away


@sin("raises KeyboardInterrupt", "KeyboardInterrupt")
def keyboard_interrupt(policy, obs, good):
    raise KeyboardInterrupt


@sin("raises StopIteration", "StopIteration")
def stop_iteration(policy, obs, good):
    raise StopIteration


@sin("raises GeneratorExit", "GeneratorExit")
def generator_exit(policy, obs, good):
    raise GeneratorExit


@sin("raises the harness's own error", "as you like")
def own_error(policy, obs, good):
    raise PolicyError("as you like")


@sin("calls sys.exit", "act() called sys.exit(0). Raise an exception instead, or return an action.")
def sys_exit(policy, obs, good):
    sys.exit(0)


@sin("recurses without end", "RecursionError: maximum recursion depth exceeded")
def recursion(policy, obs, good):
    return recursion(policy, obs, good)


# Answers.


@sin("returns NaN", "act() returned NaN or infinity")
def nan(policy, obs, good):
    return good * np.nan


@sin("returns infinity, or floats beyond float32", "act() returned NaN or infinity")
def infinity(policy, obs, good):
    return np.full(7, 1e300)


@sin("returns the wrong shape", "act() returned the shape (3,)")
def shape(policy, obs, good):
    return good[:3]


@sin("returns an empty chunk", "act() returned the shape (0, 7)")
def empty_chunk(policy, obs, good):
    return np.zeros((0, 7))


@sin("returns a chunk of a million actions", "act() returned a chunk of 1000000 actions. Return 10000 at most")
def huge_chunk(policy, obs, good):
    return np.zeros((1_000_000, 7), np.float32)


@sin("returns nothing", "act() returned NoneType of dtype object")
def nothing(policy, obs, good):
    return None


@sin("returns complex numbers", "act() returned ndarray of dtype complex128")
def complex_numbers(policy, obs, good):
    return good.astype(complex)


@sin("returns strings", "act() returned list of dtype <U1")
def strings(policy, obs, good):
    return ["0"] * 7


@sin("returns objects, such as decimals", "act() returned list of dtype object")
def objects(policy, obs, good):
    return [decimal.Decimal(0)] * 7


@sin("returns a ragged list", "act() returned a ragged list")
def ragged(policy, obs, good):
    return [[0.0] * 7, [0.0]]


@sin("returns a dict", "act() returned dict of dtype object")
def mapping(policy, obs, good):
    return {"actions": good}


@sin("returns a generator", "act() returned generator of dtype object")
def generator(policy, obs, good):
    return (value for value in good)


@sin("returns an object whose `__array__` raises", "TypeError: no array today")
def array_raises(policy, obs, good):
    class Array:
        def __array__(self, dtype=None, copy=None):
            raise TypeError("no array today")

    return Array()


@sin("returns an object whose `__array__` calls sys.exit", "act() called sys.exit(4)")
def array_exits(policy, obs, good):
    class Array:
        def __array__(self, dtype=None, copy=None):
            sys.exit(4)

    return Array()


@sin("returns an object whose `__array__` hangs", LATE)
def array_hangs(policy, obs, good):
    class Array:
        def __array__(self, dtype=None, copy=None):
            time.sleep(60)

    return Array()


@sin("returns objects whose `__float__` raises", "act() returned list of dtype object")
def float_raises(policy, obs, good):
    class Number:
        def __float__(self):
            raise RuntimeError

    return [Number()] * 7


@sin("returns a list that claims to be endless", "MemoryError")
def endless(policy, obs, good):
    class Endless:
        def __len__(self):
            return 2**62

        def __getitem__(self, index):
            return 0.0

    return Endless()


@sin("returns a torch tensor of the CPU", FINE)
def tensor(policy, obs, good):
    import torch

    return torch.from_numpy(good)


@sin("returns a torch tensor that requires grad", "RuntimeError: Can't call numpy() on Tensor that requires grad")
def tensor_with_grad(policy, obs, good):
    import torch

    return torch.from_numpy(good).requires_grad_()


@sin("returns a list of numbers, or another type of float", FINE)
def numbers(policy, obs, good):
    return good.astype(np.longdouble).tolist()


@sin("returns an array that it changes later", FINE)
def changing(policy, obs, good):
    threading.Timer(0.01, lambda: good.fill(np.nan)).start()
    return good


# Time.


@sin("sleeps, or loops in Python", LATE)
def hang(policy, obs, good):
    while True:
        try:
            time.sleep(60)
        except Exception:
            continue


@sin("goes on after every alarm, and answers too late", LATE)
def late(policy, obs, good):
    try:
        time.sleep(60)
    except BaseException:
        return good


@sin("hangs, and catches BaseException again and again", HANGS, LATE)
def stubborn(policy, obs, good):
    while True:
        try:
            time.sleep(60)
        except BaseException:
            continue


@sin("hangs with the alarm blocked, or inside a C library", HANGS, LATE)
def hang_in_c(policy, obs, good):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    time.sleep(60)


@sin("stops its process (SIGSTOP)", HANGS, LATE)
def stop(policy, obs, good):
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(60)


# What belongs to the whole process.


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


# Besides `act`: a class each, by the words of the table.


class BadReset(Good):
    def reset(self, episode_ids):
        raise KeyError(*episode_ids)


class BadSpec(Good):
    @property
    def spec(self):
        raise RuntimeError("no spec today")


class OddSpec(Good):
    spec = ("plus_one_open",)


class SlowClose(Good):
    def close(self):
        time.sleep(60)


class BadClose(Good):
    def close(self):
        sys.exit(1)


class BadStart(Good):
    def __init__(self):
        sys.exit("no GPU")


class Meddler(Good):
    """Leaves a mess where it is made."""

    def __init__(self):
        os.chdir("/")
        np.seterr(all="raise")
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        sys.stdout = None
        time.sleep = json.dumps = None


class DeadStart(Good):
    def __init__(self):
        print("loading")
        os._exit(3)


class SlowStart(Good):
    def __init__(self):
        time.sleep(60)


class BadAttribute(Good):
    @property
    def act_batch(self):
        raise RuntimeError("not yet")


class FewAnswers(HostileBatch):
    def act_batch(self, observations, instrs):
        return super().act_batch(observations, instrs)[1:]


class ManyAnswers(HostileBatch):
    def act_batch(self, observations, instrs):
        return super().act_batch(observations, instrs) * 2


class EndlessAnswers(HostileBatch):
    def act_batch(self, observations, instrs):
        while True:
            yield from super().act_batch(observations, instrs)


class OneArray(HostileBatch):
    def act_batch(self, observations, instrs):
        return np.stack(super().act_batch(observations, instrs))


class NoAnswers(HostileBatch):
    def act_batch(self, observations, instrs):
        return None


class AnswersByName(HostileBatch):
    def act_batch(self, observations, instrs):
        return {obs["episode_id"]: self.one(obs) for obs in observations}


class Forger(Good):
    """Writes into the connection to the harness what would create a file, if anyone unpickled it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)

    def act(self, obs, instr):
        for name in os.listdir("/proc/self/fd"):
            try:
                target = os.readlink(f"/proc/self/fd/{name}")
            except OSError:
                continue
            if target.startswith("socket:"):
                frame = pickle.dumps(self)
                os.write(int(name), len(frame).to_bytes(8, "big") + frame)
        return super().act(obs, instr)


BESIDES = (
    ("`reset` raises", "error of each episode: `policy: reset() raised KeyError: ...`", None),
    ("`spec` raises, or is no mapping, or says another convention", "the run does not start: one sentence", None),
    ("the constructor raises, or calls sys.exit", "the run does not start: one sentence", None),
    ("the constructor crashes", ENDS, "the run does not start: one sentence, with what was printed last"),
    (
        "the constructor hangs",
        "**not guarded**: hangs until Ctrl-C",
        "the run does not start: one sentence after 600 s",
    ),
    ("its file or its constructor changes what `act` must not: directory, streams, signals, functions", FINE, None),
    ("`close` raises or hangs", "no harm; noted once `--step-timeout` is over", None),
    ("`act_batch` returns too few, too many or endless answers, or none", "error of the episodes asked about", None),
    ("`act_batch` returns one wrong answer among right ones", "error of that episode", None),
    ("`act_batch` returns an array (n, 7) or (n, H, 7), a tuple, an iterator", "no harm", None),
    ("`act_batch` returns a dict by episode", "error of the episodes asked about", None),
    ("leaves threads behind that never end", "no harm; `vlagen-eval` ends without them", None),
    ("returns numbers that are no sane motion (1e30 m)", "no harm; the arm holds where it cannot reach", None),
)
"""does, outcome here, outcome apart (None: the same)"""


def table():
    """The rows of the table in docs/hostile_policies.md."""
    rows = [(sin.does, _outcome(sin.here), _outcome(sin.apart)) for sin in SINS.values()]
    rows += [(does, here, "the same" if apart is None else apart) for does, here, apart in BESIDES]
    return [f"| {does} | {here} | {'the same' if apart == here else apart} |" for does, here, apart in rows]


def _outcome(text):
    if text.startswith("no harm") or "not guarded" in text:
        return text
    return f"error: `{text.format(limit='N')}`"
