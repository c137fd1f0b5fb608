"""Copies of published submissions under another name."""

import dataclasses
import hashlib

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


EPISODES = 40


def noise(rng, size=EPISODES):
    """Actions of as many episodes, of no policy that anyone has."""
    return [rng.uniform(-0.05, 0.05, (80, 7)).astype(np.float32) for _ in range(size)]


def played(moves, won):
    """Episodes with these actions, and states that follow from them alone."""
    record = submission.read(archive.pack(members())).takes[0]
    return [
        dataclasses.replace(
            record,
            actions=actions,
            state_hashes=(hashlib.sha256(actions.tobytes()).hexdigest(),),
            record=dataclasses.replace(record.record, outcome="success" if success else "failure"),
        )
        for actions, success in zip(moves, won, strict=True)
    ]


def published(name, takes):
    """An entry of these episodes."""
    entry = entry_of(archive.pack(members()))
    proof = dataclasses.replace(
        entry.proof,
        episodes=len(takes),
        actions_digests=duplicates.actions_of(takes),
        states_digests=duplicates.states_of(takes),
        actions_sketches=duplicates.sketches_of(takes),
    )
    return dataclasses.replace(entry, name=name, proof=proof)


def submitted(takes):
    return dataclasses.replace(named(archive.pack(members()), "stitched"), takes=takes)


@pytest.fixture
def two():
    """Two entries that succeed in 14 of 40 episodes each, in different ones, and their actions."""
    rng = np.random.default_rng(5)
    first, other = noise(rng), noise(rng)
    won = [number < 14 for number in range(EPISODES)], [14 <= number < 28 for number in range(EPISODES)]
    entries = [published("first", played(first, won[0])), published("other", played(other, won[1]))]
    return entries, first, other, rng


def test_an_entry_stitched_from_two_is_recognized_by_its_successes(two):
    """28 of 40 successes, none its own; of neither entry it has more than half."""
    entries, first, other, rng = two
    moves = first[:14] + other[14:28] + noise(rng, 12)
    takes = played(moves, [True] * 28 + [False] * 12)
    assert all(duplicates.share(takes, entry.proof) < duplicates.COPY for entry in entries)
    with pytest.raises(Refused, match=r"28 of its 28 successes \(100\.0%.*entries 'first', 'other'; at most 10% may"):
        verify.check_new(submitted(takes), entries)


@pytest.mark.parametrize(("copied", "refused"), [((1, 0), False), ((1, 1), False), ((2, 1), True), ((0, 10), True)])
def test_at_most_a_tenth_of_the_successes_may_be_known(two, copied, refused):
    """Of 20 successes, summed over the entries, whoever submitted these."""
    entries, first, other, rng = two
    moves, won = noise(rng), [False] * EPISODES
    for index in [*range(copied[0]), *range(14, 14 + copied[1])]:
        moves[index], won[index] = (first if index < 14 else other)[index], True
    for index in range(39, 39 - (20 - sum(copied)), -1):
        won[index] = True
    takes = played(moves, won)
    found = duplicates.known_successes(takes, {entry.name: entry.proof for entry in entries})
    assert (found.successes, found.known, found.resembling) == (20, sum(copied), sum(copied))
    assert found.known_share == sum(copied) / 20
    if refused:
        with pytest.raises(Refused, match="summed over all entries, whoever submitted them"):
            verify.check_new(submitted(takes), entries)
    else:
        assert verify.check_new(submitted(takes), entries) == found


def test_copies_with_small_edits_are_recognized_and_other_actions_are_not(two):
    """An edit of one part in a hundred changes every digest, and no sketch by much."""
    entries, first, other, rng = two
    edited = [
        (actions * (1 + rng.uniform(-0.01, 0.01, actions.shape))).astype(np.float32)
        for actions in first[:14] + other[14:28]
    ]
    takes = played(edited + noise(rng, 12), [True] * 28 + [False] * 12)
    with pytest.raises(Refused, match=r"28 of its 28 successes .* have nearly the actions"):
        verify.check_new(submitted(takes), entries)
    own = played(noise(rng), [True] * EPISODES)
    found = verify.check_new(submitted(own), entries)
    assert (found.successes, found.known, found.resembling, found.entries) == (40, 0, 0, ())


def test_copies_that_pause_are_recognized(two):
    """A step of standing still in front, and one of a tenth of a millimetre in the middle."""
    entries, first, _, rng = two
    still, slow = np.zeros((1, 7), np.float32), np.full((1, 7), 1e-4, np.float32)
    paused = [np.concatenate([still, actions[:3], slow, actions[3:]]) for actions in first[:20]]
    takes = played(paused + noise(rng, 20), [True] * 20 + [False] * 20)
    with pytest.raises(Refused, match=r"20 of its 20 successes .* have nearly the actions"):
        verify.check_new(submitted(takes), entries)


def test_sketches_do_not_change():
    """They stand in published entries."""
    takes = played([np.outer(np.arange(1, 81), np.ones(7)).astype(np.float32) / 1000], [True])
    assert duplicates.sketches_of(takes) == "716b84af4aadc51f"


def test_an_entry_without_successes_copies_none(two):
    entries, first, _, rng = two
    found = verify.check_new(submitted(played(first[:10] + noise(rng, 30), [False] * EPISODES)), entries)
    assert (found.successes, found.known_share) == (0, 0.0)
