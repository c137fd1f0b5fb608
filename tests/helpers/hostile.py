"""Policies that do what is wrong, and the table of what comes of it.

`docs/hostile_policies.md` holds the same table.
"""

import json
import os
import pickle
import signal
import socket
import sys
import threading
import time

import numpy as np

from helpers.sins import SINS
from helpers.sins.catalogue import ENDS, FINE


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


class DiesLater(Good):
    """Its process ends a moment after it has answered: after the second, or the last question of some episodes."""

    def __init__(self, after="{}"):
        self.after = json.loads(after)

    def act(self, obs, instr):
        good = super().act(obs, instr)
        if self.after.get(self.episode) == self.steps:
            dies_soon()
        return good


class DiesLaterWithoutMemory:
    """The same, of one that is not told when an episode begins."""

    def __init__(self, after="{}"):
        self.after, self.steps = json.loads(after), {}

    def act(self, obs, instr):
        name = obs["episode_id"]
        # What it knows of its steps is in the observation, since the process may be another one.
        step = round({0.0: 1, 0.1: 2, 0.3: 3, 0.6: 4}[round(float(obs["state"][0]), 3)])
        if self.after.get(name) == step:
            dies_soon()
        return np.array([0.1 * step, 0, 0, 0, 0, 0, 1], np.float32)


def dies_soon():
    threading.Thread(target=lambda: (time.sleep(0.05), os._exit(3))).start()


class Framer(Good):
    """Writes into the connection to the harness a frame of its own; `frame` is the frame, as hexadecimal digits."""

    def __init__(self, frame, episode):
        self.frame, self.name = bytes.fromhex(frame), episode

    def act(self, obs, instr):
        if self.episode == self.name:
            wire = socket.socket(fileno=os.dup(json.loads(sys.argv[1])[1]))
            wire.sendall(len(self.frame).to_bytes(8, "big") + self.frame)
            time.sleep(60)
        return super().act(obs, instr)


BESIDES = (
    ("`reset` raises", "error of each episode: `policy: reset() raised KeyError: ...`", None),
    ("`spec` raises, or is not a mapping, or says another convention", "the run does not start: one sentence", None),
    ("the constructor raises, or calls sys.exit", "the run does not start: one sentence", None),
    ("the constructor crashes", ENDS, "the run does not start: one sentence, with what was printed last"),
    (
        "the constructor hangs",
        "**not guarded**: hangs until Ctrl-C",
        "the run does not start: one sentence after 600 s",
    ),
    ("its file or its constructor changes what `act` must not: directory, streams, signals, functions", FINE, None),
    (
        "its process ends between two calls",
        ENDS,
        "error of the episodes that it was playing: `its process ended with exit code 3 between two calls`; none where they had ended",
    ),
    ("writes frames of its own into the connection to the run", "no harm; there is none", "error of that episode"),
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


class Far:
    """50 m a step: the usual mistake of an adapter, larger."""

    def act(self, obs, instr):
        return np.full(7, 50.0)
