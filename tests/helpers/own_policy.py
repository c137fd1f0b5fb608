"""A policy of one's own, tiny: a frozen base with an adapter, which reads letters, and bins of its own."""

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor, nn

LETTERS, WIDTH, BINS = 24, 16, 4


@dataclass(frozen=True)
class Config:
    cameras: dict = field(default_factory=lambda: {"front": 16})
    chunk: int = 2


@dataclass(frozen=True)
class Said:
    logits: Tensor
    value: Tensor
    hidden: Tensor


class Value(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(WIDTH, 1)

    def forward(self, x):
        return self.last(x).squeeze(1)


class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.config = Config()
        self.base = nn.Linear(3 + 15 + LETTERS, WIDTH)
        self.head = nn.Linear(WIDTH, self.config.chunk * 7 * BINS)
        for parameter in self.parameters():
            parameter.requires_grad_(False)
        self.down, self.up = nn.Linear(WIDTH, 2, bias=False), nn.Linear(2, WIDTH, bias=False)
        nn.init.zeros_(self.up.weight)
        self.critic = Value()

    def forward(self, batch):
        picture = batch.images["front"].float().mean((1, 2)) / 255
        read = torch.cat([picture, batch.state / 10, batch.sentence.float() / 128], dim=1)
        x = torch.tanh(self.base(read.to(self.base.weight.dtype)))
        hidden = x + self.up(self.down(x))
        logits = self.head(hidden).view(len(x), self.config.chunk, 7, BINS)
        return Said(logits, self.critic(hidden), hidden)

    def sentence_of(self, instruction):
        letters = [ord(letter) for letter in instruction[:LETTERS]]
        return np.array(letters + [0] * (LETTERS - len(letters)), np.int64)

    def decode(self, tokens):
        return (tokens.astype(np.float32) / (BINS - 1) * 2 - 1) * 0.5


def build(start):
    made = Own()
    if start:
        torch.nn.init.constant_(made.base.weight, float(start))
    return made


class WithASpare(Own):
    """Its first trained parameter is read by nothing."""

    def __init__(self):
        super().__init__()
        self._modules = {"spare": nn.Linear(2, 2), **self._modules}


def with_a_spare(start):
    return WithASpare()


def of_many_tokens(start):
    made, said = Own(), Own.forward
    made.forward = lambda batch: (
        lambda one: Said(one.logits[..., :1].expand(-1, -1, -1, 40_000), one.value, one.hidden)
    )(said(made, batch))
    return made


def untrainable(start):
    return Own().requires_grad_(False)


def headless(start):
    made = Own()
    del made.critic
    made.decode = None
    return made


def with_columns(start):
    made = Own()
    made.critic.forward = made.critic.last.forward
    return made


def turned(start):
    made, said = Own(), Own.forward
    made.forward = lambda batch: (lambda one: Said(one.logits.mT, one.value, one.hidden))(said(made, batch))
    return made


def one_action(start):
    made = Own()
    made.decode = lambda tokens: np.zeros(7, np.float32)
    return made


def without_value(start):
    made = Own()
    torch.nn.init.constant_(made.critic.last.bias, float("nan"))
    return made


def with_words_of_any_length(start):
    made = Own()
    made.sentence_of = lambda instruction: np.ones(len(instruction), np.int64)
    made.forward = lambda batch: Own.forward(made, replace(batch, sentence=torch.zeros(len(batch), LETTERS)))
    return made


def decoding_to_nothing(start):
    made = Own()
    made.decode = lambda tokens: np.full(tokens.shape, np.nan, np.float32)
    return made


def failing(start):
    raise KeyError("weights")


def no_module(start):
    return 3


def of_bfloat16(start):
    return Own().to(torch.bfloat16)


def with_critic_alone(start):
    made = Own().requires_grad_(False)
    made.critic.requires_grad_(True)
    return made


def with_a_function_as_critic(start):
    made = Own()
    critic = made.critic
    del made.critic
    made.critic = lambda x: critic(x)
    return made


def without_chunk(start):
    made = Own()
    made.config = Config(chunk=0)
    return made


def with_a_strange_config(start):
    made = Own()
    made.config = {"chunk": 2}
    return made


def raising(part):
    def build(start):
        made = Own()

        def fail(*_):
            raise IndexError("no such layer")

        setattr(made, part, fail)
        return made

    return build


raising_forward, raising_decode, raising_sentence_of = map(raising, ("forward", "decode", "sentence_of"))
