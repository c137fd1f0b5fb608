"""The losses against updates computed by hand, and on problems whose best policy is known."""

import math

import pytest
import torch

from vlagen_bench.train import losses
from vlagen_bench.train.advantages import group_advantages

HALF = math.log(0.5)
ALL = torch.ones(1, 1, dtype=torch.bool)


def softmax_step(theta, loss_of, lr=0.1):
    """Two logits after one step of gradient descent."""
    theta = torch.tensor(theta, requires_grad=True)
    loss_of(torch.log_softmax(theta, 0)).backward()
    return (theta - lr * theta.grad).detach().tolist()


def surrogate(new, old, advantage, executed=ALL, ratio="decision"):
    log_ratio, weight = losses.log_ratios(new, old, executed, ratio)
    return losses.clipped_surrogate(log_ratio, weight, torch.tensor(advantage), 0.2)


def test_a_step_of_ppo_is_what_it_is_by_hand():
    # At the start the ratio is 1, and the gradient of log p(0) is (1 - 0.5, -0.5).
    new = softmax_step([0.0, 0.0], lambda logs: surrogate(logs[:1, None], torch.tensor([[HALF]]), [1.0]))
    assert new == pytest.approx([0.05, -0.05])


def test_beyond_the_clip_nothing_is_gained():
    ahead = math.log(0.65 / 0.35)  # p(0) is 0.65, 1.3 times what it was
    new = softmax_step([ahead, 0.0], lambda logs: surrogate(logs[:1, None], torch.tensor([[HALF]]), [1.0]))
    assert new == pytest.approx([ahead, 0.0])


def test_beyond_the_clip_a_bad_action_is_still_made_rarer():
    ahead = math.log(0.65 / 0.35)
    new = softmax_step([ahead, 0.0], lambda logs: surrogate(logs[:1, None], torch.tensor([[HALF]]), [-1.0]))
    # The gradient of 1.3 is 1.3 * (1 - 0.65) = 0.455.
    assert new == pytest.approx([ahead - 0.0455, 0.0455])


def test_the_loss_of_a_decision_counts_once():
    """Not once for each of its seven tokens, or actions."""
    new = torch.full((1, 4), -3.0)
    assert float(surrogate(new, new, [2.0], torch.ones(1, 4, dtype=torch.bool))) == pytest.approx(-2.0)


def test_ratios_of_steps_are_clipped_one_by_one():
    new, old = torch.tensor([[math.log(1.5), math.log(0.9), 0.0]]), torch.zeros(1, 3)
    executed = torch.tensor([[True, True, False]])
    assert float(surrogate(new, old, [1.0], executed, "step")) == pytest.approx(-(1.2 + 0.9) / 2)
    assert float(surrogate(new, old, [1.0], executed)) == pytest.approx(-1.2)  # together 1.35


def test_the_share_of_clipped_ratios_counts_what_was_executed():
    log_ratio, weight = torch.tensor([[math.log(1.5), 0.0, 9.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    assert float(losses.clip_fraction(log_ratio, weight, 0.2)) == 0.5


def test_the_divergence_is_never_negative_and_zero_where_nothing_moved():
    assert float(losses.kl_k3(torch.zeros(()))) == 0
    assert (losses.kl_k3(torch.linspace(-2, 2, 41)) >= 0).all()


def test_the_divergence_is_estimated_without_bias():
    old, new = torch.tensor([0.5, 0.5]), torch.tensor([0.8, 0.2])
    exact = (old * (old / new).log()).sum()
    estimated = (old * losses.kl_k3((new / old).log())).sum()
    assert float(estimated) == pytest.approx(float(exact))


def test_the_loss_of_a_value_is_pessimistic_about_long_moves():
    values, old, returns = torch.tensor([1.0]), torch.tensor([0.0]), torch.tensor([1.0])
    # Clipped it is at 0.2, which is 0.8 away from the return.
    assert float(losses.value_loss(values, old, returns, clip=0.2, huber_delta=10.0)) == pytest.approx(0.32)
    assert float(losses.value_loss(values, old, returns, clip=0.0, huber_delta=10.0)) == 0


def test_the_loss_of_a_value_grows_linearly_from_delta_on():
    far = torch.tensor([3.0])
    assert float(losses.value_loss(far, far, torch.zeros(1), clip=0.0, huber_delta=1.0)) == pytest.approx(2.5)


def test_the_explained_variance_of_the_mean_is_zero():
    returns = torch.tensor([0.0, 1.0])
    assert losses.explained_variance(returns, returns) == 1
    assert losses.explained_variance(torch.full((2,), 0.5), returns) == 0
    assert math.isnan(losses.explained_variance(returns, torch.ones(2)))


def test_a_step_of_grpo_is_what_it_is_by_hand():
    # Returns 1 and 0: advantages 1 and -1. The gradient of -(r(0) - r(1)) / 2 at ratio 1 is -((0.5, -0.5) - (-0.5, 0.5)) / 2.
    advantages = group_advantages([1.0, 0.0], [0, 0], scaled=True).tolist()
    both = torch.ones(2, 1, dtype=torch.bool)
    new = softmax_step([0.0, 0.0], lambda logs: surrogate(logs[:, None], torch.full((2, 1), HALF), advantages, both))
    assert new == pytest.approx([0.05, -0.05])


def test_a_step_of_dpo_is_what_it_is_by_hand():
    # The loss is -log sigmoid(beta * (theta0 - theta1)), with the gradient -(beta / 2, -beta / 2) at the reference.
    new = softmax_step([0.0, 0.0], lambda logs: losses.preference_loss(logs[:1] - HALF, logs[1:] - HALF, 0.5))
    assert new == pytest.approx([0.025, -0.025])


def test_the_first_loss_of_dpo_is_ln_2():
    assert float(losses.preference_loss(torch.zeros(3), torch.zeros(3), 0.7)) == pytest.approx(math.log(2))


def test_the_best_policy_of_dpo_is_the_one_that_preferences_imply():
    """Where 0 is preferred in three of four pairs, the margin is logit(3/4) / beta (Rafailov et al., 2023)."""
    theta = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.SGD([theta], lr=0.5)
    for _ in range(2000):
        logs = torch.log_softmax(theta, 0)[torch.tensor([[0, 1], [0, 1], [0, 1], [1, 0]])]
        optimizer.zero_grad()
        losses.preference_loss(logs[:, 0] - HALF, logs[:, 1] - HALF, 0.5).backward()
        optimizer.step()
    assert float((theta[0] - theta[1]).detach()) == pytest.approx(math.log(3) / 0.5, rel=1e-3)


@pytest.mark.parametrize("algorithm", ["ppo", "grpo"])
def test_a_bandit_is_solved(algorithm):
    """Three arms that pay 0.2, 0.5 and 1: the last is taken nearly always."""
    pays, theta = torch.tensor([0.2, 0.5, 1.0]), torch.zeros(3, requires_grad=True)
    optimizer, generator = torch.optim.Adam([theta], lr=0.05), torch.Generator().manual_seed(0)
    for _ in range(60):
        with torch.no_grad():
            arms = torch.multinomial(torch.softmax(theta, 0), 32, replacement=True, generator=generator)
            old = torch.log_softmax(theta, 0)[arms]
        got = pays[arms]
        groups = torch.arange(32) // 8
        advantages = (
            got - got.mean()
            if algorithm == "ppo"
            else torch.from_numpy(group_advantages(got.numpy(), groups.numpy(), scaled=True))
        )
        for _ in range(4):
            optimizer.zero_grad()
            new = torch.log_softmax(theta, 0)[arms]
            surrogate(new[:, None], old[:, None], advantages.tolist(), torch.ones(32, 1, dtype=torch.bool)).backward()
            optimizer.step()
    assert float(torch.softmax(theta, 0)[2].detach()) > 0.95


def test_divergences_of_a_chunk_add_up_and_one_outlier_does_not_make_up_their_mean():
    generator = torch.Generator().manual_seed(0)
    old, new = (torch.randn(7, 8, generator=generator).log_softmax(1) for _ in range(2))
    exact = float((old.exp() * (old - new)).sum())
    drawn = torch.multinomial(old.exp(), 4096, replacement=True, generator=generator).T
    of_old, of_new = (logs.gather(1, drawn.T).T for logs in (old, new))  # (4096, 7): seven independent tokens
    assert losses.kl_of_decisions(of_new, of_old).mean() == pytest.approx(exact, rel=0.1)
    together = losses.kl_k3((of_new - of_old).sum(1))
    apart = losses.kl_of_decisions(of_new, of_old)
    assert apart.std() < 0.5 * together.std()
