"""What does a verification prove, and what not? Counts, sentences, and the entry that may be published."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import comb
from typing import Any, Literal

from vlagen_bench.entries import Cell, Entry, Proof, Source
from vlagen_bench.leaderboard.submission import Submission
from vlagen_bench.replay import Comparison

SURE = 0.95


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A submission that was not refused."""

    submission: Submission
    compared: Sequence[Comparison]
    """the episodes that were re-simulated"""
    sample_seed: int | None
    """None: all of them were"""
    network: str | None
    release: str

    @property
    def exact(self) -> int:
        return sum(one.exact for one in self.compared)

    @property
    def kind(self) -> Literal["verified", "self-run"]:
        return "verified" if self.compared else "self-run"

    def proven(self) -> list[str]:
        """What is certain now, a sentence each."""
        total, some = len(self.submission.takes), len(self.compared)
        said = [
            f"The episodes are all {total} of the suite '{self.submission.plan.suite.name}', each once; its plan was made anew.",
            "Every number of the entry was counted from these episodes.",
        ]
        if some:
            said.append(
                f"{some} of {total} episodes were re-simulated from their actions alone: every success and failure is as "
                f"recorded; {self.exact} went the same way bit for bit, {some - self.exact} by their score alone."
            )
        if 0 < some < total:
            said.append(
                f"They were drawn with the seed {self.sample_seed}. If more than {undetected(total, some)} of the {total} "
                f"records were false, one would have been found with {SURE:.0%} probability."
            )
        return said

    def not_proven(self) -> list[str]:
        """What nobody can tell from a submission, a sentence each."""
        said = [
            "Who made the actions: that they came from the model on the card, or from any model, or without knowing the "
            "episodes, which are public (a hidden split is against that).",
            "What the card says.",
        ]
        if not self.compared:
            said.insert(0, "Whether the actions do what the records say: nothing was re-simulated.")
        if self.network == "open":
            said.append("The sandbox had the network: this system does not let it be cut off.")
        return said

    def entry(self) -> Entry:
        """The row of the leaderboard."""
        card, plan = self.submission.card, self.submission.plan
        proof = Proof(
            archive_sha256=self.submission.archive_sha256,
            actions_sha256=self.submission.actions_sha256,
            states_sha256=self.submission.states_sha256,
            plan_hash=plan.hash,
            episodes=len(self.submission.takes),
            resimulated=len(self.compared),
            exact=self.exact,
            sample_seed=self.sample_seed,
            release=self.release,
        )
        return Entry(
            schema=1,
            kind=self.kind,
            suite=plan.suite.name,
            name=card.name,
            model=card.model,
            source=Source(
                citation=card.publication,
                table=f"submission {self.submission.archive_sha256[:12]}, by {card.contact}",
                read=f"counted from its episodes; {proof.resimulated} of {proof.episodes} re-simulated",
            ),
            protocol=replace(self.submission.protocol, decoding=card.decoding, notes=_notes(self.submission)),
            conditions={row.condition: Cell(n=row.n, successes=row.successes) for row in self.submission.rows()},
            proof=proof,
        )


def _notes(submission: Submission) -> tuple[str, ...]:
    card = submission.card
    return (
        f"policy: {submission.policy}",
        f"trained on: {card.training_data}",
        f"of this benchmark, the training data had: {card.benchmark_seen}",
        f"hardware: {card.hardware}",
        f"licence: {card.licence}",
        *card.notes,
    )


def undetected(total: int, sampled: int) -> int:
    """How many false records a sample without one still allows, at 95 % (hypergeometric, without replacement).

    >>> undetected(3072, 300)
    29
    """
    false = 0
    while total - false - 1 >= sampled and comb(total - false - 1, sampled) / comb(total, sampled) > 1 - SURE:
        false += 1
    return false


def content(entry: Entry) -> dict[str, Any]:
    """The JSON of an entry's file: without what is not known."""
    return _known(asdict(entry))


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items() if item not in (None, (), {})}
    return [_known(item) for item in value] if isinstance(value, tuple | list) else value
