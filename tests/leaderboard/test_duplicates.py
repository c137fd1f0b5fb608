"""Copies of published submissions under another name."""

import dataclasses

import numpy as np
import pytest

from helpers.submissions import (
    CARD,
    LIMIT,
    members,
    with_actions,
    with_member,
)
from vlagen_bench.leaderboard import archive, duplicates, submission, verify
from vlagen_bench.leaderboard.codec import expand
from vlagen_bench.leaderboard.limits import Refused

pytestmark = [pytest.mark.sim, pytest.mark.usefixtures("tiny")]


def last_bit(table):
    table[0, 0] = np.nextafter(table[0, 0], np.float32(9))


def named(data: bytes, name: str) -> submission.Submission:
    """What is submitted, under a name."""
    read = submission.read(data)
    return dataclasses.replace(read, card=dataclasses.replace(read.card, name=name))


def entry_of(data: bytes):
    """What was published of it."""
    return verify.verify(submission.read(data), published=[], sample=0).entry()


def other_in_the_first(table):
    """An action of the first episode, edited with an effect."""
    table[0, 5] += 0.5


def with_false_states(change) -> bytes:
    """Edited actions, and states that were made up for it."""
    parts = members()
    parts["actions.xz"] = archive.unpack(with_actions(change))["actions.xz"]
    parts["states.bin"] = bytes(len(parts["states.bin"]))
    return archive.pack(parts)


def last_bit_and_first(table):
    """All episodes edited, but only the first with an effect."""
    table[0] = np.nextafter(table[0], np.float32(9))
    other_in_the_first(table)


def first_states_false(data: bytes) -> bytes:
    parts = archive.unpack(data)
    parts["states.bin"] = bytes(8) + parts["states.bin"][8:]
    return archive.pack(parts)


@pytest.mark.parametrize("copy", [
    lambda: archive.pack(members()),
    lambda: with_actions(last_bit),  # what the physics does not notice hides no copy
    lambda: with_false_states(other_in_the_first),
    lambda: first_states_false(with_actions(last_bit_and_first)),  # passes a sample without the first episode
])  # fmt: skip
def test_a_copy_under_another_name_is_refused_without_a_simulator(copy):
    with pytest.raises(Refused, match="A copy has that, edited or not"):
        verify.check_new(named(copy(), "other"), [entry_of(archive.pack(members()))])


def test_whoever_edits_more_than_half_is_no_copy():
    table = np.frombuffer(expand(members()["actions.xz"], "", LIMIT), "<f4").reshape(7, -1)
    entry = entry_of(archive.pack(members()))
    noise = np.random.default_rng(0).uniform(-1, 1, table.shape).astype("<f4")
    verify.check_new(named(with_false_states(lambda _: noise), "other"), [entry])


def test_a_name_is_given_once():
    entry = entry_of(archive.pack(members()))
    verify.check_new(submission.read(archive.pack(members())), [entry])  # the very file
    for other in (with_actions(last_bit), with_member("card.yaml", CARD.replace(b"me@", b"thief@"))):
        with pytest.raises(Refused, match=r"'my-model' is published already, of another file.*remove .*my-model\.json"):
            verify.check_new(submission.read(other), [entry])


def standing_still(table):
    table[:] = np.array([0, 0, 0, 0, 0, 0, 1], "<f4")[:, None]


def test_whoever_never_looks_copies_nobody():
    """Two who stand still act the same: that is said, and neither is refused."""
    still = with_actions(standing_still)
    entry = entry_of(still)
    other = named(still, "other")
    verify.check_new(other, [entry])
    assert verify.alike(other, [entry]) == ("my-model",)
    moving = entry_of(with_member("states.bin", bytes(len(members()["states.bin"]))))
    assert verify.alike(other, [moving]) == verify.alike(named(still, "my-model"), [entry]) == ()


def test_who_stands_still_where_lost_is_no_copy_of_who_always_does():
    """Most episodes agree, but what differs between them does not."""
    takes = submission.read(archive.pack(members())).takes
    still = np.zeros((80, 7), np.float32)

    def acted(moves):
        return [
            dataclasses.replace(take, actions=actions, state_hashes=(str(actions.sum()),))
            for take, actions in zip(takes, moves, strict=True)
        ]

    mine = acted([still, still, still, takes[3].actions])
    always = dataclasses.replace(
        entry_of(archive.pack(members())).proof,
        actions_digests=duplicates.actions_of(acted([still] * 4)), states_digests=duplicates.states_of(acted([still] * 4)),
    )  # fmt: skip
    assert duplicates.share(mine, always) == 0.5 == duplicates.COPY and not duplicates.blind(mine)
    assert duplicates.share(acted([still] * 4), always) == 1 and duplicates.blind(
        acted([still, still[:9], still, still])
    )
