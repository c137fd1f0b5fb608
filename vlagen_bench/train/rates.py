"""The learning rate of the policy: its rise over the first steps, and how it follows the divergence of updates."""

from typing import Any

from torch.optim import AdamW

from vlagen_bench.train.config import TrainConfig

BASE = "base_lr"
"""key of a group of parameters: the rate after the rise, which is a part of a run's state"""
SMALLER, LARGER = 1.5, 1.5
WIDEST = 10.0
"""how far the rate goes from the configuration's, in either direction"""


def optimiser(policy: list[Any], critic: list[Any], config: TrainConfig, critic_lr: float | None = None) -> AdamW:
    """AdamW of the policy's parameters, and of the critic's if it has a rate."""
    groups: list[dict[str, Any]] = [{"params": policy, "lr": config.lr, BASE: config.lr}]
    if critic_lr is not None:
        groups.append({"params": critic, "lr": critic_lr, BASE: critic_lr})
    return AdamW(groups, weight_decay=config.weight_decay)


def rise(optimizer: AdamW, config: TrainConfig) -> float:
    """Sets the policy's rate for the next step, which depends on how many it has had; gives it.

    A parameter that the loss does not reach has had none, such as that of an adapter in a layer whose numbers nothing reads.
    """
    group = optimizer.param_groups[0]
    done = max(int(optimizer.state.get(one, {}).get("step", 0)) for one in group["params"])
    group["lr"] = group[BASE] * min(1.0, (done + 1) / max(1, config.warmup))
    return float(group["lr"])


def follow(optimizer: AdamW, config: TrainConfig, *, stopped: bool, kl: float) -> None:
    """Changes the rate of the next update after one that `kl_stop` ended, or that went less than half as far as it allows.

    As in Rudin et al., 2022 (rsl_rl), between updates instead of within them, since a batch of decisions is small here.
    """
    if not config.adaptive:
        return
    group = optimizer.param_groups[0]
    if stopped:
        group[BASE] = max(group[BASE] / SMALLER, config.lr / WIDEST)
    elif kl < config.kl_stop / 2:
        group[BASE] = min(group[BASE] * LARGER, config.lr * WIDEST)
