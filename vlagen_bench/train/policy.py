"""What the algorithms ask of a policy, compact or large, and the guard of what a user's own one does when it is asked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import numpy as np
from torch import Tensor, nn

from vlagen_bench.errors import ConfigError, VlagenError
from vlagen_bench.policies.compact.network import Batch, CompactNetwork
from vlagen_bench.utils.text import one_line


class Sizes(Protocol):
    """What a worker that plays has to know of a policy."""

    @property
    def cameras(self) -> Mapping[str, int]:
        """Camera -> side of its square picture in pixels."""

    @property
    def chunk(self) -> int:
        """Actions of one decision."""


class Said(Protocol):
    """What a policy says of B observations."""

    @property
    def logits(self) -> Tensor:
        """Float32 (B, chunk, 7, bins): of the tokens of each number of each action."""

    @property
    def value(self) -> Tensor:
        """Float32 (B,): the critic's, of `hidden`."""

    @property
    def hidden(self) -> Tensor:
        """Float32 (B, width): what the critic reads."""


class Policy(Protocol):
    """A module of PyTorch that is trained by reinforcement learning.

    The parameters that require a gradient are trained and saved, and no others: an adapter's (LoRA), and the critic's.
    """

    @property
    def config(self) -> Sizes: ...

    @property
    def critic(self) -> nn.Module:
        """A head: float32 (B, width) of `Said.hidden` -> values float32 (B,)."""

    def __call__(self, batch: Batch) -> Said:
        """Asks it; `batch.sentence` has a row of what `sentence_of` gave for each observation."""

    def sentence_of(self, instruction: str) -> np.ndarray:
        """An instruction as numbers of one shape, whatever it says: a vector, or token numbers that are filled up."""

    def decode(self, tokens: np.ndarray) -> np.ndarray:
        """The actions float32 (chunk, 7) in metres, radians and the gripper's opening, of tokens int16 (chunk, 7)."""

    def parameters(self) -> Iterator[nn.Parameter]: ...

    def named_children(self) -> Iterator[tuple[str, nn.Module]]: ...


@contextmanager
def asked(policy: Policy, what: str) -> Iterator[None]:
    """In the block, `what` of a policy is used: an error of a user's own one is the user's, and a sentence.

    Raises:
        ConfigError: the policy is not the compact one, and its code fails.
    """
    try:
        yield
    except VlagenError:
        raise
    except Exception as error:
        if isinstance(policy, CompactNetwork):
            raise
        raise ConfigError(f"model: its {what} fails: {one_line(error)}.") from error
