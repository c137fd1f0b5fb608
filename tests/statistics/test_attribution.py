"""The attribution of a drop to factors."""

from itertools import combinations

import numpy as np
import pytest

from vlagen_bench.statistics.attribution import Contrast, attribute


def contrasts(rng, runs, rates, num):
    """Episodes of sets of factors, whose drops are 1 with the sum of their shares."""
    return [
        Contrast(cluster=index, factors=frozenset(factors), drop=int(rng.random() < sum(rates[f] for f in factors)))
        for index in range(num)
        for factors in runs
    ]


def test_attribution_finds_the_shares_and_covers_them():
    rng, rates = np.random.default_rng(5), {"camera": 0.4, "light": 0.1, "table": 0.2}
    runs = [pair for size in (1, 2, 3) for pair in combinations(rates, size)]
    covered = []
    for _ in range(120):
        found = attribute(contrasts(rng, runs, rates, 30))
        covered += [share.low <= rates[share.factor] <= share.high for share in found]
    assert 0.91 < np.mean(covered) < 0.985
    found = attribute(contrasts(rng, runs, rates, 2000))
    assert {share.factor: round(share.drop, 1) for share in found} == rates
    assert all(share.n == 8000 and not share.confounded_with for share in found)


def test_attribution_says_what_the_data_cannot_tell():
    rng = np.random.default_rng(6)
    rates = {"camera": 0.3, "light": 0.3, "table": 0.2}
    found = {share.factor: share for share in attribute(contrasts(rng, [("camera", "light"), ("table",)], rates, 40))}
    assert found["camera"].drop is found["camera"].low is None and found["camera"].confounded_with == ("light",)
    assert found["light"].confounded_with == ("camera",)
    assert found["table"].drop is not None and found["table"].confounded_with == ()
    told = {share.factor: share for share in attribute(contrasts(rng, [("camera", "light"), ("light",)], rates, 40))}
    assert all(share.drop is not None for share in told.values())


def test_factors_that_overlap_in_a_chain_cannot_be_told_apart():
    """a+b and b+c: of these shares not even a sum is known, though no two of the factors always come together."""
    data = [
        Contrast(cluster=index, factors=frozenset(pair), drop=index % 2) for index in range(20) for pair in ("ab", "bc")
    ]
    found = {share.factor: (share.drop, share.low, share.confounded_with) for share in attribute(data)}
    assert found == {"a": (None, None, ("b", "c")), "b": (None, None, ("a", "c")), "c": (None, None, ("a", "b"))}


def test_attribution_of_nothing_is_nothing():
    assert attribute([]) == ()
    assert attribute([Contrast(cluster=0, factors=frozenset(), drop=0)]) == ()
    (one,) = attribute([Contrast(cluster=0, factors=frozenset({"a"}), drop=1)])
    assert (one.drop, one.low, one.high) == (pytest.approx(1.0), None, None)
