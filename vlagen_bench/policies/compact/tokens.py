"""Action tokens: the bins that actions are divided into, in both directions."""

import numpy as np

from vlagen_bench.policies.compact.config import CompactConfig


def widths_of(config: CompactConfig) -> np.ndarray:
    """What one bin is worth in each dimension (7,): m, rad, and shares of the gripper's opening."""
    return np.asarray(config.limits) / (config.bins // 2 - 1)


def encode(actions: np.ndarray, config: CompactConfig) -> np.ndarray:
    """The tokens nearest to actions; what is beyond a limit gets the limit's.

    Args:
        actions: (..., 7) in metres, radians and the gripper's opening from -1 to +1.
        config: of the policy.

    Returns:
        int16 (..., 7): 1 to bins - 1, the middle of which is 0.
    """
    half = config.bins // 2
    steps = np.rint(np.asarray(actions, dtype=np.float64) / widths_of(config))
    return (np.clip(steps, 1 - half, half - 1) + half).astype(np.int16)


def decode(tokens: np.ndarray, config: CompactConfig) -> np.ndarray:
    """The actions float32 (..., 7) that tokens stand for; the inverse of `encode` on every token but 0, which is as 1."""
    half = config.bins // 2
    steps = np.clip(np.asarray(tokens, dtype=np.float64) - half, 1 - half, half - 1)
    return (steps * widths_of(config)).astype(np.float32)
