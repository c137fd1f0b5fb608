"""Direct preference optimisation on pairs of a better and a worse rollout of the same episode.

Liu et al. (2025) name trajectory-wise preference optimisation with success as the preference and publish no code of it. Here
a pair is of one `Episode`, so that nothing but what the policy drew tells its rollouts apart.

Failures last until the time limit and successes end early, so that a sum of log-ratios has more terms on the worse side: the loss
then falls fastest by making all actions of long rollouts less likely, whatever they are. `length: mean` takes the mean over a
rollout's decisions instead, in which both sides count alike; beta is of that mean.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.optim import AdamW

from vlagen_bench.policies.compact import sampling
from vlagen_bench.train import losses, rates
from vlagen_bench.train.actor_critic import ActorCritic
from vlagen_bench.train.config import DpoConfig
from vlagen_bench.train.devices import autocast
from vlagen_bench.train.grpo import log_probs_of
from vlagen_bench.train.numbers import Means
from vlagen_bench.train.policy import Policy
from vlagen_bench.train.ppo import step
from vlagen_bench.train.trajectories import Decisions, Trajectory, minibatches

Numbers = dict[str, float]


def pairs_of(returns: np.ndarray, groups: np.ndarray, margin: float) -> list[tuple[int, int]]:
    """Better and worse rollouts: in each group the best with the worst, the second best with the second worst, and so on.

    Args:
        returns: (N,).
        groups: (N,), which group each is of.
        margin: what the returns of a pair differ by at least.
    """
    found = []
    for group in np.unique(groups):
        ranked = sorted(np.flatnonzero(groups == group), key=lambda one: -returns[one])
        for better, worse in zip(ranked[: len(ranked) // 2], reversed(ranked), strict=False):
            if returns[better] - returns[worse] >= margin:
                found.append((int(better), int(worse)))
    return found


def of_trajectories(apart: Tensor, trajectory: Tensor, count: int, length: Literal["mean", "sum"]) -> Tensor:
    """Log-ratios (count,) of trajectories, from those of their decisions (N,)."""
    totals = torch.zeros(count, device=apart.device).index_add(0, trajectory, apart)
    return totals / torch.bincount(trajectory, minlength=count).clamp(min=1) if length == "mean" else totals


def update(
    model: ActorCritic,
    optimizer: AdamW,
    trajectories: Sequence[Trajectory],
    config: DpoConfig,
    random: np.random.RandomState,
    *,
    reference: Policy,
) -> Numbers:
    """One update from the rollouts of an iteration, in groups of `config.group` that follow each other.

    Args:
        model: changed in place.
        optimizer: changed as well.
        trajectories: of which pairs are made.
        config: of the run.
        random: draws the minibatches.
        reference: the frozen policy. Its log-probabilities are computed here as those of the trained policy are, and not taken
            from the rollouts, so that the first loss is ln 2 to the last bits of float32.
    """
    returns = np.array([one.total_reward for one in trajectories])
    pairs = pairs_of(returns, np.arange(len(returns)) // config.group, config.margin)
    said: Numbers = {"pairs": float(len(pairs))}
    if not pairs:
        return said | {"optimiser_steps": 0.0}
    used = sorted({one for pair in pairs for one in pair})
    data = Decisions.of([trajectories[one] for one in used], model.device)
    places = torch.tensor([[used.index(better), used.index(worse)] for better, worse in pairs]).to(data.device)
    frozen = log_probs_of(reference, data, config).sum(1)
    data = model.looked_at(data, config)
    means, stopped, first, last = Means(), False, float("nan"), 0.0
    for _ in range(config.epochs):
        for chosen in minibatches(len(pairs), config.pairs, random):
            mine = places[chosen]
            loss, numbers = _loss(model, data, frozen, mine, config)
            first = float(loss.detach()) if np.isnan(first) else first
            last = float(numbers["kl"])
            stopped = bool(config.kl_stop and last > config.kl_stop)
            if stopped:
                break
            rates.rise(optimizer, config)
            norm = step(optimizer, loss, config.max_grad_norm)
            means.add(loss=loss, grad_norm=norm, **numbers)
        if stopped:
            break
    rates.follow(optimizer, config, stopped=stopped, kl=last)
    return said | means.numbers() | {
        "optimiser_steps": float(means.count), "kl_last": last, "kl_stopped": float(stopped), "first_loss": first,
        "lr": optimizer.param_groups[0]["lr"],
    }  # fmt: skip


def _loss(
    model: ActorCritic, data: Decisions, frozen: Tensor, mine: Tensor, config: DpoConfig
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of some pairs, given as trajectories (P, 2), and what is logged of it."""
    rows = torch.isin(data.trajectory, mine.flatten()).nonzero().squeeze(1)
    with autocast(config.precision, data.device):
        logits = model.policy(data.batch(rows)).logits
    new = sampling.step_log_probs(logits, data.tokens[rows], data.executed[rows], config.temperature)
    ratios = of_trajectories(
        new.sum(1) - frozen[rows], data.trajectory[rows], int(data.trajectory.max()) + 1, config.length
    )
    better, worse = ratios[mine[:, 0]], ratios[mine[:, 1]]
    kl = losses.kl_of_decisions(new.detach(), data.log_probs[rows])
    return losses.preference_loss(better, worse, config.beta), {
        "kl": kl.mean(),
        "preferred": (better > worse).float().mean(),
        "better_log_ratio": better.mean(),
        "worse_log_ratio": worse.mean(),
    }
