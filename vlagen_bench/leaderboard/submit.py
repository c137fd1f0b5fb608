"""The packing of a run as a submission, read back as a verifier will read it."""

import json
from pathlib import Path

from vlagen_bench.errors import RunError
from vlagen_bench.leaderboard import archive
from vlagen_bench.leaderboard.codec import actions_to_bytes, shrink, states_to_bytes
from vlagen_bench.leaderboard.commitment import Opening
from vlagen_bench.leaderboard.limits import CARD_BYTES
from vlagen_bench.leaderboard.submission import Submission, read
from vlagen_bench.leaderboard.untrusted_json import read_file
from vlagen_bench.leaderboard.verify import check_name
from vlagen_bench.report import entries
from vlagen_bench.runs import episodes


def submit(run: Path, card: Path, opening: Opening | None = None) -> tuple[bytes, Submission]:
    """The archive of a run folder and a card, and what a verifier sees in it, given revealed seeds of a hidden split.

    Raises:
        RunError: the run folder is damaged, or incomplete.
        Refused: a verifier would refuse it: part of a suite, errors, an oracle, a card that is not filled in, a name that
            looks like one that is published in this release.
    """
    members = members_of(run, read_file(card, CARD_BYTES))
    data = archive.pack(members)
    submission = read(data, opening)
    check_name(submission.card.name, entries.load(submission.plan.suite.name))
    return data, submission


def members_of(run: Path, card: bytes) -> dict[str, bytes]:
    """The members, from the run folder's files; the same for the same run, wherever it lies."""
    read_run = episodes.read(run)
    recorded = list(read_run.takes())
    if not recorded:
        raise RunError(f"{run} has no results, so there is nothing to submit.")
    attempts = [record for take in recorded for record in read_run.attempts[take.episode.id]]
    lines = [json.dumps(record.to_dict(), sort_keys=True, allow_nan=False) + "\n" for record in attempts]
    return {
        "header.json": (run / "header.json").read_bytes(),
        "card.yaml": card,
        "episodes.jsonl.xz": shrink("".join(lines).encode()),
        "actions.xz": shrink(actions_to_bytes([take.actions for take in recorded])),
        "states.bin": states_to_bytes([take.state_hashes for take in recorded]),
    }
