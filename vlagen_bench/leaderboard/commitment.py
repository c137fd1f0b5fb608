"""Commitments to hidden episodes: a hash of seeds and salt is published first, the seeds later."""

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard.limits import KIB, Refused
from vlagen_bench.leaderboard.untrusted_json import parse, shown
from vlagen_bench.types import content_hash
from vlagen_bench.utils.parsing import build

SALT_BYTES = 32
"""a few seeds could be guessed by trying; with as many random bytes they cannot"""
SEEDS = 1_000
SEED = 1 << 31
"""a seed is smaller"""
FILE_BYTES = 64 * KIB


@dataclass(frozen=True, kw_only=True)
class Commitment:
    """What is published first."""

    suite: str
    seeds: int
    """how many"""
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What is kept secret until it is revealed."""

    suite: str
    seeds: tuple[int, ...]
    salt: str
    """hex"""

    def commitment(self) -> Commitment:
        """What binds to it: nobody can find other seeds for the same hash, nor the seeds from it."""
        return Commitment(suite=self.suite, seeds=len(self.seeds), sha256=content_hash(asdict(self)))


def seeds_of(data: bytes, where: str) -> tuple[int, ...]:
    """The seeds of a list, one a line; raises `ConfigError` for anything else."""
    seeds = []
    for number, line in enumerate(data.splitlines(), 1):
        if not re.fullmatch(rb"[0-9]{1,10}", line.strip()):
            text = shown(line.decode(errors="replace"))
            raise ConfigError(f"{where}, line {number}: '{text}' is not a seed. Write one whole number a line.")
        seeds.append(int(line))
    _check(seeds, where)
    return tuple(seeds)


def commit(suite: str, seeds: Sequence[int]) -> Opening:
    """The secret of these seeds, with a new salt."""
    return Opening(suite=suite, seeds=tuple(seeds), salt=secrets.token_hex(SALT_BYTES))


def reveal(opening: bytes, commitment: bytes) -> Opening:
    """The seeds, if they match the commitment.

    Raises:
        Refused: one of the files (JSON) says anything else, or they do not belong together.
    """
    try:
        opened = build(Opening, parse(opening, "The opening", FILE_BYTES), "The opening")
        published = build(Commitment, parse(commitment, "The commitment", FILE_BYTES), "The commitment")
        _check(opened.seeds, "The opening")
    except ConfigError as error:
        raise Refused(shown(str(error), 400)) from None
    if len(opened.salt) != 2 * SALT_BYTES:
        raise Refused(
            f"The opening's salt has {len(opened.salt)} characters, and {2 * SALT_BYTES} hex digits belong there."
        )
    computed = opened.commitment()
    if (computed.suite, computed.seeds) != (published.suite, published.seeds) or not hmac.compare_digest(
        computed.sha256.encode(), published.sha256.encode()
    ):
        raise Refused(
            f"The revealed seeds are not the committed ones: their hash is {computed.sha256}, and "
            f"{shown(published.sha256)} was published. A seed, the salt, the suite or the order differs."
        )
    return opened


def _check(seeds: Sequence[int], where: str) -> None:
    if not 0 < len(seeds) <= SEEDS or len(set(seeds)) < len(seeds) or not all(0 <= seed < SEED for seed in seeds):
        raise ConfigError(f"{where}: seeds are 1 to {SEEDS} different whole numbers from 0 to {SEED - 1}.")
