"""A world without a simulator: one number moves, and success is when it reaches its goal."""

import hashlib
from dataclasses import dataclass

import numpy as np

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

    def _status(self):
        success = abs(self.x - 1.0) < 1e-6
        self.once |= success
        return FakeStatus(success=success, success_once=self.once, distance_m=abs(1.0 - self.x))


class Stepper:
    """Reaches the goal in four steps."""

    def act(self, obs, instr):
        return np.array([0.25, 0, 0, 0, 0, 0, 1], np.float32)


def loaded(policy, name="fake"):
    return LoadedPolicy(name=name, policy=policy, arguments={})
