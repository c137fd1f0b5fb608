"""The detection of copied submissions: short digests of actions and states, compared episode by episode."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from statistics import fmean

import numpy as np

from vlagen_bench.report.entries import DIGEST_CHARS, Proof
from vlagen_bench.runs.episodes import RecordedEpisode

COPY = 0.5
"""of what is different in a submission; one with more edits is not a copy"""


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


def _split(digests: str) -> Iterator[str]:
    return (digests[at : at + DIGEST_CHARS] for at in range(0, len(digests), DIGEST_CHARS))
