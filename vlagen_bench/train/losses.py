"""The losses of policies and critics as pure functions of tensors, in float32."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

LARGEST_LOG_RATIO = 20.0
"""of which the exponential is still a number to go on with"""

Ratio = Literal["decision", "step"]


def log_ratios(new: Tensor, old: Tensor, executed: Tensor, ratio: Ratio) -> tuple[Tensor, Tensor]:
    """What is compared with 1, and how much each of it counts.

    Args:
        new: (B, K), the log-probabilities of actions under the policy that is trained; 0 where one was not executed.
        old: (B, K), under the one that played.
        executed: bool (B, K).
        ratio: `decision` for all actions of a chunk together, `step` for each.

    Returns:
        log-ratios and weights, both (B, 1) or (B, K).
    """
    apart = (new.float() - old.float()).clamp(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO)
    if ratio == "step":
        return apart, executed.float()
    together = apart.sum(1, keepdim=True).clamp(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO)
    return together, torch.ones_like(together)


def clipped_surrogate(log_ratio: Tensor, weight: Tensor, advantages: Tensor, clip: float) -> Tensor:
    """The loss of PPO's policy, a mean over what counts.

    Args:
        log_ratio: (B, 1) or (B, K).
        weight: the same shape; 0 for what does not count.
        advantages: (B,), of decisions.
        clip: how far the ratio may go before it stops helping.
    """
    ratio, gain = log_ratio.exp(), advantages.float()[:, None]
    lower = torch.minimum(ratio * gain, ratio.clamp(1 - clip, 1 + clip) * gain)
    return -(lower * weight).sum() / weight.sum()


def clip_fraction(log_ratio: Tensor, weight: Tensor, clip: float) -> Tensor:
    """The share of ratios beyond the clip."""
    beyond = ((log_ratio.exp() - 1).abs() > clip).float()
    return (beyond * weight).sum() / weight.sum()


def kl_k3(log_ratio: Tensor) -> Tensor:
    """Unbiased, never negative estimates of KL(old || new) from samples of the old policy (Schulman, 2020, k3)."""
    return log_ratio.exp() - 1 - log_ratio


def kl_of_decisions(new: Tensor, old: Tensor) -> Tensor:
    """The divergences (B,) of decisions, from log-probabilities (B, K) of their actions, 0 where one was not executed.

    Actions of a chunk are drawn independently of each other, so that their divergences add up. Estimated of each action, the sum
    has a far lighter tail than one estimate of the whole decision, in which one of 256 decisions can make up all of the mean.
    """
    return kl_k3(new - old).sum(1)


def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, *, clip: float, huber_delta: float) -> Tensor:
    """The loss of a critic: Huber, and pessimistic about moves of more than `clip` from the old values; 0: about none."""
    plain = functional.huber_loss(values.float(), returns, reduction="none", delta=huber_delta)
    if clip:
        near = old_values + (values.float() - old_values).clamp(-clip, clip)
        plain = torch.maximum(plain, functional.huber_loss(near, returns, reduction="none", delta=huber_delta))
    return plain.mean()


def explained_variance(values: Tensor, returns: Tensor) -> float:
    """1 for a critic that knows the returns, 0 for one that knows their mean, less for a worse one; NaN where all are the same."""
    spread = returns.var(unbiased=False)
    return float(1 - (returns - values).var(unbiased=False) / spread) if spread > 0 else float("nan")


def preference_loss(better: Tensor, worse: Tensor, beta: float) -> Tensor:
    """The loss of DPO on pairs: ln 2 where the policy is its reference.

    Args:
        better: (P,), of the better rollout of each pair the log-ratio of policy and reference.
        worse: (P,), of the worse one.
        beta: how far the policy is held to the reference.
    """
    return -functional.logsigmoid(beta * (better.float() - worse.float())).mean()
