"""The verdict of a verification: counts, and the entry that may be published."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from vlagen_bench.harness.replay import ReplayComparison
from vlagen_bench.leaderboard import duplicates
from vlagen_bench.leaderboard.duplicates import KnownSuccesses
from vlagen_bench.leaderboard.submission import Submission
from vlagen_bench.report.entries import LOST, WITHOUT, WON, Entry, EntryResult, EntrySource, Proof
from vlagen_bench.statistics.sampling import least_sample


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A submission that was not refused."""

    submission: Submission
    compared: Sequence[ReplayComparison]
    """the episodes that were re-simulated"""
    known: KnownSuccesses
    """in entries that are published already"""
    sample_seed: int | None
    """None: all of them were"""
    network: str | None
    release: str

    @property
    def exact(self) -> int:
        return sum(comparison.exact for comparison in self.compared)

    @property
    def kind(self) -> Literal["verified", "self-run"]:
        return "verified" if len(self.compared) >= least_sample(len(self.submission.takes)) else "self-run"

    def entry(self) -> Entry:
        """The row of the leaderboard."""
        card, plan, pledge = self.submission.card, self.submission.plan, self.submission.pledge
        proof = Proof(
            archive_sha256=self.submission.archive_sha256,
            actions_sha256=self.submission.actions_sha256,
            states_sha256=self.submission.states_sha256,
            actions_digests=duplicates.actions_of(self.submission.takes),
            states_digests=duplicates.states_of(self.submission.takes),
            actions_sketches=duplicates.sketches_of(self.submission.takes),
            plan_hash=plan.hash,
            episodes=len(self.submission.takes),
            resimulated=len(self.compared),
            exact=self.exact,
            successes=self.known.successes,
            known_successes=self.known.known,
            resembling_successes=self.known.resembling,
            weights_sha256=pledge.weights_sha256 if pledge else None,
            pledged=pledge.dated if pledge else None,
            sample_seed=self.sample_seed,
            release=self.release,
            attempts=sum(self.submission.attempts.values()),
        )
        return Entry(
            schema=1,
            kind=self.kind,
            suite=plan.suite.name,
            name=card.name,
            model=card.model,
            source=EntrySource(
                citation=card.publication,
                table=f"submission {self.submission.archive_sha256[:12]}, by {card.contact}",
                read=f"counted from its episodes; {proof.resimulated} of {proof.episodes} re-simulated",
            ),
            protocol=replace(self.submission.protocol, decoding=card.decoding, notes=_notes(self.submission)),
            conditions=_conditions(self.submission),
            proof=proof,
        )


def _conditions(submission: Submission) -> dict[str, EntryResult]:
    outcomes: dict[str, dict[int, str]] = defaultdict(dict)
    for take in submission.takes:
        letter = {"success": WON, "failure": LOST}.get(take.record.outcome, WITHOUT)
        outcomes[take.episode.condition][take.episode.index] = letter
    listed = {name: "".join(letters[index] for index in sorted(letters)) for name, letters in outcomes.items()}
    return {
        row.condition: EntryResult(n=row.n, successes=row.successes, outcomes=listed[row.condition])
        for row in submission.rows()
    }


def _notes(submission: Submission) -> tuple[str, ...]:
    card = submission.card
    return (
        f"policy: {submission.policy}",
        f"trained on: {card.training_data}",
        f"of this benchmark, the training data had: {card.benchmark_seen}",
        f"hardware: {card.hardware}",
        f"licence: {card.licence}",
        *submission.notes,
        *(f"the submitter notes: {note}" for note in card.notes),
    )


def text(entry: Entry) -> str:
    """An entry's file: JSON without what is not known, and without escapes, which JSON and YAML read in two ways."""
    return json.dumps(_known(asdict(entry)), indent=1, ensure_ascii=False) + "\n"


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items() if item not in (None, (), {})}
    return [_known(item) for item in value] if isinstance(value, tuple | list) else value
