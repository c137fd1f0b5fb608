"""A world without a simulator: one number moves, and success is when it reaches its goal."""

import hashlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vlagen_bench.errors import AssetError
from vlagen_bench.policies.base import LoadedPolicy


@dataclass(frozen=True, kw_only=True)
class FakeStatus:
    success: bool
    success_once: bool
    distance_m: float


class FakeSim:
    """The first component of each action is added up; 1.0 is the goal, and is left again if it goes on."""

    instruction = ""

    def reset(self, episode):
        self.instruction = episode.instruction
        self.x, self.once = 0.0, False
        return self._status()

    def advance(self, action):
        self.x += float(action[0])
        return self._status()

    def observe(self):
        image = np.full((8, 8, 3), 7, np.uint8)
        return {"image": image, "images": {"camera": image}, "state": np.array([self.x], np.float32)}

    def state_hash(self):
        return hashlib.sha256(np.float32(self.x).tobytes()).hexdigest()[:16]

    def behaviour(self):
        """There is no arm."""

    def _status(self):
        success = abs(self.x - 1.0) < 1e-6
        self.once |= success
        return FakeStatus(success=success, success_once=self.once, distance_m=abs(1.0 - self.x))


@dataclass(frozen=True, kw_only=True)
class SignedStatus(FakeStatus):
    pid: int


class SignedSim(FakeSim):
    """Says in the metrics in which process it runs."""

    def _status(self):
        return SignedStatus(**vars(super()._status()), pid=os.getpid())


def wait_for(condition, limit_s=60):
    """Long: the machine may be busy."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TrapSim(FakeSim):
    """Something happens in the second step of one episode, as often as there are files left in a folder."""

    def __init__(self, what, episode_id, traps):
        self._happens, self._episode_id, self._traps = getattr(self, f"_{what}"), episode_id, Path(traps)

    @classmethod
    def set(cls, what, episode, traps, *, times):
        """The arguments of a simulator with its trap, which works so often in all processes together."""
        for number in range(times):
            (traps / f"trap-{number}").touch()
        return cls, what, episode.id, str(traps)

    def reset(self, episode):
        self._due = 2 if episode.id == self._episode_id else None
        return super().reset(episode)

    def advance(self, action):
        if self._due is not None:
            self._due -= 1
            if self._due == 0 and (traps := sorted(self._traps.glob("trap-*"))):
                traps[0].unlink()
                self._happens()
        return super().advance(action)

    def _kill(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def _exit(self):
        os._exit(3)

    def _hang(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGTERM})
        time.sleep(600)

    def _slow(self):
        time.sleep(1.5)

    def _wait(self):
        """Until whoever set the trap says that it is over."""
        wait_for((self._traps / "over").exists)

    def _grow(self):
        self.leak = np.ones(400_000_000, np.uint8)

    def _fail(self):
        raise RuntimeError("ErrorDeviceLost")

    def _complain(self):
        raise AssetError("A mesh is missing. Install the pack.")


class Stepper:
    """Reaches the goal in four steps."""

    def act(self, obs, instr):
        return np.array([0.25, 0, 0, 0, 0, 0, 1], np.float32)


class Counter:
    """Remembers its steps in one episode at a time: 0.1, 0.2, 0.3, 0.4 make 1.0."""

    def reset(self, episode_ids):
        self.steps = 0

    def act(self, obs, instr):
        self.steps += 1
        return np.array([0.1 * self.steps, 0, 0, 0, 0, 0, 1])


class Batcher:
    """Remembers the steps of each episode, and how many it was asked about at once; slow, as models are."""

    def __init__(self):
        self.steps, self.sizes = {}, []

    def reset(self, episode_ids):
        self.steps |= dict.fromkeys(episode_ids, 0)

    def act(self, obs, instr):
        raise AssertionError("act_batch is to be asked")

    def act_batch(self, observations, instrs):
        time.sleep(0.02)
        self.sizes.append(len(observations))
        return [self.one(obs["episode_id"]) for obs in observations]

    def one(self, episode_id):
        self.steps[episode_id] += 1
        return np.array([0.1 * self.steps[episode_id], 0, 0, 0, 0, 0, 1])


class Oracle:
    """Looks at the simulator itself."""

    privileged = True

    def attach(self, sim):
        self._sim = sim

    def act(self, obs, instr):
        return np.array([min(0.3, 1 - self._sim.x), 0, 0, 0, 0, 0, 1])


def loaded(policy, name="fake"):
    return LoadedPolicy(name=name, policy=policy, arguments={})


class PacedSim(FakeSim):
    def advance(self, action):
        time.sleep(0.02)
        return super().advance(action)


class Looker:
    """Acts by every pixel that it sees, and by what it saw before in this episode."""

    def reset(self, episode_ids):
        self._sum = np.zeros(7)

    def act(self, obs, instr):
        sums = (
            obs["image"].reshape(7, -1) if obs["image"].size % 7 == 0 else obs["image"].ravel()[:196000].reshape(7, -1)
        )
        self._sum = (0.5 * self._sum + np.sin(sums.sum(axis=1, dtype=np.int64))) % 1.0
        return self._sum * [0.02, 0.02, 0.02, 0.1, 0.1, 0.1, 1.0]


class CountingFilm:
    """Writes how many frames an episode has."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def write(self, result, frames):
        (self.folder / f"{result.episode.id}-{len(frames)}-{result.steps}-{os.getpid()}").touch()
