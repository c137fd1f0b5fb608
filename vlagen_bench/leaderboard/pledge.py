"""Pledges to a hidden split: who takes part names the hash of the policy's weights before the seeds are revealed."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard.card import Card
from vlagen_bench.leaderboard.commitment import FILE_BYTES, Commitment
from vlagen_bench.leaderboard.limits import Refused
from vlagen_bench.leaderboard.untrusted_json import parse, shown
from vlagen_bench.report.entry_texts import name_fault
from vlagen_bench.utils.parsing import build

SHA256 = re.compile(r"[0-9a-f]{64}")
CHUNK_BYTES = 1 << 20

HiddenRun = Literal["late", "pledged", "hosted"]
"""a run of a revealed seed: made when its episodes were known; by a policy that was pledged before; by the maintainers"""
SAID = {
    "late": "played after it was revealed, by a policy that may have known them",
    "pledged": "by a policy whose weights were pledged before, which only who runs these weights can check",
    "hosted": "played by the maintainers, who asked a policy server, before it was revealed",
}
"""what an entry says of its episodes"""


@dataclass(frozen=True, kw_only=True)
class Pledge:
    """What a submitter sends before the seeds are revealed, and the maintainers publish then."""

    commitment: str
    """the SHA-256 of the maintainers' commitment, which holds suite and version"""
    suite: str
    suite_version: int
    name: str
    """of the entry to come"""
    weights_sha256: str
    """of the weights, or of the container image"""
    dated: str
    """the submitter's word, as 2026-01-31; what counts is when the maintainers published it"""


def pledge(commitment: Commitment, name: str, weights_sha256: str, dated: str) -> Pledge:
    """The pledge of an entry to a commitment; raises `ConfigError` for a name or a hash that is none, or a late day."""
    made = Pledge(
        commitment=commitment.sha256,
        suite=commitment.suite,
        suite_version=commitment.suite_version,
        name=name,
        weights_sha256=weights_sha256,
        dated=dated,
    )
    if (fault := name_fault(name)) is not None:
        raise ConfigError(f"The name {fault}")
    if not SHA256.fullmatch(weights_sha256):
        raise ConfigError(f"'{shown(weights_sha256)}' is not a SHA-256: 64 hex digits in lower case.")
    if (wrong := _wrong_day(made, commitment)) is not None:
        raise ConfigError(f"The pledge {wrong}")
    return made


def read(data: bytes, commitment: Commitment) -> Pledge:
    """A pledge to this commitment.

    Raises:
        Refused: the text (JSON) says anything else, is a pledge to another commitment, or came too late.
    """
    try:
        given = build(Pledge, parse(data, "The pledge", FILE_BYTES), "The pledge")
    except ConfigError as error:
        raise Refused(shown(str(error), 400)) from None
    ours = (commitment.sha256, commitment.suite, commitment.suite_version)
    if (given.commitment, given.suite, given.suite_version) != ours:
        raise Refused(
            f"The pledge is to the commitment {shown(given.commitment)} of '{shown(given.suite)}' version "
            f"{given.suite_version}, and not to {commitment.sha256} of '{commitment.suite}' version {commitment.suite_version}."
        )
    if (wrong := _wrong_day(given, commitment)) is not None:
        raise Refused(f"The pledge {wrong}")
    if not SHA256.fullmatch(given.weights_sha256):
        raise Refused("The pledge's weights_sha256 is not 64 hex digits.")
    return given


def check(given: Pledge, card: Card) -> None:
    """Raises `Refused` if a submission is not the one that was pledged."""
    if card.name != given.name:
        raise Refused(f"The pledge is of the entry '{shown(given.name)}', and the card is of '{card.name}'.")
    if card.weights_sha256 != given.weights_sha256:
        raise Refused(
            f"The weights that were pledged have the SHA-256 {given.weights_sha256}, and the card says "
            f"'{card.weights_sha256}'. Write the same `weights_sha256` on the card, if it is the same policy."
        )


def _wrong_day(given: Pledge, commitment: Commitment) -> str | None:
    try:
        day = date.fromisoformat(given.dated)
    except ValueError:
        day = None
    if day is None or day.isoformat() != given.dated:
        return f"is dated '{shown(given.dated)}'. Write the day as 2026-01-31."
    if not commitment.dated <= day.isoformat() < commitment.reveal_on:
        return (
            f"is dated {day.isoformat()}; the commitment is of {commitment.dated}, and its seeds are revealed on "
            f"{commitment.reveal_on}: a pledge is made between."
        )
    return None


def weights_sha256(path: Path) -> str:
    """The SHA-256 of a file; of a folder, that of the list of its files with theirs, as `sha256sum` writes it, by name.

    Raises:
        ConfigError: it cannot be read, or is an empty folder.
    """
    try:
        if not path.is_dir():
            return _file_sha256(path)
        lines = [f"{_file_sha256(file)}  {file.relative_to(path).as_posix()}\n" for file in _files(path)]
    except OSError as error:
        raise ConfigError(
            f"{error.filename} cannot be read: {error.strerror}. Give the weights' file or folder."
        ) from None
    if not lines:
        raise ConfigError(f"{path} has no files. Give the weights' file or folder.")
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return iter(sorted((file for file in folder.rglob("*") if file.is_file()), key=lambda file: file.as_posix()))


def _file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while part := file.read(CHUNK_BYTES):
            digest.update(part)
    return digest.hexdigest()
