"""The rules that stop early keep their error rates when looked at after every episode."""

import random

import numpy as np
import pytest

from vlagen_bench.errors import ConfigError
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.statistics.paired import mcnemar
from vlagen_bench.statistics.sequential import PairedSequence, RateSequence, confidence_sequence, log_wealth
from vlagen_bench.statistics.watching import Decided, DecidedWatch, Narrow, NarrowWatch, until

LIMIT = np.log(20)


def peeked(rng, rate: float, runs: int, most: int) -> np.ndarray:
    """Successes after each episode: int (runs, most)."""
    return np.cumsum(rng.random((runs, most)) < rate, axis=1)


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.5, 0.9])
def test_the_sequence_covers_at_every_time_at_once(rate):
    """And Wilson's interval, peeked at, does not."""
    runs, most = 1500, 400
    successes = peeked(np.random.default_rng(0), rate, runs, most)
    wealth = np.array([[log_wealth(k, n, rate) if k <= n else 0.0 for k in range(most + 1)] for n in range(most + 1)])
    ever = (wealth[np.arange(1, most + 1), successes] >= LIMIT).any(axis=1)
    assert ever.mean() <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
    assert np.mean([_wilson_misses(run[19:200:20], rate) for run in successes[:300]]) > 0.09


def _wilson_misses(successes: np.ndarray, rate: float) -> bool:
    """Whether one of ten looks, 20 episodes apart, has an interval without the rate."""
    ends = (wilson(int(k), 20 * (look + 1)) for look, k in enumerate(successes))
    return any(not low <= rate <= high for low, high in ends)


def test_the_interval_is_where_the_wealth_is_small():
    low, high = confidence_sequence(30, 80)
    assert log_wealth(30, 80, low) == pytest.approx(LIMIT) == log_wealth(30, 80, high)
    assert low < wilson(30, 80)[0] and wilson(30, 80)[1] < high
    assert confidence_sequence(0, 0) == (0.0, 1.0)
    assert confidence_sequence(0, 50)[0] == 0.0 and confidence_sequence(50, 50)[1] == 1.0


def test_a_rate_is_decided_once_it_is_narrow_and_stays_so():
    sequence, rng = RateSequence(0.3), random.Random(1)
    decided = [sequence.update(rng.random() < 0.5) for _ in range(250)]
    first = decided.index(True)
    assert 80 < first < 160 and all(decided[first:])
    low, high = sequence.interval
    assert high - low < 0.3 and low < 0.5 < high


def test_stopping_on_a_narrow_interval_keeps_its_coverage():
    covered, rng = [], np.random.default_rng(2)
    for _ in range(150):
        sequence = RateSequence(0.35)
        while not sequence.update(rng.random() < 0.15):
            pass
        covered.append(sequence.interval[0] <= 0.15 <= sequence.interval[1])
    assert np.mean(covered) >= 0.95


def test_two_equal_policies_are_rarely_told_apart_however_often_one_looks():
    """While McNemar's test, looked at after every pair, tells them apart far too often."""
    rng = np.random.default_rng(3)
    differences = rng.choice([-1, 0, 1], p=[0.15, 0.7, 0.15], size=(400, 300))
    wrong = [_ever(run) for run in differences]
    assert np.mean(wrong) <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5
    naive = []
    for run in differences[:150]:
        won, lost = np.cumsum(run > 0), np.cumsum(run < 0)
        naive.append(any(mcnemar(int(a), int(b)) <= 0.05 for a, b in zip(won[9::10], lost[9::10], strict=True)))
    assert np.mean(naive) > 0.12


def test_scenes_of_several_episodes_count_as_one():
    """Outcomes that agree within a scene: as single episodes they would be taken for evidence."""
    rng = np.random.default_rng(4)
    lucky = rng.choice([-1.0, 0.0, 1.0], p=[0.2, 0.6, 0.2], size=(300, 60))
    assert np.mean([_ever(run) for run in lucky]) <= 0.09
    assert np.mean([_ever(np.repeat(run, 5)) for run in lucky]) > 0.2


def _ever(differences) -> bool:
    sequence = PairedSequence()
    return any(sequence.update(float(one)) for one in differences)


def test_a_clear_difference_is_found_soon():
    sequence = PairedSequence()
    needed = next(n for n in range(1, 100) if sequence.update(1.0))
    assert needed == 7 and sequence.p <= 0.05 and sequence.difference == 1.0
    assert PairedSequence().difference is None and PairedSequence().p == 1.0


def test_pairs_that_agree_change_nothing():
    with_ties, without = PairedSequence(), PairedSequence()
    for one in (1, 0, 0, 1, -1, 0, 1):
        with_ties.update(one)
        if one:
            without.update(one)
    assert with_ties.p == pytest.approx(without.p) and with_ties.n == 7


def test_a_difference_beyond_one_is_refused():
    with pytest.raises(ValueError, match="between -1 and 1"):
        PairedSequence().update(1.5)


@pytest.mark.parametrize(("text", "rule"), [
    ("width<0.1", Narrow(width=0.1)), (" width < .25 ", Narrow(width=0.25)), ("decided:runs/a", None),
])  # fmt: skip
def test_rules_are_read(text, rule):
    found = until(text)
    assert found == rule or (isinstance(found, Decided) and str(found.run) == "runs/a")


@pytest.mark.parametrize(("text", "says"), [
    ("widht<0.1", "'widht<0.1' is not a rule"), ("width<0", "between 0 and 1"), ("width<1.0", "between 0 and 1"), ("width<10%", "not '10%'"),
    ("width<nan", "not 'nan'"), ("width<1e-3", "not '1e-3'"), ("width<", "not ''"), ("width>0.1", "is not a rule"), ("decided", "is not a rule"),
    ("decided:", "Name its folder"), ("", "is not a rule"),
])  # fmt: skip
def test_a_wrong_rule_is_a_sentence(text, says):
    with pytest.raises(ConfigError, match=f"--until: .*{says}"):
        until(text)


def test_a_watch_waits_for_every_condition():
    planned = [(f"{name}{index}", name) for index in range(300) for name in "ab"]
    watch = NarrowWatch(Narrow(width=0.4), planned)
    assert not any(watch.ended(one, True) for one, name in planned if name == "a")
    ended = [watch.ended(one, True) for one, name in planned if name == "b"]
    assert True in ended and watch.sequences["a"].n == watch.sequences["b"].n
    assert not NarrowWatch(Narrow(width=0.4), []).decided


def test_a_watch_counts_in_the_order_of_the_plan():
    """Quick successes that end first must not be counted first."""
    planned = [(str(index), "a") for index in range(40)]
    outcomes = {one: random.Random(one).random() < 0.5 for one, _ in planned}
    orders = [sorted(outcomes), sorted(outcomes, key=int), sorted(outcomes, key=lambda one: not outcomes[one])]
    ends = set()
    for order in orders:
        watch = NarrowWatch(Narrow(width=0.5), planned)
        for one in order:
            watch.ended(one, outcomes[one])
        ends.add((watch.sequences["a"].n, watch.sequences["a"].successes))
    assert len(ends) == 1 and ends.pop()[0] < 40
    late = NarrowWatch(Narrow(width=0.5), planned)
    for one, _ in planned[1:]:
        late.ended(one, True)
    assert late.sequences["a"].n == 0, "the first episode has not ended yet"


def test_errors_and_strangers_count_for_nothing():
    watch = NarrowWatch(Narrow(width=0.5), [("x", "a"), ("y", "a")])
    watch.ended("stranger", True)
    watch.ended("x", None)
    watch.ended("y", True)
    assert watch.sequences["a"].n == 1


def test_two_runs_are_decided_scene_by_scene():
    planned = [(f"{index}{name}", index) for index in range(30) for name in "abcd"]
    watch = DecidedWatch(planned, {one: False for one, _ in planned})
    ended = [watch.ended(one, True) for one, _ in planned]
    assert ended.index(True) == 7 * 4 - 1, "the fourth episode of the seventh scene"
    same = DecidedWatch(planned, {one: True for one, _ in planned})
    assert not any(same.ended(one, True) for one, _ in planned) and same.sequence.n == 30
    broken = DecidedWatch(planned, {})
    assert not any(broken.ended(one, True) for one, _ in planned) and broken.sequence.n == 0
