"""The verification of a submission: checked whole, compared with published ones, and re-simulated."""

import importlib.metadata
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from random import Random
from typing import Literal

from vlagen_bench.harness.replay import ReplayComparison
from vlagen_bench.leaderboard import duplicates
from vlagen_bench.leaderboard.duplicates import KnownSuccesses
from vlagen_bench.leaderboard.limits import MESSAGE_CHARS, Refused
from vlagen_bench.leaderboard.sandbox import Sandbox
from vlagen_bench.leaderboard.submission import Submission
from vlagen_bench.leaderboard.untrusted_json import shown
from vlagen_bench.leaderboard.verdict import Verdict
from vlagen_bench.report import entries
from vlagen_bench.report.entries import Entry, Proof
from vlagen_bench.report.entry_texts import name_beside
from vlagen_bench.runs.episodes import RecordedEpisode
from vlagen_bench.types import Task

States = Literal["exact", "rescored"]
"""what is asked of a re-simulation: the same states bit for bit, or the same score"""


def verify(
    submission: Submission,
    *,
    published: Collection[Entry],
    sample: int | None = None,
    seed: int | None = None,
    states: States = "exact",
    resimulate: Callable[[Task, Sequence[RecordedEpisode]], Iterator[ReplayComparison]] | None = None,
    progress: Callable[[Iterable[ReplayComparison], int], Iterable[ReplayComparison]] = lambda comparisons, total: (
        comparisons
    ),
) -> Verdict:
    """The verdict.

    Args:
        submission: what was read without a complaint.
        published: the entries of its suite.
        sample: how many episodes to re-simulate; None: all, 0: none.
        seed: draws the sample; None: from the system's randomness, so that no submitter foresees it.
        states: `rescored` where the run was made on another kind of machine, whose states may differ in the last bits.
        resimulate: plays takes; None: a sandbox.
        progress: passes comparisons on as they come, of so many.

    Raises:
        Refused: it repeats another entry, has the name of one, or an episode does not go as recorded.
    """
    known = check_new(submission, published)
    chosen, drawn_by = draw(submission.takes, sample, seed)
    sandbox = resimulate or Sandbox()
    compared = []
    for comparison in progress(sandbox(submission.task, chosen) if chosen else (), len(chosen)):
        check(comparison, states)
        compared.append(comparison)
    return Verdict(
        submission=submission,
        compared=compared,
        known=known,
        sample_seed=drawn_by,
        network=getattr(sandbox, "network", None),
        release=importlib.metadata.version("vlagen-bench"),
    )


def check_new(submission: Submission, published: Collection[Entry]) -> KnownSuccesses:
    """How many successes stand in published entries of other names.

    Raises:
        Refused: another submission has this name, or one that looks like it, most of this one is that of another name, or too many of its successes
            stand in published entries, all together.
    """
    check_name(submission.card.name, published)
    blind = duplicates.blind(submission.takes)
    for entry in published:
        if entry.name == submission.card.name:
            _check_same(submission, entry)
        elif entry.proof and not blind:
            _check_other(submission, entry, entry.proof)
    others = {one.name: one.proof for one in published if one.proof and one.name != submission.card.name}
    known = duplicates.known_successes(submission.takes, others)
    if not blind:
        _check_successes(known)
    return known


def check_name(name: str, published: Collection[Entry]) -> None:
    """Raises `Refused` if the name looks like that of a published entry; the same name is another matter."""
    if other := name_beside(name, (entry.name for entry in published)):
        raise Refused(
            f"The name '{name}' looks like '{other}', which is published already: a reader would take one for the other "
            f"(case, hyphens, digits that look like letters). Choose another name on the card."
        )


def _check_successes(known: KnownSuccesses) -> None:
    names = ", ".join(f"'{name}'" for name in known.entries[:5]) + (", ..." if len(known.entries) > 5 else "")
    if known.known_share > duplicates.KNOWN_SUCCESSES:
        raise Refused(
            f"{known.known} of its {known.successes} successes ({known.known_share:.1%}, equal actions counted once) have the "
            f"actions, or lead to the states, of episodes in the published entries {names}; at most "
            f"{duplicates.KNOWN_SUCCESSES:.0%} may, summed over all entries, whoever submitted them. It was put together from "
            f"these, or is a policy that acts as they did: what is new in it is too little to be published beside them."
        )
    if known.resembling_share > duplicates.RESEMBLING_SUCCESSES:
        raise Refused(
            f"{known.resembling} of its {known.successes} successes ({known.resembling_share:.1%}, equal actions counted once) "
            f"have nearly the actions of episodes in the published entries {names}, as copies with small edits have; at most "
            f"{duplicates.RESEMBLING_SUCCESSES:.0%} may. A policy that acts so nearly as a published one adds nothing to it."
        )


def _check_same(submission: Submission, entry: Entry) -> None:
    if entry.proof is None or entry.proof.archive_sha256 != submission.archive_sha256:
        raise Refused(
            f"An entry '{entry.name}' is published already, of another file than this one. Choose another name on the "
            f"card; or, if this is yours and is to stand in its place, remove {entries.path_of(entry.suite, entry.name)} "
            f"first."
        )


def _check_other(submission: Submission, entry: Entry, proof: Proof) -> None:
    share = duplicates.share(submission.takes, proof)
    if share > duplicates.COPY:
        raise Refused(
            f"The actions, or the states that they lead to, are those of the entry '{entry.name}' in {share:.1%} of what "
            f"differs between episodes. A copy has that, edited or not, and so has the same policy run again, if it always "
            f"acts the same: which of both it is, actions cannot tell, and there is nothing new to publish. To publish "
            f"it under this name instead, remove {entries.path_of(entry.suite, entry.name)} first."
        )


def alike(submission: Submission, published: Collection[Entry]) -> tuple[str, ...]:
    """Names of entries with the same actions, where these are the same in each episode, so that nothing follows from it."""
    if not duplicates.blind(submission.takes):
        return ()
    others = ((entry.name, entry.proof) for entry in published if entry.name != submission.card.name)
    return tuple(
        name for name, proof in others if proof and duplicates.share(submission.takes, proof) > duplicates.COPY
    )


def draw(
    takes: Sequence[RecordedEpisode], sample: int | None, seed: int | None
) -> tuple[Sequence[RecordedEpisode], int | None]:
    """The takes to re-simulate, in the plan's order, and the seed that drew them; None where nothing was drawn."""
    if sample is not None and sample < 0:
        raise Refused(f"--sample {sample}: a number of episodes is not negative.")
    if sample is None or sample >= len(takes):
        return takes, None
    if sample == 0:
        return (), None
    seed = secrets.randbits(32) if seed is None else seed
    return [takes[i] for i in sorted(Random(seed).sample(range(len(takes)), sample))], seed


def check(comparison: ReplayComparison, states: States) -> None:
    """Raises `Refused` if an episode's score does not stand, or its states are others and that matters."""
    where = f"The episode {comparison.episode.id} ({comparison.episode.condition} {comparison.episode.index}), re-simulated from its actions"
    if comparison.disagreements:
        wrong = shown("; ".join(comparison.disagreements), MESSAGE_CHARS)
        raise Refused(f"{where}, is not as recorded: {wrong}; its states diverge {comparison.where}.")
    if states == "exact" and not comparison.exact:
        raise Refused(
            f"{where}, has the recorded score, but its states diverge {comparison.where}: its actions, or its states, were "
            f"edited, or it was recorded on another kind of machine. If the latter is known: --states rescored"
        )
