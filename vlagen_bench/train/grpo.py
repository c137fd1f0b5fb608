"""Group relative policy optimisation: rollouts of the same episode are each other's baseline.

In Liu et al. (2025) the text has groups that share the initial state, 32 of 8 rollouts. Their released code has none: it
divides the non-zero rewards of a whole batch by their spread and takes the sum of what follows as the advantage. Here groups are
real: the simulator is reset to the same `Episode`, and only what the policy draws differs.
"""

import numpy as np
import torch
from torch import Tensor
from torch.optim import AdamW

from vlagen_bench.policies.compact import sampling
from vlagen_bench.train import losses, rates
from vlagen_bench.train.actor_critic import ActorCritic
from vlagen_bench.train.advantages import group_advantages
from vlagen_bench.train.config import GrpoConfig, TrainConfig
from vlagen_bench.train.devices import autocast
from vlagen_bench.train.numbers import Means
from vlagen_bench.train.policy import Policy
from vlagen_bench.train.ppo import step
from vlagen_bench.train.trajectories import Decisions, Trajectory, minibatches

Numbers = dict[str, float]


def optimiser(model: ActorCritic, config: TrainConfig) -> AdamW:
    """AdamW of the policy; the value head stays as it is."""
    return rates.optimiser(model.policy_parameters(), [], config)


def update(
    model: ActorCritic,
    optimizer: AdamW,
    trajectories: list[Trajectory],
    config: GrpoConfig,
    random: np.random.RandomState,
    *,
    reference: Policy,
) -> Numbers:
    """One update from the rollouts of an iteration, in groups of `config.group` that follow each other.

    Groups without spread have no gradient and are left out, as if they had not been played: a mean over them as well would
    make the step smaller the fewer groups are mixed. With a penalty on the divergence they are kept.

    Args:
        model: changed in place.
        optimizer: changed as well.
        trajectories: played by the same weights.
        config: of the run.
        random: draws the minibatches.
        reference: the frozen policy at the start of the run; asked only where `config.kl_coefficient` is not 0.
    """
    returns = np.array([one.discounted(config.gamma) for one in trajectories])
    of_rollouts = group_advantages(returns, np.arange(len(returns)) // config.group, scaled=config.scaled)
    mixed = (of_rollouts.reshape(-1, config.group) != 0).max(axis=1)
    said = {"mixed_groups": float(mixed.mean())}
    penalised = config.kl_coefficient > 0
    kept = [one for number, one in enumerate(trajectories) if penalised or mixed[number // config.group]]
    if not kept:
        return said | {"optimiser_steps": 0.0}
    data = Decisions.of(kept, model.device)
    kept_advantages = of_rollouts[np.repeat(penalised | mixed, config.group)]
    advantages = torch.from_numpy(kept_advantages).to(data.device)[data.trajectory]
    shares = shares_of(data, config.average)
    old_reference = log_probs_of(reference, data, config) if penalised else None
    data = model.looked_at(data, config)
    return said | _epochs(model, optimizer, data, advantages, shares, old_reference, config, random)


def shares_of(data: Decisions, average: str) -> Tensor:
    """Float32 (N,): how much each decision counts in the mean; 1 on average."""
    if average == "decision":
        return torch.ones(len(data), device=data.device)
    lengths = torch.bincount(data.trajectory).float()
    return (lengths.mean() / lengths)[data.trajectory]


def log_probs_of(network: Policy, data: Decisions, config: TrainConfig) -> Tensor:
    """The log-probabilities float32 (N, K) of all actions under a frozen policy; 0 where one was not executed."""
    parts = []
    for rows in torch.arange(len(data)).split(config.minibatch):
        with torch.no_grad(), autocast(config.precision, data.device):
            logits = network(data.batch(rows)).logits
        parts.append(sampling.step_log_probs(logits, data.tokens[rows], data.executed[rows], config.temperature))
    return torch.cat(parts)


def _epochs(
    model: ActorCritic, optimizer: AdamW, data: Decisions, advantages: Tensor, shares: Tensor, reference: Tensor | None,
    config: GrpoConfig, random: np.random.RandomState,
) -> Numbers:  # fmt: skip
    means, stopped, kl = Means(), False, torch.zeros(())
    for _ in range(config.epochs):
        for rows in minibatches(len(data), config.minibatch, random):
            with autocast(config.precision, data.device):
                logits = model.policy(data.batch(rows)).logits
            executed = data.executed[rows]
            new = sampling.step_log_probs(logits, data.tokens[rows], executed, config.temperature)
            log_ratio, weight = losses.log_ratios(
                new, data.log_probs[rows], sampling.is_executed(executed, new.shape[1]), config.ratio
            )
            kl = losses.kl_of_decisions(new.detach(), data.log_probs[rows]).mean()
            stopped = bool(config.kl_stop and kl > config.kl_stop)
            if stopped:
                break
            weight = weight * shares[rows, None]
            loss = losses.clipped_surrogate(log_ratio, weight, advantages[rows], config.clip)
            apart = torch.zeros((), device=data.device)
            if reference is not None:
                apart = (losses.kl_of_decisions(reference[rows], new) * shares[rows]).mean()
            rates.rise(optimizer, config)
            norm = step(optimizer, loss + config.kl_coefficient * apart, config.max_grad_norm)
            means.add(
                policy_loss=loss, kl=kl, kl_reference=apart, grad_norm=norm,
                clip_fraction=losses.clip_fraction(log_ratio, weight, config.clip),
                entropy=sampling.entropy(logits.detach(), config.temperature).mean(),
            )  # fmt: skip
        if stopped:
            break
    rates.follow(optimizer, config, stopped=stopped, kl=float(kl))
    return means.numbers() | {
        "optimiser_steps": float(means.count), "kl_last": float(kl), "kl_stopped": float(stopped),
        "lr": optimizer.param_groups[0]["lr"],
    }  # fmt: skip
