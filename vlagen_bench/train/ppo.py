"""Proximal policy optimisation with a value head, over decisions of several actions.

The recipe is that of Liu et al. (2025, section 4 and appendix B; released code of RL4VLA): a critic on the policy's
own vector, warm start from imitation, few epochs, generalised advantages, the potential reward. Three things of their code are
not taken over, and one is added:

* Their buffer spreads the summed log-probability of an action over its 7 columns, and the loss sums these again, so that the
  policy loss is 7 times what they state. Here a decision's loss counts once.
* They cast old log-probabilities, advantages and values to bfloat16 before the ratio: for a sum near -16 the spacing is 0.06, a
  noise of 3 % on a ratio whose clip is 20 %. Here all that follows the network's logits is float32, also under autocast.
* They treat the time limit as an end. Here what comes after it has the critic's value (`advantages.gae`).
* A decision is a chunk of actions, of which those count that were executed; `ratio: step` clips each of them.
"""

import numpy as np
import torch
from torch import Tensor
from torch.optim import AdamW

from vlagen_bench.policies.compact import sampling
from vlagen_bench.train import losses, rates
from vlagen_bench.train.actor_critic import ActorCritic
from vlagen_bench.train.advantages import gae_of, normalised
from vlagen_bench.train.config import PpoConfig
from vlagen_bench.train.devices import autocast
from vlagen_bench.train.numbers import Means
from vlagen_bench.train.trajectories import Decisions, Trajectory, minibatches

Numbers = dict[str, float]


def optimiser(model: ActorCritic, config: PpoConfig) -> AdamW:
    """AdamW with one learning rate for the policy and one for the critic."""
    return rates.optimiser(model.policy_parameters(), model.critic_parameters(), config, config.critic_lr)


def update(
    model: ActorCritic,
    optimizer: AdamW,
    trajectories: list[Trajectory],
    config: PpoConfig,
    random: np.random.RandomState,
    *,
    value_only: bool,
) -> Numbers:
    """One update from the rollouts of an iteration.

    Args:
        model: changed in place.
        optimizer: of `optimiser`; changed as well.
        trajectories: played by the same weights.
        config: of the run.
        random: draws the minibatches.
        value_only: whether the critic alone is trained; no other parameter moves then, not by weight decay either.

    Returns:
        What is logged of it.
    """
    data = model.looked_at(Decisions.of(trajectories, model.device), config)
    pairs = [gae_of(one, gamma=config.gamma, gae_lambda=config.gae_lambda) for one in trajectories]
    advantages = torch.from_numpy(normalised(np.concatenate([first for first, _ in pairs]))).to(data.device)
    returns = torch.from_numpy(np.concatenate([second for _, second in pairs])).to(data.device)
    said = {"explained_variance": losses.explained_variance(data.values, returns)}
    if value_only:
        return said | _update_critic(model, optimizer, data, returns, config, random, config.value_epochs)
    learned = _update_both(model, optimizer, data, advantages, returns, config, random)
    if learned["kl_stopped"]:  # the critic, which moves no action, has its share all the same
        after = _update_critic(model, optimizer, data, returns, config, random, config.epochs)
        learned["value_loss"] = after["value_loss"]
    return said | learned


def _update_critic(
    model: ActorCritic, optimizer: AdamW, data: Decisions, returns: Tensor, config: PpoConfig,
    random: np.random.RandomState, epochs: int,
) -> Numbers:  # fmt: skip
    means = Means()
    with autocast(config.precision, data.device):
        values_of = model.frozen_values(data, config.minibatch)
    for _ in range(epochs):
        for rows in minibatches(len(data), config.minibatch, random):
            with autocast(config.precision, data.device):
                values = values_of(rows)
            loss = losses.value_loss(values, data.values[rows], returns[rows], clip=0.0, huber_delta=config.huber_delta)
            step(optimizer, loss, config.max_grad_norm)
            means.add(value_loss=loss)
    return means.numbers() | {"optimiser_steps": means.count}


def _update_both(
    model: ActorCritic, optimizer: AdamW, data: Decisions, advantages: Tensor, returns: Tensor, config: PpoConfig,
    random: np.random.RandomState,
) -> Numbers:  # fmt: skip
    means, stopped, first_log_ratio, kl = Means(), False, None, torch.zeros(())
    for _ in range(config.epochs):
        for rows in minibatches(len(data), config.minibatch, random):
            with autocast(config.precision, data.device):
                logits, values = model(data.batch(rows))
            executed = data.executed[rows]
            new = sampling.step_log_probs(logits, data.tokens[rows], executed, config.temperature)
            log_ratio, weight = losses.log_ratios(
                new, data.log_probs[rows], sampling.is_executed(executed, new.shape[1]), config.ratio
            )
            if first_log_ratio is None:
                first_log_ratio = float(log_ratio.detach().abs().max())
            kl = losses.kl_of_decisions(new.detach(), data.log_probs[rows]).mean()
            stopped = bool(config.kl_stop and kl > config.kl_stop)
            if stopped:
                break
            policy_loss = losses.clipped_surrogate(log_ratio, weight, advantages[rows], config.clip)
            value_loss = losses.value_loss(
                values, data.values[rows], returns[rows], clip=config.value_clip, huber_delta=config.huber_delta
            )
            entropy = sampling.entropy(logits, config.temperature).mean()
            loss = policy_loss + config.value_coefficient * value_loss - config.entropy_coefficient * entropy
            rates.rise(optimizer, config)
            norm = step(optimizer, loss, config.max_grad_norm)
            means.add(
                policy_loss=policy_loss, value_loss=value_loss, entropy=entropy, kl=kl, grad_norm=norm,
                clip_fraction=losses.clip_fraction(log_ratio, weight, config.clip),
            )  # fmt: skip
        if stopped:
            break
    rates.follow(optimizer, config, stopped=stopped, kl=float(kl))
    return means.numbers() | {
        "optimiser_steps": means.count, "kl_last": float(kl), "kl_stopped": float(stopped),
        "first_log_ratio": first_log_ratio or 0.0, "lr": optimizer.param_groups[0]["lr"],
    }  # fmt: skip


def step(optimizer: AdamW, loss: Tensor, max_grad_norm: float) -> Tensor:
    """One step of the optimiser; the norm of the gradient before it was clipped. What has no gradient stays as it is."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_grad_norm)
    optimizer.step()
    return norm
