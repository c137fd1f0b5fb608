"""Grippers: which number opens, from where on, and how long a command is held."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

Polarity = Literal["plus_one_open", "plus_one_closed", "one_open", "one_closed"]
"""plus_one_*: from -1 to +1; one_*: from 0 to 1. `plus_one_open` is this package's, `plus_one_closed` LIBERO's, `one_open`
that of Open X-Embodiment (BridgeData, Fractal), `one_closed` DROID's"""
POLARITIES: tuple[Polarity, ...] = get_args(Polarity)


def ends(polarity: Polarity) -> tuple[float, float]:
    """The numbers that mean closed and open."""
    low = -1.0 if polarity.startswith("plus_one") else 0.0
    return (low, 1.0) if polarity.endswith("open") else (1.0, low)


def middle(polarity: Polarity) -> float:
    """The number half way between closed and open."""
    return sum(ends(polarity)) / 2


def to_plus_one_open(values: np.ndarray, polarity: Polarity, threshold: float | None = None) -> np.ndarray:
    """Gripper commands from +1 (open) to -1 (closed).

    Args:
        values: (...), a model's.
        polarity: which number opens there.
        threshold: in the model's numbers: what is above it means its higher end, all else but NaN its lower one. None: commands
            stay continuous, cut at both ends.
    """
    closed, opened = ends(polarity)
    values = np.asarray(values, np.float64)
    if threshold is not None:
        ended = np.where(values > threshold, max(closed, opened), min(closed, opened))
        values = np.where(
            np.isnan(values), values, ended
        )  # what is no number stays none, and is an error of the episode
    return np.clip(2 * (values - closed) / (opened - closed) - 1, -1, 1)


def from_plus_one_open(values: np.ndarray, polarity: Polarity) -> np.ndarray:
    """The inverse of `to_plus_one_open` without a threshold."""
    closed, opened = ends(polarity)
    return closed + (np.asarray(values, np.float64) + 1) / 2 * (opened - closed)


@dataclass(kw_only=True)
class StickyGripper:
    """A change of the gripper is held for some steps, whatever the model says meanwhile. One for each episode.

    Models that give *changes* of the gripper, such as those of the Google robot in SimplerEnv, hold them for 15 steps.
    """

    steps: int
    """how many control steps a change is held; 1: not at all"""
    _held: float | None = None
    _left: int = 0

    def next(self, command: float) -> float:
        """The command of this step, +1 open to -1 closed."""
        if np.isnan(command):
            return command
        if self._left > 0 and self._held is not None:
            self._left -= 1
            return self._held
        if self._held is not None and np.sign(command) != np.sign(self._held):
            self._left = self.steps - 1
        self._held = command
        return command
