"""Statements about an entry's provenance: what its proof shows, what it does not, in sentences."""

from math import comb

from vlagen_bench.report.entries import Entry, Proof

SURE = 0.95
MEANINGS = {
    "verified": "Counted from a submission whose actions were played again, all or a random sample, as its page says: they "
    "succeed, and fail, on these episodes as recorded. Not: who made the actions.",
    "self-run": "Counted from a submission that is complete and consistent, and of which nothing was played again: its "
    "records are the submitter’s word.",
    "reported": "Copied from a publication, with its source. Nothing was run or checked here but the copying.",
}
"""kind -> what it says, and what not; the strongest first"""


def proven(entry: Entry) -> tuple[str, ...]:
    """What is certain, a sentence each; nothing of a reported entry."""
    proof = entry.proof
    if proof is None:
        return ()
    said = [
        f"The records are of all {proof.episodes} episodes of the suite’s plan, each once{_attempts(proof)}.",
        "Every number of the entry was counted from these records.",
    ]
    total, some = proof.episodes, proof.resimulated
    if some:
        said.append(
            f"{some} of {total} episodes were simulated again from their actions alone: every success and failure is as "
            f"recorded. {proof.exact} went the same way bit for bit, {some - proof.exact} by their score alone."
        )
    if 0 < some < total:
        said.append(
            f"They were drawn at random{'' if proof.sample_seed is None else f', with the seed {proof.sample_seed}'}. "
            f"If more than {undetected(total, some)} of the {total} records were false, one would have been found with "
            f"{SURE:.0%} probability."
        )
    return tuple(said)


def _attempts(proof: Proof) -> str:
    """`, from 97 attempts`, where that was recorded."""
    if proof.attempts is None:
        return ""
    return f": {proof.episodes} episodes, {proof.attempts} attempts"


def not_proven(entry: Entry) -> tuple[str, ...]:
    """What nobody can tell from it, a sentence each."""
    if entry.proof is None:
        return (
            "Whether the numbers are right: they are the publication’s.",
            "That they were made under the protocol below: so its text, or its code, was read.",
        )
    said = (
        "Who made the actions: that they came from the model on the card, or from any model.",
        "That they were made without knowing the episodes, which are public.",
        "That there were no other attempts: errors that were repeated can be left out of the records, and so can whole runs.",
        "What the card says: model, training data, decoding, hardware, licence.",
    )
    return said if entry.proof.resimulated else ("Whether the actions do what the records say.", *said)


def undetected(total: int, sampled: int) -> int:
    """How many false records a sample without one still allows, at 95 % (hypergeometric, without replacement).

    Examples:
        >>> undetected(3072, 300)
        29
    """
    false = 0
    while total - false - 1 >= sampled and comb(total - false - 1, sampled) / comb(total, sampled) > 1 - SURE:
        false += 1
    return false
