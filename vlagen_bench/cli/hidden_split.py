"""`vlagen leaderboard commit`, `pledge` and `reveal`: hidden seeds, and who takes part before they are known."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tyro.conf import Positional

from vlagen_bench.cli.common import OK, say, write_new
from vlagen_bench.envs.registration import TRAINING_SEED
from vlagen_bench.errors import ConfigError

if TYPE_CHECKING:
    from vlagen_bench.leaderboard.commitment import Opening
    from vlagen_bench.leaderboard.pledge import Pledge
    from vlagen_bench.types import Suite


def commit(
    suite: str, seeds: Path, reveal_on: str, out: Path = Path("commitment.json"), secret: Path = Path("opening.json")
) -> int:
    """Commits to hidden seeds: writes a hash to publish now, and the opening to keep secret until later.

    Args:
        suite: of which these are seeds.
        seeds: a list, one whole number a line; lower than 1000000, where those of training begin.
        reveal_on: the day on which you publish them, as 2026-01-31; pledges come before it.
        out: what to publish.
        secret: what to keep; it holds the seeds and the salt.
    """
    from vlagen_bench.leaderboard import commitment as hidden
    from vlagen_bench.plan import catalog

    hidden_suite = catalog.suite(suite)
    if hidden_suite.official_ids:
        raise ConfigError(
            f"The suite '{suite}' has published episodes, which no seed changes: nothing of it can be hidden."
        )
    drawn = hidden.seeds_of(_small(seeds), str(seeds))
    _check_unplayed(drawn, hidden_suite, str(seeds))
    opening = hidden.commit(hidden_suite, drawn, dated=_today(), reveal_on=reveal_on)
    write_new(secret, _json(asdict(opening)))
    secret.chmod(0o600)
    write_new(out, _json(asdict(opening.commitment())))
    say(f"Publish {out}. Keep {secret} secret until {reveal_on}; publish the pledges that you receive before, then it.")
    return OK


def _check_unplayed(drawn: Sequence[int], suite: "Suite", where: str) -> None:
    """Raises `ConfigError` for a seed whose scenes are public, or may have been trained on."""
    for seed in drawn:
        if seed == suite.seed:
            raise ConfigError(
                f"{where}: {seed} is the suite's own seed, whose episodes are public: nothing of it can be hidden."
            )
        if seed >= TRAINING_SEED:
            raise ConfigError(
                f"{where}: {seed} is a seed of training, so that a policy may have learned from the same scenes by chance. Give "
                f"lower ones than {TRAINING_SEED}."
            )


def pledge(
    commitment: Positional[Path],
    *,
    name: str,
    weights: Path | None = None,
    sha256: str | None = None,
    out: Path = Path("pledge.json"),
) -> int:
    """Pledges a policy to a hidden split, before its seeds are revealed: writes what to send to the maintainers.

    Args:
        commitment: as the maintainers published it.
        name: of the entry to come.
        weights: the file or folder of the weights, which is hashed.
        sha256: the hash itself, such as the digest of a container image, in place of --weights.
        out: what to send.
    """
    from vlagen_bench.leaderboard import commitment as hidden
    from vlagen_bench.leaderboard import pledge as pledges

    if (weights is None) == (sha256 is None):
        raise ConfigError("Give one of --weights PATH and --sha256 HEX: what the policy's numbers come from.")
    digest = pledges.weights_sha256(weights) if weights is not None else sha256
    assert digest is not None, "one of both is given"
    made = pledges.pledge(hidden.read(_small(commitment)), name, digest, _today())
    write_new(out, _json(asdict(made)))
    say(f"Send {out} to the maintainers before the seeds are revealed. On the card write: weights_sha256: {digest}")
    return OK


def reveal(opening: Positional[Path], commitment: Positional[Path]) -> int:
    """Checks revealed seeds against what was committed to, and prints them.

    Args:
        opening: the seeds and the salt, as revealed.
        commitment: the hash, as published before.
    """
    from vlagen_bench.leaderboard import commitment as hidden

    seeds = hidden.reveal(_small(opening), _small(commitment))
    say(f"These seeds of the suite '{seeds.suite}' are the committed ones:")
    for seed in seeds.seeds:
        say(str(seed))
    return OK


def opened(opening: Path | None, commitment: Path | None) -> "Opening | None":
    """The revealed seeds, checked against what was committed to, if any are given."""
    from vlagen_bench.leaderboard import commitment as hidden

    if opening is None and commitment is None:
        return None
    if opening is None or commitment is None:
        raise ConfigError("Give both --opening and --commitment: revealed seeds count only if they were committed to.")
    return hidden.reveal(_small(opening), _small(commitment))


def pledged(pledge: Path | None, commitment: Path | None) -> "Pledge | None":
    """The pledge to a commitment, if there is one."""
    from vlagen_bench.leaderboard import commitment as hidden
    from vlagen_bench.leaderboard import pledge as pledges

    if pledge is None:
        return None
    if commitment is None:
        raise ConfigError("Give --commitment with --pledge: it says until when policies were pledged.")
    return pledges.read(_small(pledge), hidden.read(_small(commitment)))


def _small(path: Path) -> bytes:
    from vlagen_bench.leaderboard.commitment import FILE_BYTES
    from vlagen_bench.leaderboard.untrusted_json import read_file

    return read_file(path, FILE_BYTES)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
