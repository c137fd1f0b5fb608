"""Decisions from logits: greedy or sampled at a temperature, and how likely a decision was."""

import torch
from torch import Tensor


def token_log_probs(logits: Tensor, tokens: Tensor, temperature: float) -> Tensor:
    """The log-probability of each token.

    Args:
        logits: (B, chunk, 7, bins).
        tokens: integers (B, chunk, 7).
        temperature: of the policy that is scored or trained; the same in rollouts and in training.

    Returns:
        float32 (B, chunk, 7).
    """
    scaled = torch.log_softmax(logits.float() / temperature, dim=-1)
    return scaled.gather(-1, tokens.long().unsqueeze(-1)).squeeze(-1)


def step_log_probs(logits: Tensor, tokens: Tensor, executed: Tensor, temperature: float) -> Tensor:
    """The log-probability of each action's seven tokens; 0 where it was not executed: an episode may end within a chunk.

    Args:
        logits: (B, chunk, 7, bins).
        tokens: integers (B, chunk, 7).
        executed: integers (B,): how many actions of each chunk were executed.
        temperature: as in the rollout.

    Returns:
        float32 (B, chunk).
    """
    of_steps = token_log_probs(logits, tokens, temperature).sum(-1)
    return of_steps * is_executed(executed, of_steps.shape[1])


def is_executed(executed: Tensor, chunk: int) -> Tensor:
    """Bool (B, chunk): which actions of each chunk were executed."""
    return torch.arange(chunk, device=executed.device) < executed[:, None]


def entropy(logits: Tensor, temperature: float) -> Tensor:
    """The mean entropy (B,) of a decision's tokens, in nats."""
    logs = torch.log_softmax(logits.float() / temperature, dim=-1)
    return -(logs.exp() * logs).sum(-1).mean((1, 2))


def sample(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """Tokens (B, chunk, 7) drawn at a temperature."""
    shares = torch.softmax(logits.float() / temperature, dim=-1)
    drawn = torch.multinomial(shares.flatten(0, -2), 1, generator=generator)
    return drawn.view(logits.shape[:-1])


def greedy(logits: Tensor) -> Tensor:
    """The most likely tokens (B, chunk, 7)."""
    return logits.argmax(-1)
