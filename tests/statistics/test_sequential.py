"""The rules that stop early keep their error rates when looked at after every episode."""

import itertools
import random
from pathlib import Path

import numpy as np
import pytest

from vlagen_bench.errors import ConfigError
from vlagen_bench.statistics.clusters import sign_flip
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.statistics.paired import mcnemar
from vlagen_bench.statistics.sequential import (
    LEVELS,
    PairedSequence,
    RateSequence,
    confidence_sequence,
    earliest,
    log_wealth,
)
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
    differences = rng.choice([-1, 0, 1], p=[0.15, 0.7, 0.15], size=(400, 200))
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
    lucky = rng.choice([-1, 0, 1], p=[0.2, 0.6, 0.2], size=(300, 60))
    assert np.mean([_ever(run) for run in lucky]) <= 0.09
    assert np.mean([_ever(np.repeat(run, 5)) for run in lucky]) > 0.2


def _ever(differences) -> bool:
    sequence = PairedSequence(len(differences))
    return any(sequence.update(int(one)) for one in differences)


@pytest.mark.parametrize("sizes", [
    [1] * 9, [5, 1, 3, 3, 0, 2, 8, 4, 6], [40, 1, 1, 1, 1, 1, 1, 1, 1], [0, 0, 7, 1, 12, 3, 2, 9, 30],
])  # fmt: skip
def test_the_level_holds_over_all_looks_whatever_the_sizes_are(sizes):
    """Exactly: of all signs, which are equally likely if the policies are exchangeable."""
    ps = []
    for signs in itertools.product((-1, 1), repeat=len(sizes)):
        sequence = PairedSequence(len(sizes))
        ever = False
        for sign, size in zip(signs, sizes, strict=True):
            ever = sequence.update(sign * size) or ever
        assert sequence.decided == ever, "what is decided stays so"
        ps.append(sequence.p)
    for level in LEVELS:
        assert np.mean(np.array(ps) <= level) <= level
    assert np.mean(np.array(ps) <= 0.05) > 0.015, "the level is used"


@pytest.mark.parametrize(("scenes", "conditions"), [(16, 40), (64, 9), (192, 3)])
def test_it_tells_apart_nearly_as_often_as_the_test_that_looks_once(scenes, conditions):
    """And a difference that the paired test always sees is seen long before the end."""
    rng = np.random.default_rng(5)
    looks = {}
    for difference in (0.1, 0.3):
        sums = [compared(rng, scenes, conditions, difference) for _ in range(60)]
        once = np.mean([sign_flip(one) <= 0.05 for one in sums])
        ends = [earliest(one) for one in sums]
        assert np.mean([end is not None for end in ends]) >= once - 0.1
        looks[difference] = np.mean([end or scenes for end in ends])
        assert difference == 0.1 or once > 0.95
    assert looks[0.3] < 0.75 * scenes and looks[0.3] < looks[0.1]


def compared(rng, scenes: int, conditions: int, difference: float) -> list[int]:
    """Per scene, successes of one policy minus those of another; scenes and conditions are hard or easy for both."""
    ease = np.clip(0.5 + 0.2 * rng.normal(size=(scenes, 1)) + 0.1 * rng.normal(size=conditions), 0.2, 0.8)
    first = rng.random((scenes, conditions)) < ease + difference / 2
    other = rng.random((scenes, conditions)) < ease - difference / 2
    return [int(one) for one in first.sum(axis=1) - other.sum(axis=1)]


def test_equal_policies_are_rarely_told_apart_however_correlated_a_scene_is():
    rng, wrong = np.random.default_rng(6), []
    for _ in range(400):
        own = rng.random((2, 24, 1)) < 0.5  # each policy's luck in a scene, for most of its conditions
        kept = rng.random((2, 24, 9)) < 0.8
        outcomes = np.where(kept, own, rng.random((2, 24, 9)) < 0.5).sum(axis=2)
        wrong.append(earliest([int(one) for one in outcomes[0] - outcomes[1]]) is not None)
    assert np.mean(wrong) <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


def test_a_clear_difference_is_found_soon():
    sequence = PairedSequence(16)
    needed = next(n for n in range(1, 16) if sequence.update(-180))
    assert needed == 8 and sequence.p <= 0.05 and sequence.differences == [-180] * 8
    assert PairedSequence(16).p == 1.0
    assert [earliest([3] * scenes) for scenes in (5, 6, 64, 192)] == [None, 6, 11, 14]


def test_units_do_not_matter():
    rng = np.random.default_rng(7)
    for _ in range(20):
        one = [int(x) for x in rng.normal(2, 6, size=20).round()]
        assert earliest(one) == earliest([17 * x for x in one])


def test_more_scenes_than_planned_are_refused():
    sequence = PairedSequence(1)
    sequence.update(1)
    with pytest.raises(ValueError, match="All 1 scenes of the plan"):
        sequence.update(1)


@pytest.mark.parametrize(("text", "rule"), [
    ("width<0.1", Narrow(width=0.1)), (" width < .25 ", Narrow(width=0.25)), ("decided:runs/a", None),
])  # fmt: skip
def test_rules_are_read(text, rule):
    found = until(text)
    assert found == rule or (isinstance(found, Decided) and (str(found.run), found.score) == ("runs/a", "success"))


def test_a_score_is_named_in_the_rule():
    assert until("decided-progress:runs/a:b") == Decided(run=Path("runs/a:b"), score="progress")


@pytest.mark.parametrize(("text", "says"), [
    ("widht<0.1", "'widht<0.1' is not a rule"), ("width<0", "between 0 and 1"), ("width<1.0", "between 0 and 1"), ("width<10%", "not '10%'"),
    ("width<nan", "not 'nan'"), ("width<1e-3", "not '1e-3'"), ("width<", "not ''"), ("width>0.1", "is not a rule"), ("decided", "is not a rule"),
    ("decided:", "Name its folder"), ("decided-steps:a", "'steps' is no score .* There are: success, progress"), ("decided-:a", "'' is no score"), ("", "is not a rule"),
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
    assert watch.earliest() == 9 and ended.index(True) == 9 * 4 - 1, "the fourth episode of the ninth scene"
    assert watch.difference == 1.0 and (watch.complete, watch.pairs) == (9, 36)
    same = DecidedWatch(planned, {one: True for one, _ in planned})
    assert not any(same.ended(one, True) for one, _ in planned) and same.complete == 30 and same.earliest() == 9
    broken = DecidedWatch(planned, {})
    assert not any(broken.ended(one, True) for one, _ in planned) and broken.complete == 0
    assert broken.earliest() is None and broken.difference is None


def test_scores_between_0_and_1_are_compared_too():
    """Better everywhere, and never a success more."""
    planned = [(f"{index}{name}", index) for index in range(30) for name in "abcd"]
    rng = np.random.default_rng(8)
    others = {one: float(rng.uniform(0.1, 0.5)) for one, _ in planned}
    watch = DecidedWatch(planned, others, "progress")
    ends = [watch.ended(one, others[one] + float(rng.uniform(0.1, 0.3))) for one, _ in planned]
    assert any(ends) and watch.difference == pytest.approx(0.2, abs=0.03)
    same = DecidedWatch(planned, others, "progress")
    assert not any(same.ended(one, others[one] + float(rng.uniform(-0.1, 0.1))) for one, _ in planned)


@pytest.mark.parametrize(("scenes", "soonest"), [(4, None), (5, None), (6, 6), (16, 8)])
def test_a_plan_that_can_never_decide_is_known_before(scenes, soonest):
    """Whatever the other run's outcomes are, no outcomes of this one decide sooner."""
    planned = [(f"{index}{name}", index) for index in range(scenes) for name in "ab"]
    rng = np.random.default_rng(9)
    assert DecidedWatch(planned, dict.fromkeys(dict(planned), False)).earliest() == soonest
    for _ in range(40):
        others = {one: bool(rng.random() < 0.7) for one, _ in planned}
        watch = DecidedWatch(planned, others)
        least = watch.earliest()
        for one, _ in planned:
            watch.ended(one, bool(rng.random() < 0.2) if others[one] else False)
        assert not watch.decided or (least is not None and len(watch.sequence.differences) >= least)


def test_a_width_that_no_outcome_can_reach_is_known_before():
    planned = [(f"{name}{index}", name) for index in range(16) for name in "ab"]
    narrowest = NarrowWatch(Narrow(width=0.1), planned).narrowest()
    assert narrowest == pytest.approx(1 - confidence_sequence(16, 16)[0])
    assert NarrowWatch(Narrow(width=0.1), []).narrowest() is None


@pytest.mark.parametrize("rate", [0.9, 0.98])
def test_policies_of_one_rate_that_fail_in_unlike_ways_are_seldom_decided(rate):
    """One in whole scenes, the other in single episodes: signs alone decide in more than a third of the runs."""
    rng = np.random.default_rng(4)
    whole = 40 * (rng.random((40, 16)) < rate)
    single = rng.binomial(40, rate, size=whole.shape)
    ends, signs = [], []
    for a, b in zip(whole, single, strict=True):
        sums = [int(one) for one in a - b]
        ends.append(earliest(sums, [(float(x), float(y), 40.0) for x, y in zip(a, b, strict=True)]))
        signs.append(earliest(sums))
    assert np.mean([end is not None for end in ends]) <= 0.1 and np.mean([end is not None for end in signs]) > 0.3
