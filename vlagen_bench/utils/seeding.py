"""Random streams: one per named purpose, the same on every machine."""

import hashlib
from typing import Any

import numpy as np


class _Unseeded(np.random.SeedSequence):
    """The state of a generator that is seeded afterwards: by default numpy asks the system for entropy first, for half the time."""

    STATE = np.zeros(624, np.uint32)

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray:
        """The words that numpy asks for, all zero."""
        return self.STATE[:n_words].astype(dtype)


_UNSEEDED = _Unseeded(0)


def stream(seed: int, *names: str | int) -> np.random.RandomState:
    """A fresh generator that depends on `seed` and on the names alone.

    Adding an axis therefore shifts no other draw, and the same episode index draws the same
    object poses in every condition. `RandomState` because its streams are frozen, whereas the
    methods of `Generator` may change between numpy releases.
    """
    text = "\x1f".join([str(seed), *map(str, names)])
    digest = hashlib.sha256(text.encode()).digest()
    made = np.random.RandomState(np.random.MT19937(_UNSEEDED))
    made.seed(np.frombuffer(digest, dtype="<u4").copy())
    return made
