"""Decisions in rollouts: what a worker asks of the networks, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from vlagen_bench.errors import ConfigError
from vlagen_bench.policies.compact import sampling
from vlagen_bench.policies.compact.network import batch_of
from vlagen_bench.train.actor_critic import ActorCritic
from vlagen_bench.train.config import Precision
from vlagen_bench.train.devices import autocast
from vlagen_bench.train.policy import asked

ROWS = 8
"""a batch is filled up to a multiple of this: numerics of some kernels depend on the size of small batches"""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Observations of n episodes that wait for a decision."""

    slots: tuple[int, ...]
    """of the episodes"""
    draws: tuple[int, ...]
    """seed of what is drawn in each"""
    decided: tuple[int, ...]
    """decisions that each has had; at 0 its draws begin"""
    instructions: tuple[str, ...]
    images: Mapping[str, np.ndarray]
    """camera -> uint8 (n, side, side, 3)"""
    state: np.ndarray
    """float32 (n, state_dim)"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the networks say of one observation."""

    tokens: np.ndarray
    """int16 (K, 7)"""
    actions: np.ndarray
    """float32 (K, 7): what the tokens stand for"""
    log_probs: np.ndarray
    """float32 (K,)"""
    value: float
    sentence: np.ndarray
    """the instruction as the policy reads it"""


class Answers:
    """Networks that are asked, all episodes of a question at once.

    What is drawn in an episode comes from a stream of its own, on the CPU, so that it depends on nothing else that is asked.
    """

    def __init__(self, model: ActorCritic, temperature: float, precision: Precision) -> None:
        self._model, self._temperature, self._precision = model, temperature, precision
        self._draws: dict[int, torch.Generator] = {}
        self._sentences: dict[str, np.ndarray] = {}

    def __call__(self, question: Question) -> list[Answer]:
        """The answers, in the order of the question.

        Raises:
            ConfigError: a policy of the user's own says something of another shape.
        """
        count, temperature = len(question.slots), self._temperature
        for slot, seed, decided in zip(question.slots, question.draws, question.decided, strict=True):
            if not decided:
                self._draws[slot] = torch.Generator().manual_seed(seed)
        rows = [*range(count), *[0] * (-count % ROWS)]
        sentences = [self._read(instruction) for instruction in question.instructions]
        images = {name: pictures[rows] for name, pictures in question.images.items()}
        batch = batch_of(images, question.state[rows], np.stack(sentences)[rows])
        with torch.inference_mode(), autocast(self._precision, self._model.device):
            logits, values = (said.cpu() for said in self._model(batch.to(self._model.device)))
            if not (torch.isfinite(logits).all() and torch.isfinite(values).all()):
                raise ConfigError(
                    "The policy's logits or values hold NaN or infinity, from which nothing can be drawn or learnt. Was its training "
                    "unstable (a lower `lr`), or is it `model` that makes them?"
                )
            chosen = torch.cat(
                [
                    sampling.sample(logits[row : row + 1], temperature, self._draws[slot])
                    for row, slot in enumerate(question.slots)
                ]
            )
            logs = sampling.token_log_probs(logits[:count], chosen, temperature).sum(-1)
        tokens = chosen.numpy().astype(np.int16)
        with asked(self._model.policy, "decode"):
            actions = [np.asarray(self._model.policy.decode(tokens[row]), dtype=np.float32) for row in range(count)]
        wanted = tokens.shape[1:]
        if wrong := [one for one in actions if np.shape(one) != wanted]:
            raise ConfigError(f"model: its decode gives actions of the shape {np.shape(wrong[0])}, not {wanted}.")
        if not np.isfinite(actions).all():
            raise ConfigError("model: its decode gives actions that hold NaN or infinity.")
        return [
            Answer(
                tokens=tokens[row], actions=actions[row], log_probs=logs[row].numpy(),
                value=float(values[row]), sentence=sentences[row],
            )
            for row in range(count)
        ]  # fmt: skip

    def _read(self, instruction: str) -> np.ndarray:
        if instruction not in self._sentences:
            with asked(self._model.policy, "sentence_of"):
                read = np.asarray(self._model.policy.sentence_of(instruction))
            shape = next((kept.shape for kept in self._sentences.values()), read.shape)
            if read.shape != shape:
                raise ConfigError(
                    f"model: its sentence_of gives the shape {read.shape} of one instruction and {shape} of another. Fill them up to one "
                    f"length."
                )
            self._sentences[instruction] = read
        return self._sentences[instruction]
