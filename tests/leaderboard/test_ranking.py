"""Groups of entries that cannot be told apart."""

import pytest

from vlagen_bench.leaderboard import ranking

pytestmark = [pytest.mark.sim, pytest.mark.usefixtures("tiny")]


def test_ties_are_groups_that_may_overlap():
    found = ranking.board({"a": (180, 192), "b": (170, 192), "c": (158, 192), "d": (20, 192), "none": (0, 0)})
    assert found.groups == (("a", "b"), ("b", "c"), ("d",))
    assert [(one.name, one.first, one.last) for one in found.places] == [
        ("a", 1, 2), ("b", 1, 3), ("c", 2, 3), ("d", 4, 4),
    ]  # fmt: skip


def test_equal_entries_are_one_group_and_few_episodes_tell_nothing():
    assert ranking.board({"b": (5, 10), "a": (5, 10)}).groups == (("a", "b"),)
    assert ranking.board({"a": (4, 4), "b": (1, 4)}).groups == (("a", "b"),)
    assert ranking.board({}).groups == () and ranking.board({"a": (1, 2)}).groups == (("a",),)


def test_holm_makes_more_entries_harder_to_tell_apart():
    pair = {"a": (104, 192), "b": (80, 192)}
    assert len(ranking.board(pair).groups) == 2
    assert len(ranking.board(pair | {f"c{i}": (92, 192) for i in range(8)}).groups) == 1
