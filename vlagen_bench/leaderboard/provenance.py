"""Statements about an entry's provenance: what its proof shows, what it does not, in sentences."""

from vlagen_bench.report.entries import Entry, Proof
from vlagen_bench.statistics.sampling import CONFIDENCE, TOLERATED, least_sample, undetected

MEANINGS = {
    "verified": "Counted from a submission whose actions were played again, in as many episodes of all as stands beside the "
    f"word: they succeed, and fail, on these episodes as recorded. A sample is so large that with {CONFIDENCE:.0%} "
    f"probability it finds one, if more than {TOLERATED:.0%} of the records are false. Not: who made the actions.",
    "self-run": "Counted from a submission that is complete and consistent, and of which nothing was played again, or too "
    "little to say anything of the rest: its records are the submitter’s word.",
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
            f"{CONFIDENCE:.0%} probability."
        )
    if proof.successes:
        known, like = proof.known_successes or 0, proof.resembling_successes or 0
        said.append(
            f"Of its {proof.successes} successes, {known} ({known / proof.successes:.1%}) have the actions, or lead to the states, "
            f"of entries that were published before, and {like} ({like / proof.successes:.1%}) have those or nearly those actions."
        )
    return tuple(said)


def _attempts(proof: Proof) -> str:
    """`: 40 episodes, 97 attempts`, where that was recorded."""
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
    said: tuple[str, ...] = (
        "Who made the actions: that they came from the model on the card, or from any model.",
        "That they were made without knowing the episodes, which are public, or were revealed.",
        "That there were no other attempts: errors that were repeated can be left out of the records, and so can whole runs.",
        "What the card says: model, training data, decoding, hardware, licence.",
    )
    if entry.proof.weights_sha256:
        said = (
            *said,
            f"That the pledged weights (sha256 {entry.proof.weights_sha256}, {entry.proof.pledged}) made the actions: only who "
            f"runs them on these episodes can check that.",
        )
    least = least_sample(entry.proof.episodes)
    if entry.proof.resimulated >= least:
        return said
    return (
        f"Whether the actions do what the records say: `verified` takes {least} of {entry.proof.episodes} episodes.",
        *said,
    )
