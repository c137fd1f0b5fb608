"""The set of the best."""

import numpy as np
import pytest

from vlagen_bench.statistics.ranking import standings


@pytest.mark.parametrize("rates", [(0.5, 0.5, 0.5, 0.5), (0.6, 0.6, 0.4, 0.2), (0.7, 0.65, 0.6, 0.5)])
def test_the_set_of_the_best_holds_the_best(rates):
    """Each policy that is truly best must be in with 95 % or more, with ties and without."""
    rng = np.random.default_rng(3)
    kept = []
    for _ in range(250):
        luck = rng.random(40)  # partly shared by the policies, as the same scenes are
        outcomes = {str(i): (0.5 * luck + 0.5 * rng.random(40) < _level(rate)).tolist() for i, rate in enumerate(rates)}
        found = {one.name: one.among_best for one in standings(outcomes, range(40))}
        kept.append([found[str(i)] for i, rate in enumerate(rates) if rate == max(rates)])
    assert np.mean(kept, axis=0).min() >= 0.95 - 3 * (0.95 * 0.05 / 250) ** 0.5


def _level(rate: float) -> float:
    """What half the sum of two uniform numbers is below with this probability."""
    return (rate / 2) ** 0.5 if rate <= 0.5 else 1 - ((1 - rate) / 2) ** 0.5


def test_the_set_of_the_best_leaves_out_who_is_clearly_worse():
    rng = np.random.default_rng(4)
    good, other = rng.random((2, 100)) < 0.8
    found = {
        one.name: one for one in standings({"good": good, "other": other, "bad": good & other & False}, range(100))
    }
    assert found["good"].among_best and found["other"].among_best
    assert not found["bad"].among_best and found["bad"].p < 1e-6
    assert list(found)[-1] == "bad"


def test_the_set_of_one_or_of_no_data_leaves_nobody_out():
    (alone,) = standings({"a": [True, False]}, [0, 1])
    assert (alone.rate, alone.p, alone.among_best) == (0.5, 1.0, True)
    assert all(one.among_best and one.rate is None for one in standings({"a": [], "b": []}, []))


def test_a_tied_best_that_fails_in_other_ways_stays_in_the_set():
    """A fails in whole scenes or not at all, B in single episodes: sign flips alone leave one of them out in most runs."""
    rng, kept = np.random.default_rng(0), []
    for _ in range(40):
        whole = np.repeat(rng.random(16) < 0.98, 40)
        single = rng.random(16 * 40) < 0.98
        scenes = np.repeat(np.arange(16), 40).tolist()
        found = standings({"a": whole.tolist(), "b": single.tolist()}, scenes)
        kept.append(all(one.among_best for one in found))
    assert np.mean(kept) >= 0.9
