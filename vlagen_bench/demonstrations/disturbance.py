"""Disturbances of demonstrations: noise in what is executed, and the step at which another policy is taken over from."""

from dataclasses import dataclass

import numpy as np

from vlagen_bench.errors import ConfigError
from vlagen_bench.types import Episode
from vlagen_bench.utils.seeding import stream

MOST_M, MOST_RAD = 0.025, 0.25
"""the largest noise along each axis, and about each"""
FIRST_TAKEOVER, LAST_TAKEOVER = 4, 31
"""steps of the other policy before the demonstrator takes over, both possible"""


@dataclass(frozen=True, kw_only=True)
class Noise:
    """How much of what is executed differs from what was decided."""

    steps: float = 0.0
    """share of the steps of a noisy episode"""
    episodes: float = 0.5
    """share of the episodes that are noisy"""

    def __post_init__(self) -> None:
        for name, share in (("--noise", self.steps), ("--noise-episodes", self.episodes)):
            if not 0.0 <= share <= 1.0:
                raise ConfigError(f"{name} {share}: give a share from 0 to 1.")

    def of(self, episode: Episode, steps: int) -> np.ndarray:
        """What is added to each action of an episode: float32 (steps, 6), zero where nothing is.

        Uniform: up to 2.5 cm along each axis, and up to 0.25 rad about each. It depends on the episode alone.
        """
        rng = stream(episode.seed, "demonstrations", "noise", episode.id)
        noisy = rng.uniform() < self.episodes
        chosen = rng.uniform(size=steps) < self.steps
        added = rng.uniform(-1.0, 1.0, size=(steps, 6)) * ([MOST_M] * 3 + [MOST_RAD] * 3)
        added[~chosen | (not noisy)] = 0.0
        return added.astype(np.float32)


def takeover_step(episode: Episode) -> int:
    """How many steps the other policy has before the demonstrator takes over; depends on the episode alone."""
    rng = stream(episode.seed, "demonstrations", "takeover", episode.id)
    return int(rng.randint(FIRST_TAKEOVER, LAST_TAKEOVER + 1))
