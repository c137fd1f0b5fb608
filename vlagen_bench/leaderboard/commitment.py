"""Commitments to hidden episodes: a hash of seeds and salt is published first, the seeds later."""

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard.limits import KIB, Refused
from vlagen_bench.leaderboard.untrusted_json import parse, shown
from vlagen_bench.types import Suite, content_hash
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
    suite_version: int
    seeds: int
    """how many"""
    dated: str
    """the day it was made on, as 2026-01-31"""
    reveal_on: str
    """the day from which the seeds are public; who takes part pledges the policy before"""
    sha256: str
    """of the opening, and with it of all of the above"""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What is kept secret until it is revealed."""

    suite: str
    suite_version: int
    """the episodes of a seed are others in another version"""
    seeds: tuple[int, ...]
    dated: str
    reveal_on: str
    salt: str
    """hex"""

    def commitment(self) -> Commitment:
        """What binds to it: nobody can find other seeds for the same hash, nor the seeds from it."""
        return Commitment(
            suite=self.suite,
            suite_version=self.suite_version,
            seeds=len(self.seeds),
            dated=self.dated,
            reveal_on=self.reveal_on,
            sha256=content_hash(asdict(self)),
        )


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


def commit(suite: Suite, seeds: Sequence[int], *, dated: str, reveal_on: str) -> Opening:
    """The secret of these seeds, with a new salt.

    Args:
        suite: whose episodes are hidden.
        seeds: of the hidden split.
        dated: today, as 2026-01-31.
        reveal_on: a later day, on which the seeds are revealed.

    Raises:
        ConfigError: the days are none, or not one after the other.
    """
    _check_days(dated, reveal_on)
    return Opening(
        suite=suite.name,
        suite_version=suite.version,
        seeds=tuple(seeds),
        dated=dated,
        reveal_on=reveal_on,
        salt=secrets.token_hex(SALT_BYTES),
    )


def reveal(opening: bytes, commitment: bytes) -> Opening:
    """The seeds, if they match the commitment.

    Raises:
        Refused: one of the files (JSON) says anything else, or they do not belong together.
    """
    try:
        opened = build(Opening, parse(opening, "The opening", FILE_BYTES), "The opening")
        published = build(Commitment, parse(commitment, "The commitment", FILE_BYTES), "The commitment")
        _check(opened.seeds, "The opening")
        _check_days(opened.dated, opened.reveal_on)
    except ConfigError as error:
        raise Refused(shown(str(error), 400)) from None
    if len(opened.salt) != 2 * SALT_BYTES:
        raise Refused(
            f"The opening's salt has {len(opened.salt)} characters, and {2 * SALT_BYTES} hex digits belong there."
        )
    computed = opened.commitment()
    if replace(computed, sha256="") != replace(published, sha256="") or not hmac.compare_digest(
        computed.sha256.encode(), published.sha256.encode()
    ):
        raise Refused(
            f"The revealed seeds are not the committed ones: their hash is {computed.sha256}, and "
            f"{shown(published.sha256)} was published. A seed, the salt, the suite, its version, a day or the order differs."
        )
    return opened


def _check(seeds: Sequence[int], where: str) -> None:
    if not 0 < len(seeds) <= SEEDS or len(set(seeds)) < len(seeds) or not all(0 <= seed < SEED for seed in seeds):
        raise ConfigError(f"{where}: seeds are 1 to {SEEDS} different whole numbers from 0 to {SEED - 1}.")


def read(data: bytes) -> Commitment:
    """A published commitment; raises `Refused` if the text (JSON) says anything else."""
    try:
        published = build(Commitment, parse(data, "The commitment", FILE_BYTES), "The commitment")
        _check_days(published.dated, published.reveal_on)
    except ConfigError as error:
        raise Refused(shown(str(error), 400)) from None
    return published


def _check_days(dated: str, reveal_on: str) -> None:
    for day in (dated, reveal_on):
        try:
            if date.fromisoformat(day).isoformat() == day:
                continue
        except ValueError:
            pass
        raise ConfigError(f"'{shown(day)}' is not a day. Write it as 2026-01-31.")
    if not dated < reveal_on:
        raise ConfigError(f"The seeds are revealed on {reveal_on}, which is not after the commitment's day, {dated}.")
