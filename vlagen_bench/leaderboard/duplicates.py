"""The detection of copied submissions: digests and sketches of actions and states, compared episode by episode."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from statistics import fmean

import numpy as np

from vlagen_bench.report.entries import DIGEST_CHARS, SKETCH_CHARS, Proof
from vlagen_bench.runs.episodes import RecordedEpisode
from vlagen_bench.utils.seeding import stream

COPY = 0.5
"""of what is different in a submission; one with more edits is not a copy"""
KNOWN_SUCCESSES = 0.1
"""of a submission's successes, the most that may stand in published entries, all together"""
RESEMBLING_SUCCESSES = 0.5
"""the most that may resemble published ones: the next checkpoint of a model may do so in some episodes, and a copy in all"""
SKETCH_BITS = 4 * SKETCH_CHARS
SKETCH_APART = 2
"""bits of 64: sketches of actions that differ by 1 % differ in none or one; those whose cosine is 0.9, by this few in about one
of 150 episodes (simulated with random directions)"""
SKETCH_SCALE = np.array([50, 50, 50, 20, 20, 20], np.float64)
"""so that 2 cm count like 0.05 rad; the last number of an action, the gripper's, is left out, since most agree in it"""
SKETCH_STILL = 0.05
"""a motion that is smaller, 1 mm or 2.5 mrad, is none: pauses that are put between the motions of a copy change no sketch"""


@dataclass(frozen=True, kw_only=True)
class KnownSuccesses:
    """How many successes of a submission stand in published entries."""

    successes: int
    known: int
    """with the actions, or the states, of a published episode"""
    resembling: int
    """of which these are some: with actions that are nearly those of a published episode"""
    known_share: float
    """actions that several episodes have count once"""
    resembling_share: float
    entries: tuple[str, ...]
    """the names of those in which they stand"""


def actions_of(takes: Sequence[RecordedEpisode]) -> str:
    """The digests of the actions, one episode after the other."""
    return "".join(_digest(take.actions.astype("<f4").tobytes()) for take in takes)


def states_of(takes: Sequence[RecordedEpisode]) -> str:
    """The digests of the states that they lead to."""
    return "".join(_digest("".join(take.state_hashes).encode()) for take in takes)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:DIGEST_CHARS]


def blind(takes: Sequence[RecordedEpisode]) -> bool:
    """Whether the actions are the same in each episode, as long as it lasts: such runs are alike without being copies."""
    longest = max((take.actions for take in takes), key=len)
    return all(np.array_equal(take.actions, longest[: len(take.actions)]) for take in takes)


def share(takes: Sequence[RecordedEpisode], of: Proof) -> float:
    """How much agrees with an entry, in actions or in states.

    Actions that several episodes have count once, as the part of these episodes that agree: two policies that stand still
    whenever they are lost agree there, and are no copies for it.
    """
    agreed: dict[str, list[bool]] = defaultdict(list)
    own = zip(_split(actions_of(takes)), _split(states_of(takes)), strict=True)
    # Another version of a suite may have fewer episodes: those that it lacks agree with nothing.
    others = chain(zip(_split(of.actions_digests), _split(of.states_digests), strict=True), repeat(("", "")))
    for (actions, states), other in zip(own, others, strict=False):
        agreed[actions].append(actions == other[0] or states == other[1])
    return fmean(map(fmean, agreed.values()))


def known_successes(takes: Sequence[RecordedEpisode], published: Mapping[str, Proof]) -> KnownSuccesses:
    """How many successes stand in these entries, summed over all of them, whoever submitted them.

    Args:
        takes: of a submission.
        published: name -> proof of each published entry of the suite.
    """
    won = [index for index, take in enumerate(takes) if take.record.outcome == "success"]
    actions, states = list(_split(actions_of(takes))), list(_split(states_of(takes)))
    sketches = list(_split(sketches_of(takes), SKETCH_CHARS))
    known: set[int] = set()
    resembling: set[int] = set()
    names = []
    for name, proof in published.items():
        theirs = list(zip(_split(proof.actions_digests), _split(proof.states_digests), strict=True))
        same = {i for i in won if i < len(theirs) and (actions[i] == theirs[i][0] or states[i] == theirs[i][1])}
        drawn = list(_split(proof.actions_sketches or "", SKETCH_CHARS))
        like = same | {i for i in won if i < len(drawn) and _bits_apart(sketches[i], drawn[i]) <= SKETCH_APART}
        known, resembling = known | same, resembling | like
        names += [name] * bool(like)
    return KnownSuccesses(
        successes=len(won),
        known=len(known),
        resembling=len(resembling),
        known_share=_share_of(won, known, actions),
        resembling_share=_share_of(won, resembling, actions),
        entries=tuple(names),
    )


def _share_of(won: Sequence[int], found: Collection[int], actions: Sequence[str]) -> float:
    by_actions: dict[str, list[bool]] = defaultdict(list)
    for index in won:
        by_actions[actions[index]].append(index in found)
    return fmean(map(fmean, by_actions.values())) if won else 0.0


def sketches_of(takes: Sequence[RecordedEpisode]) -> str:
    """A sketch of each episode's actions, one after the other: actions that are nearly the same have nearly the same bits.

    The signs of random projections (Charikar, STOC 2002): of two sketches, the part of bits that differ is the angle between
    the two sequences of motions, over 180 degrees.
    """
    longest = max(len(take.actions) for take in takes)
    parts = SKETCH_SCALE.size
    projections = stream(0, "leaderboard", "sketch").normal(size=(longest, parts, SKETCH_BITS))
    sketches = []
    for take in takes:
        motions = take.actions[:, :parts].astype(np.float64) * SKETCH_SCALE[: take.actions[:, :parts].shape[1]]
        motions = motions[np.linalg.norm(motions, axis=1) >= SKETCH_STILL]
        sums = np.einsum("td,tdb->b", motions, projections[: len(motions), : motions.shape[1]])
        sketches.append(np.packbits(sums > 0).tobytes().hex())
    return "".join(sketches)


def _bits_apart(sketch: str, other: str) -> int:
    return (int(sketch, 16) ^ int(other, 16)).bit_count()


def _split(digests: str, chars: int = DIGEST_CHARS) -> Iterator[str]:
    return (digests[at : at + chars] for at in range(0, len(digests), chars))
