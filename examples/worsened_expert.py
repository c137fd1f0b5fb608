"""A policy of a skill that can be chosen: the built-in expert, which sees everything some centimetres aside.

It reads the simulator, as the expert does: an oracle, marked as one and never ranked. It is of use where runs of differing
skill are needed, for example to try a report, a comparison or a stopping rule.

    vlagen-eval --policy examples/worsened_expert.py:WorsenedExpert --policy-args error_m=0.02
"""

import zlib
from dataclasses import replace
from typing import Any

import numpy as np

from vlagen_bench.policies.expert.facts import Facts
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.policies.expert.shapes import Frame

LOOKS_EVERY = 15
"""control steps, after which it sees things anew, and errs in another direction"""


class WorsenedExpert(Expert):
    """The expert with errors in where things are; an error of 0 is the expert itself."""

    def __init__(self, error_m: str = "0.02", seed: str = "0") -> None:
        """Errs along x and y by so much, in metres: the standard deviation of a normal distribution."""
        self._error_m, self._seed = float(error_m), int(seed)

    def reset(self, episode_ids: list[str]) -> None:
        """Forgets the last episode. Errors depend on the episode alone, so that a resumed run is the same."""
        super().reset(episode_ids)
        self._random = np.random.default_rng([self._seed, zlib.crc32(episode_ids[0].encode())])
        self._steps = 0
        self._errors: dict[str, np.ndarray] = {}

    def act(self, obs: Any, instr: str) -> np.ndarray:
        """The expert's action (7,), for where it takes things to be."""
        if self._steps % LOOKS_EVERY == 0:
            self._errors = {}
        self._steps += 1
        return super().act(obs, instr)

    def _shown(self) -> Facts:
        facts = super()._shown()
        poses = {role: self._aside(role, pose) for role, pose in sorted(facts.poses.items())}
        return replace(facts, poses=poses)

    def _aside(self, role: str, pose: Frame) -> Frame:
        if role not in self._errors:
            self._errors[role] = self._random.normal(scale=self._error_m, size=2)
        return replace(pose, origin=pose.origin + np.append(self._errors[role], 0.0))
