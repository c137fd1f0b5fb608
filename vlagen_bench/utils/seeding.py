"""Random streams: one per named purpose, the same on every machine."""

import hashlib

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.RandomState:
    """A fresh generator that depends on `seed` and on the names alone.

    Adding an axis therefore shifts no other draw, and the same episode index draws the same
    object poses in every condition. `RandomState` because its streams are frozen, whereas the
    methods of `Generator` may change between numpy releases.
    """
    text = "\x1f".join([str(seed), *map(str, names)])
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.RandomState(np.frombuffer(digest, dtype="<u4").copy())
