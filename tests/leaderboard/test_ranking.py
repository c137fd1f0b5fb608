"""Places: entries that cannot be told apart share them, and entries on the same scenes are compared scene by scene."""

import numpy as np
import pytest

from vlagen_bench.leaderboard import ranking
from vlagen_bench.leaderboard.ranking import CountedEntry

FEW, MANY, CORE = 20, 60, 178
"""conditions: enough for a quick simulation, more of them, and those of the suite `core` that are shifted"""


def counted(**counts):
    return {name: CountedEntry(successes=successes, n=n) for name, (successes, n) in counts.items()}


def test_ties_are_groups_that_may_overlap():
    found = ranking.board(counted(a=(180, 192), b=(170, 192), c=(158, 192), d=(20, 192), none=(0, 0)))
    assert found.groups == (("a", "b"), ("b", "c"), ("d",))
    assert [(one.name, one.first, one.last) for one in found.places] == [
        ("a", 1, 2), ("b", 1, 3), ("c", 2, 3), ("d", 4, 4),
    ]  # fmt: skip
    assert (found.paired, found.unpaired, found.shared) == (0, 6, None)


def test_equal_entries_are_one_group_and_few_episodes_tell_nothing():
    assert ranking.board(counted(b=(5, 10), a=(5, 10))).groups == (("a", "b"),)
    assert ranking.board(counted(a=(4, 4), b=(1, 4))).groups == (("a", "b"),)
    assert ranking.board({}).groups == () and ranking.board(counted(a=(1, 2))).groups == (("a",),)


def test_holm_makes_more_entries_harder_to_tell_apart():
    pair = {"a": (104, 192), "b": (80, 192)}
    assert len(ranking.board(counted(**pair)).groups) == 2
    assert len(ranking.board(counted(**pair, **{f"c{i}": (92, 192) for i in range(8)})).groups) == 1


def world(rates, rng, *, scenes=16, spread=0.25, conditions=FEW):
    """Entries of these rates (one number, or one a condition) on the same scenes, some of which are harder for all."""
    hardness = rng.uniform(-spread, spread, (scenes, 1))
    entries = {}
    for number, rate in enumerate(rates):
        chance = np.clip(np.broadcast_to(rate, conditions) + hardness, 0, 1)
        won = rng.random((scenes, conditions)) < chance
        episodes = {(str(c), s): bool(won[s, c]) for s in range(scenes) for c in range(conditions)}
        entries[str(number)] = CountedEntry(
            successes=round(scenes * won.mean()), n=scenes, plan="same", episodes=episodes
        )
    return entries


def unknown(entries):
    """The same entries without their episodes."""
    return {name: CountedEntry(successes=entry.successes, n=entry.n) for name, entry in entries.items()}


def test_six_entries_from_35_to_95_percent_get_six_places():
    rng = np.random.default_rng(0)
    placed, before = [], []
    for _ in range(10):
        entries = world((0.95, 0.83, 0.71, 0.59, 0.47, 0.35), rng, spread=0.2, conditions=CORE)
        placed.append([(one.name, one.first, one.last) for one in ranking.board(entries).places])
        before.append(max(one.last - one.first for one in ranking.board(unknown(entries)).places))
    right = [(str(number), number + 1, number + 1) for number in range(6)]
    assert sum(one == right for one in placed) >= 9
    assert min(before) >= 3, "unpaired, some entry could have at least four places"


@pytest.mark.parametrize("rates", [
    (0.5,) * 4, (0.9,) * 4, (0.98,) * 4,
    ([0.9] * 10 + [0.3] * 10, [0.3] * 10 + [0.9] * 10, 0.6, 0.6),  # as good, but not in the same conditions
])  # fmt: skip
def test_entries_that_are_as_good_are_seldom_ordered(rates):
    """In the whole board: at most 5 %, and what 250 boards may have beyond it by chance (three standard errors)."""
    rng = np.random.default_rng(1)
    false = sum(len(ranking.board(world(rates, rng)).groups) > 1 for _ in range(250))
    assert false / 250 <= 0.05 + 3 * (0.05 * 0.95 / 250) ** 0.5


def test_the_best_of_unequal_entries_is_seldom_placed_below_a_worse_one():
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(200):
        places = {one.name: one for one in ranking.board(world((0.62, 0.6, 0.58), rng)).places}
        wrong += places["0"].first > 1 or places["2"].last < 3 or places["1"].first > 2
    assert wrong / 200 <= 0.05 + 3 * (0.05 * 0.95 / 200) ** 0.5


def test_entries_of_other_plans_are_independent_samples():
    rng = np.random.default_rng(3)
    entries = world((0.9, 0.5), rng)
    other = {**entries, "1": CountedEntry(
        successes=entries["1"].successes, n=16, plan="other", episodes=entries["1"].episodes
    )}  # fmt: skip
    assert ranking.board(entries).paired == 1 and len(ranking.board(entries).groups) == 2
    assert ranking.board(other).unpaired == 1 and ranking.board(other).shared is None


def test_entries_are_compared_over_the_episodes_that_both_have():
    """What one of them lacks counts for nobody, and the board says over how many."""
    all_of = {("a", scene): scene < 12 for scene in range(16)}
    some = {key: won for key, won in all_of.items() if key[1] < 12}
    entries = {
        name: CountedEntry(successes=12, n=16, plan="p", episodes=episodes)
        for name, episodes in (("whole", all_of), ("part", some))
    }
    found = ranking.board(entries)
    assert found.shared == (12, 16) and found.groups == (("part", "whole"),)
    assert [one.name for one in found.places] == ["part", "whole"], "by the rate over what each has"


def test_entries_of_one_rate_that_fail_in_unlike_ways_are_seldom_ordered():
    """Two fail in whole scenes, two in single episodes: sign flips alone order some in most boards."""
    rng, ordered = np.random.default_rng(2), []
    for _ in range(20):
        entries = {}
        for number in range(4):
            won = rng.random((16, 1 if number < 2 else MANY)) < 0.98
            episodes = {(str(c), s): bool(won[s, c % won.shape[1]]) for s in range(16) for c in range(MANY)}
            entries[str(number)] = CountedEntry(successes=0, n=16, plan="same", episodes=episodes)
        ordered.append(len(ranking.board(entries).groups) > 1)
    assert np.mean(ordered) <= 0.1
