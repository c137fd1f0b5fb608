"""Advantages: generalised advantage estimation over chunks, and of groups of rollouts of the same episode."""

import numpy as np

from vlagen_bench.train.trajectories import Trajectory

NO_SPREAD = 1e-6
"""returns of a group that differ by less are the same"""


def chunk_rewards(rewards: np.ndarray, gamma: float) -> np.ndarray:
    """The rewards (T,) of decisions, from those of their control steps (T, K), discounted to the start of each chunk."""
    return rewards @ gamma ** np.arange(rewards.shape[1])


def gae(
    rewards: np.ndarray,
    executed: np.ndarray,
    values: np.ndarray,
    last_value: float,
    *,
    gamma: float,
    gae_lambda: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Advantages and returns of the decisions of one episode.

    A decision that lasts n control steps discounts what comes after it by gamma ** n, so that gamma means the same for
    every length of chunk; gae_lambda is of a decision.

    Args:
        rewards: (T, K), of each control step; 0 where there was none.
        executed: (T,), control steps of each decision.
        values: (T,), of the states before the decisions.
        last_value: of the state after the last one: 0 where the episode ended for good, the critic's value where time ran
            out. Liu et al.'s code takes 0 there too, so that its critic learns that a task which is nearly done at the time
            limit is worth nothing.
        gamma: discount of one control step.
        gae_lambda: of one decision.

    Returns:
        float32 (T,) advantages, and returns, which are advantages + values.
    """
    discounts = gamma ** np.asarray(executed, dtype=np.float64)
    values = np.asarray(values, dtype=np.float64)
    following = np.append(values[1:], last_value)
    errors = chunk_rewards(np.asarray(rewards, dtype=np.float64), gamma) + discounts * following - values
    advantages, running = np.zeros_like(values), 0.0
    for t in reversed(range(len(values))):
        advantages[t] = running = errors[t] + discounts[t] * gae_lambda * running
    return advantages.astype(np.float32), (advantages + values).astype(np.float32)


def gae_of(trajectory: Trajectory, *, gamma: float, gae_lambda: float) -> tuple[np.ndarray, np.ndarray]:
    """Advantages and returns (T,) of a trajectory."""
    return gae(
        trajectory.rewards, trajectory.executed, trajectory.values, trajectory.last_value if trajectory.truncated else 0.0,
        gamma=gamma, gae_lambda=gae_lambda,
    )  # fmt: skip


def normalised(advantages: np.ndarray) -> np.ndarray:
    """With mean 0 and standard deviation 1 over the whole iteration."""
    return ((advantages - advantages.mean()) / (advantages.std() + 1e-8)).astype(np.float32)


def group_advantages(returns: np.ndarray, groups: np.ndarray, *, scaled: bool) -> np.ndarray:
    """The advantage of each rollout over the mean of its group.

    Args:
        returns: (N,), of rollouts.
        groups: (N,), which group each is of: those that share the initial state.
        scaled: whether to divide by the standard deviation of the group (Shao et al., 2024); without, groups in which nearly all
            rollouts succeed, or nearly none, do not weigh more than their returns say (Liu et al., 2025, Dr. GRPO).

    Returns:
        float32 (N,), which sum to 0 in each group; all 0 in a group whose returns are the same.
    """
    returns = np.asarray(returns, dtype=np.float64)
    advantages = np.zeros_like(returns)
    for group in np.unique(groups):
        mine = groups == group
        apart = returns[mine] - returns[mine].mean()
        spread = apart.std()
        if spread > NO_SPREAD:
            advantages[mine] = apart / spread if scaled else apart
    return advantages.astype(np.float32)
