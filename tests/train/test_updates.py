"""The updates of the compact network: their first step, what they leave as it is, and that they learn."""

import copy
import dataclasses
import math

import numpy as np
import pytest
import torch

from helpers import trained
from helpers.trained import model_of, played, tiny_config
from vlagen_bench.errors import ConfigError
from vlagen_bench.policies.compact import sentences
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.train import dpo, grpo, losses, ppo, rates
from vlagen_bench.train.config import DpoConfig, GrpoConfig, PpoConfig
from vlagen_bench.train.trajectories import Decisions, minibatches

ROUNDING = 1e-5
"""of a log-probability of 14 tokens: sums of other batches may be added in another order, a few units of 2 ** -20"""


@pytest.fixture(autouse=True)
def _vectors(monkeypatch):
    monkeypatch.setattr(sentences, "vectors", trained.same_vectors)


def update(model, config, trajectories=None, optimizer=None, **more):
    trajectories = trajectories or played(model, config)
    module = {PpoConfig: ppo, GrpoConfig: grpo, DpoConfig: dpo}[type(config)]
    optimizer = optimizer or (ppo if module is ppo else grpo).optimiser(model, config)
    return module.update(model, optimizer, trajectories, config, np.random.RandomState(0), **more)


def weights(parameters):
    return [parameter.detach().clone() for parameter in parameters]


def equal(before, now):
    return all(map(torch.equal, before, now))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_the_first_ratio_of_ppo_is_1(temperature, precision):
    """Rollout and training give an action the same probability: the temperature is one, and so is the precision."""
    said = update(model_of(), tiny_config(temperature=temperature, precision=precision), value_only=False)
    assert said["first_log_ratio"] < ROUNDING


def test_another_temperature_would_be_seen_at_the_first_ratio():
    model = model_of()
    said = update(model, tiny_config(), played(model, tiny_config(temperature=0.6)), value_only=False)
    assert said["first_log_ratio"] > 0.1


def test_the_first_loss_of_dpo_is_ln_2():
    model = model_of()
    said = update(model, tiny_config(DpoConfig, group=4), reference=copy.deepcopy(model.policy))
    assert said["pairs"] > 0
    assert said["first_loss"] == pytest.approx(math.log(2), abs=1e-6)


@pytest.mark.parametrize("kind", [DpoConfig, GrpoConfig])
def test_a_divergence_is_the_sum_of_those_of_actions(kind, monkeypatch):
    """One estimate of a whole decision has a heavy tail; PPO, GRPO and DPO estimate it alike, and so does the penalty of GRPO."""
    model, config = model_of(), tiny_config(kind, group=4, epochs=1)
    played_before = played(model, config, count=16)
    reference = copy.deepcopy(model.policy)
    with torch.no_grad():
        for parameter in model.policy_parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    seen, estimate = [], losses.kl_of_decisions
    monkeypatch.setattr(losses, "kl_of_decisions", lambda new, old: seen.append((new, old)) or estimate(new, old))
    penalty = {"kl_coefficient": 0.1} if kind is GrpoConfig else {}
    said = update(model, dataclasses.replace(config, **penalty), played_before, reference=reference)
    ways = 1 + bool(penalty)
    assert len(seen) == ways * said["optimiser_steps"]
    new, old = seen[0]
    assert new.shape[1] > 1 and new.shape == old.shape, "of actions"
    assert said["kl"] == pytest.approx(np.mean([float(estimate(*one).mean()) for one in seen[::ways]]))
    assert 0 < said["kl"] < 10
    if penalty:
        assert said["kl_reference"] > 0


@pytest.mark.parametrize("critic", ["shared", "detached", "separate"])
def test_while_the_critic_warms_up_nothing_else_moves(critic):
    model, config = model_of(critic), tiny_config(critic=critic)
    policy, head = weights(model.policy_parameters()), weights(model.critic_parameters())
    optimizer, trajectories = ppo.optimiser(model, config), played(model, config)
    update(model, config, trajectories, optimizer, value_only=True)
    assert equal(policy, model.policy_parameters())
    assert not equal(head, model.critic_parameters())
    update(model, config, trajectories, optimizer, value_only=False)
    assert not equal(policy, model.policy_parameters())


def test_the_critic_learns_what_a_state_is_worth():
    """After the first chunk only those go on who failed: these states are worth nothing, the first is worth the success rate."""
    model, config = model_of(), tiny_config(critic_lr=1e-2, value_epochs=30, gae_lambda=1.0, gamma=1.0)
    trajectories = played(model, config, count=64)
    update(model, config, trajectories, value_only=True)
    data = Decisions.of(trajectories)
    with torch.no_grad():
        values = model.frozen_values(data, 32)(torch.arange(len(data)))
    is_first = data.state[:, 0] == 0
    rate = 1.1 * np.mean([one.success for one in trajectories])
    assert float(values[is_first].mean()) == pytest.approx(rate, abs=0.1)
    assert abs(float(values[~is_first].mean())) < 0.1


@pytest.mark.parametrize(
    ("critic", "moves"), [("shared", True), ("detached", False), ("separate", False)]
)  # fmt: skip
def test_only_a_shared_critic_trains_the_backbone(critic, moves):
    """Without an advantage and without weight decay, the value loss is all that is left."""
    model, config = model_of(critic), tiny_config(critic=critic, weight_decay=0.0, epochs=1, value_clip=0.0)
    before = weights(model.policy_parameters())
    same_rewards = [trained.made([[0.0, 0.0]], truncated=True, values=[0.5]) for _ in range(8)]
    update(model, config, same_rewards, value_only=False)
    assert equal(before, model.policy_parameters()) != moves


def test_a_separate_critic_begins_as_a_copy():
    model = model_of("separate")
    assert equal(model.policy.parameters(), model.critic.parameters())


def test_what_is_frozen_stays_as_it_is():
    model, config = model_of(), tiny_config()
    model.freeze(["eyes", "words"])
    frozen = weights([*model.policy.eyes.parameters(), *model.policy.words.parameters()])
    trunk = weights(model.policy.trunk.parameters())
    update(model, config, value_only=False)
    assert equal(frozen, [*model.policy.eyes.parameters(), *model.policy.words.parameters()])
    assert not equal(trunk, model.policy.trunk.parameters())


@pytest.mark.parametrize("kind", [PpoConfig, GrpoConfig, DpoConfig])
def test_frozen_eyes_look_once_at_each_picture_and_the_update_is_the_same(kind, monkeypatch):
    """Twice: with what they saw, and with a look in every minibatch."""
    config = tiny_config(kind, epochs=3, **({} if kind is PpoConfig else {"group": 4}))
    trajectories = played(model_of(), config)
    looks, look, after = [], CompactNetwork.look, {}
    monkeypatch.setattr(CompactNetwork, "look", lambda self, batch: looks.append(len(batch)) or look(self, batch))
    for name in ("once", "always"):
        model = model_of()
        model.freeze(["eyes", "words"])
        more = {"value_only": False} if kind is PpoConfig else {"reference": copy.deepcopy(model.policy)}
        if name == "always":
            monkeypatch.setattr(type(model), "looked_at", lambda self, data, config: data)
        looks.clear()
        update(model, config, trajectories, **more)
        after[name] = (weights(model.policy_parameters()), sum(looks))
    (first, few), (again, many) = after["once"], after["always"]
    for one, other in zip(first, again, strict=True):
        assert torch.allclose(one, other, atol=1e-6)
    reference = 1 if kind is DpoConfig else 0
    assert many / few == pytest.approx((3 + reference) / (1 + reference), rel=0.01)


@pytest.mark.parametrize("frozen", [[], ["eyes"], ["words"]])
@pytest.mark.parametrize("critic", ["shared", "separate"])
def test_what_training_changes_is_looked_at_every_time(critic, frozen):
    model, config = model_of(critic), tiny_config(critic=critic)
    data = Decisions.of(played(model, config, count=4))
    model.freeze(frozen)
    assert model.looked_at(data, config).seen is None
    model.freeze(["eyes", "words"])
    assert (model.looked_at(data, config).seen is None) == (critic == "separate")


@pytest.mark.parametrize("name", ["ears", "critic"])
def test_only_parts_of_the_policy_can_be_frozen(name):
    with pytest.raises(ConfigError, match=f"There is no part '{name}'"):
        model_of().freeze([name])


def test_an_update_ends_where_it_goes_too_far():
    said = update(model_of(), tiny_config(kl_stop=1e-9, epochs=8), value_only=False)
    assert said["kl_stopped"] == 1 and said["optimiser_steps"] == 1


def test_after_an_update_that_was_stopped_the_critic_learns_all_the_same():
    model, config = model_of(), tiny_config(kl_stop=1e-9, epochs=8, critic_lr=1e-3)
    optimizer, trajectories = ppo.optimiser(model, config), played(model, config)
    update(model, config, trajectories, optimizer, value_only=False)
    steps = [int(optimizer.state[group["params"][0]]["step"]) for group in optimizer.param_groups]
    assert steps[0] == 1 and steps[1] > 8


def test_the_rate_rises_over_the_first_steps():
    model, config = model_of(), tiny_config(warmup=4, lr=1e-3)
    optimizer, found = ppo.optimiser(model, config), []
    for _ in range(6):
        found.append(rates.rise(optimizer, config))
        ppo.step(optimizer, sum(parameter.sum() for parameter in model.policy_parameters()), 1.0)
    assert found == pytest.approx([0.25e-3, 0.5e-3, 0.75e-3, 1e-3, 1e-3, 1e-3])


def test_an_adaptive_rate_follows_the_divergence():
    model, config = model_of(), tiny_config(adaptive=True, kl_stop=0.02, lr=1e-3)
    optimizer = ppo.optimiser(model, config)

    def after(**update):
        rates.follow(optimizer, config, **update)
        return optimizer.param_groups[0][rates.BASE]

    assert after(stopped=True, kl=0.05) == pytest.approx(1e-3 / 1.5)
    assert after(stopped=False, kl=0.015) == pytest.approx(1e-3 / 1.5)
    assert after(stopped=False, kl=0.005) == pytest.approx(1e-3)
    assert [after(stopped=False, kl=0.0) for _ in range(9)][-1] == pytest.approx(1e-2)


def test_grpo_leaves_groups_without_spread_out():
    model, config = model_of(), tiny_config(GrpoConfig, group=2, rollouts=trained.RolloutConfig(episodes=4))
    before = weights(model.policy.parameters())
    alike = [trained.made([[0.0, 0.0]], truncated=True) for _ in range(4)]
    said = update(model, config, alike, reference=model.policy)
    assert said == {"mixed_groups": 0.0, "optimiser_steps": 0.0}
    assert equal(before, model.policy.parameters())


def test_in_a_mean_over_episodes_each_counts_alike():
    data = Decisions.of([trained.made(np.zeros((1, 2))), trained.made(np.zeros((3, 2)))])
    shares = grpo.shares_of(data, "episode")
    assert shares.tolist() == pytest.approx([2.0, 2 / 3, 2 / 3, 2 / 3])
    assert grpo.shares_of(data, "decision").tolist() == [1, 1, 1, 1]


def test_pairs_are_of_one_group_and_apart_by_the_margin():
    returns, groups = np.array([1.1, 0.1, 0.0, 1.0, 0.0, 0.2]), np.array([0, 0, 0, 0, 1, 1])
    assert dpo.pairs_of(returns, groups, 0.5) == [(0, 2), (3, 1)]
    assert dpo.pairs_of(returns, groups, 0.15) == [(0, 2), (3, 1), (5, 4)]


def test_a_mean_of_log_ratios_does_not_grow_with_the_length():
    apart, trajectory = torch.tensor([1.0, 1.0, 1.0, 1.0]), torch.tensor([0, 1, 1, 1])
    assert dpo.of_trajectories(apart, trajectory, 2, "mean").tolist() == [1, 1]
    assert dpo.of_trajectories(apart, trajectory, 2, "sum").tolist() == [1, 3]


def test_minibatches_have_every_row_once_and_about_the_same_size():
    parts = minibatches(103, 32, np.random.RandomState(0))
    assert sorted(torch.cat(parts).tolist()) == list(range(103))
    assert [len(part) for part in parts] == [35, 34, 34]


@pytest.mark.parametrize(
    "config",
    [
        tiny_config(entropy_coefficient=0.0, critic_lr=3e-3),
        tiny_config(ratio="step"),
        tiny_config(GrpoConfig, group=8),
        tiny_config(DpoConfig, group=8, beta=1.0, lr=1e-2),
    ],
    ids=["ppo", "ppo by steps", "grpo", "dpo"],
)
def test_the_right_action_becomes_usual(config):
    """A quarter of the first actions is right; after a few iterations nearly all are."""
    model = model_of()
    more = {"value_only": False} if isinstance(config, PpoConfig) else {"reference": copy.deepcopy(model.policy)}
    optimizer = (ppo if isinstance(config, PpoConfig) else grpo).optimiser(model, config)
    trajectories = played(model, config, count=64)
    first = np.mean([one.success for one in trajectories])
    for _ in range(15):
        update(model, config, trajectories, optimizer, **more)
        trajectories = played(model, config, count=64)
    assert first < 0.5 < 0.9 < np.mean([one.success for one in trajectories])
