"""Do the statistics agree with scipy, statsmodels and published examples, and hold what they promise?"""

import doctest
import importlib
import pkgutil
from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import binom, binomtest, boschloo_exact, multinomial

from vlagen_bench import statistics
from vlagen_bench.errors import ConfigError
from vlagen_bench.statistics import multiplicity, power, unpaired
from vlagen_bench.statistics.attribution import Contrast, attribute
from vlagen_bench.statistics.clusters import ratio_interval, sign_flip, sign_flip_greater
from vlagen_bench.statistics.intervals import clopper_pearson, wilson
from vlagen_bench.statistics.paired import Pairs, mcnemar, mcnemar_greater, tango
from vlagen_bench.statistics.ranking import standings
from vlagen_bench.statistics.retest import retest

MODULES = [name for _, name, _ in pkgutil.iter_modules(statistics.__path__, "vlagen_bench.statistics.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


COUNTS = [(0, 20), (1, 3), (64, 64), (150, 192), (97, 192)]


@pytest.mark.parametrize(("function", "method"), [(wilson, "wilson"), (clopper_pearson, "exact")])
@pytest.mark.parametrize(("k", "n"), COUNTS)
def test_intervals_of_a_rate_are_scipys(function, method, k, n):
    expected = binomtest(k, n).proportion_ci(0.95, method=method)
    assert function(k, n) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert function(0, 0) == (0.0, 1.0)


def test_clopper_pearson_covers_every_rate():
    n = 30
    ends = np.array([clopper_pearson(k, n) for k in range(n + 1)])
    for p in np.linspace(0.01, 0.99, 99):
        inside = (ends[:, 0] <= p) & (p <= ends[:, 1])
        assert binom.pmf(np.arange(n + 1), n, p)[inside].sum() >= 0.95


# Only first, only other, all, confidence, interval. The first two in Fagerland, Lydersen and Laake, Statistics in Medicine
# 33:2850, 2014: Bentur et al. 2009 and Cavo et al. 2012; the third as R's PropCIs::scoreci.mp(25, 28, 618) has it.
@pytest.mark.parametrize(("counts", "confidence", "low", "high", "digits"), [
    ((1, 7, 21), 0.95, -0.517, -0.026, 3), ((6, 16, 161), 0.95, -0.1240, -0.0054, 4), ((28, 25, 618), 0.9, -0.0148, 0.0247, 4),
])  # fmt: skip
def test_tango_is_tangos(counts, confidence, low, high, digits):
    assert tuple(round(end, digits) for end in tango(*counts, confidence)) == (low, high)


def test_tango_turns_with_its_arguments_and_knows_no_data():
    low, high = tango(3, 9, 40)
    assert tango(9, 3, 40) == pytest.approx((-high, -low))
    assert tango(0, 0, 0) is None
    low, high = tango(0, 0, 25)
    assert low == pytest.approx(-high) and 0.1 < high < 0.15, "that no pair disagrees does not make it certain"
    assert tango(12, 0, 12)[1] == 1.0


@pytest.mark.parametrize("chances", [(0.1, 0.1), (0.3, 0.1), (0.05, 0.02), (0.6, 0.2)])
def test_tango_covers_95_percent(chances):
    """Exactly, over all outcomes."""
    n, covered = 40, 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            chance = multinomial.pmf((b, c, n - b - c), n, (*chances, 1 - sum(chances)))
            if chance > 1e-6:
                low, high = tango(b, c, n)
                covered += chance * (low <= chances[0] - chances[1] <= high)
    assert 0.935 < covered < 0.99


@pytest.mark.parametrize(("b", "c"), [(1, 7), (6, 16), (0, 5), (8, 8), (100, 131)])
def test_mcnemar_is_the_exact_binomial_test(b, c):
    from statsmodels.stats.contingency_tables import mcnemar as reference

    assert mcnemar(b, c) == pytest.approx(reference([[50, b], [c, 50]], exact=True).pvalue)
    assert mcnemar_greater(b, c) == pytest.approx(binomtest(b, b + c, alternative="greater").pvalue)


def test_numbers_of_numpy_do_not_overflow():
    assert mcnemar(np.int64(70), np.int64(60)) == mcnemar(70, 60) > 0.4


def test_no_discordant_pair_is_no_evidence():
    """statsmodels' corrected McNemar says p = 0 here."""
    assert mcnemar(0, 0) == mcnemar_greater(0, 0) == 1.0
    pairs = Pairs.of([(True, True)] * 9)
    assert (pairs.difference, pairs.p) == (0.0, 1.0)
    none = Pairs.of([])
    assert (none.n, none.difference, none.interval, none.p) == (0, None, None, None)


def test_boschloo_is_scipys_and_knows_no_data():
    assert unpaired.boschloo(7, 12, 2, 15) == pytest.approx(boschloo_exact([[7, 2], [5, 13]]).pvalue)
    assert unpaired.boschloo(0, 5, 0, 9) == 1.0
    assert unpaired.boschloo(0, 0, 3, 9) is None and unpaired.compare(3, 9, 0, 0) is None
    found = unpaired.compare(18, 20, 9, 20)
    assert found.difference == pytest.approx(0.45) and 0 < found.low < 0.45 < found.high and found.p < 0.01


def test_holm_is_statsmodels():
    from statsmodels.stats.multitest import multipletests

    ps = np.random.default_rng(0).random(12) ** 3
    assert list(multiplicity.holm(dict(enumerate(ps))).values()) == pytest.approx(multipletests(ps, method="holm")[1])


def test_a_member_of_the_family_without_data_still_counts():
    assert multiplicity.holm({"a": 0.01, "b": None, "c": None}) == {"a": 0.03, "b": None, "c": None}
    assert multiplicity.holm({}) == {}


def test_sign_flip_is_mcnemar_for_single_episodes():
    assert sign_flip([1] * 7 + [-1] + [0] * 30) == pytest.approx(mcnemar(7, 1))
    assert sign_flip([]) is None and sign_flip([0, 0]) == 1.0


def test_sign_flip_is_the_share_of_all_flips():
    sums = [3, -1, 2, 2, 4]
    flipped = [np.dot(signs, sums) for signs in product((-1, 1), repeat=5)]
    assert sign_flip_greater(sums) == pytest.approx(np.mean([one >= sum(sums) for one in flipped]))


def test_sign_flip_errs_at_most_5_percent_where_mcnemar_errs_more():
    """Scenes in which one of the policies is lucky in every episode: whole scenes are flipped, so that is no evidence."""
    rng = np.random.default_rng(1)
    lucky = rng.choice([-1, 0, 1], p=[0.2, 0.6, 0.2], size=(1500, 20)) * 5
    assert np.mean([sign_flip(sums.tolist()) <= 0.05 for sums in lucky]) < 0.06
    naive = [mcnemar(sums[sums > 0].sum(), -sums[sums < 0].sum()) <= 0.05 for sums in lucky]
    assert np.mean(naive) > 0.2


def test_the_cluster_bootstrap_covers_where_wilson_does_not():
    rng = np.random.default_rng(2)
    outcomes = rng.random((400, 12, 8)) < rng.beta(0.5, 0.5, size=(400, 12, 1))
    sums = outcomes.sum(axis=2)
    ends = [ratio_interval([(one, 8) for one in run], draws=500) for run in sums]
    assert 0.92 < np.mean([low <= 0.5 <= high for low, high in ends]) < 0.985
    plain = [wilson(int(run.sum()), 96) for run in sums]
    assert np.mean([low <= 0.5 <= high for low, high in plain]) < 0.8


def test_scenes_that_are_all_alike_say_nothing_of_their_spread():
    assert ratio_interval([(0, 4), (0, 4), (0, 3)]) is None
    assert ratio_interval([(1, 4)]) is None and ratio_interval([]) is None
    assert ratio_interval([(1, 4), (3, 4), (0, 0)]) == ratio_interval([(1, 4), (3, 4)])
    assert ratio_interval([(0.1, 0.1 + 0.1 + 0.1), (0.2, sum([0.1] * 6))]) is None, "a third, but for rounding"


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


def test_retest_finds_the_noise_of_a_run():
    rng = np.random.default_rng(7)
    chances = rng.random(50)
    outcomes = rng.random((2000, 50, 2)) < chances[:, None]
    estimates = [retest(run.tolist()).noise_sd ** 2 for run in outcomes[:300]]
    assert np.mean(estimates) == pytest.approx(outcomes[:, :, 0].mean(axis=1).var(), rel=0.1)
    none = retest([[True], []])
    assert (none.n, none.agreement, none.interval, none.noise_sd, none.floor, none.floor_limit) == (0, *(None,) * 5)


@pytest.mark.parametrize("repeats", [2, 3])
@pytest.mark.parametrize("chance", [0.003, 0.03, 0.5])
def test_the_limit_of_the_noise_floor_holds(repeats, chance):
    """Where outcomes seldom differ, the floor itself is mostly seen as 0, which it is not."""
    rng, n = np.random.default_rng(9), 60
    found = [retest(run.tolist()) for run in rng.random((600, n, repeats)) < chance]
    true = 2 * (2 * chance * (1 - chance) / n) ** 0.5
    assert np.mean([true <= one.floor_limit for one in found]) >= 0.95 - 3 * (0.05 * 0.95 / 600) ** 0.5
    assert all(one.floor <= one.floor_limit for one in found)
    if chance < 0.01:
        assert np.mean([one.floor == 0 for one in found]) > 0.5


def test_repeats_that_agree_do_not_prove_that_there_is_no_noise():
    one, many = retest([[True, True]]), retest([[False, False]] * 1000)
    assert (one.floor, one.floor_limit) == (0.0, 1.0)
    assert many.floor == 0.0 and 0.003 < many.floor_limit < 0.004


@pytest.mark.parametrize(("n", "difference", "discordance"), [(1, 0.5, 0.5), (9, 0.3, 0.5), (24, 0.2, 0.3), (12, 1, 1)])
def test_the_power_of_a_paired_test_is_that_of_all_outcomes(n, difference, discordance):
    share, expected = (1 + difference / discordance) / 2, 0.0
    for disagree in range(n + 1):
        found = [binom.pmf(won, disagree, share) for won in range(disagree + 1) if mcnemar(won, disagree - won) <= 0.05]
        expected += binom.pmf(disagree, n, discordance) * sum(found)
    assert power.paired_power(n, difference, discordance) == pytest.approx(expected, abs=1e-9)


def test_the_power_of_a_paired_test_is_as_simulated():
    rng = np.random.default_rng(8)
    drawn = rng.multinomial(60, (0.25, 0.05, 0.7), size=4000)
    found = np.mean([mcnemar(int(b), int(c)) <= 0.05 for b, c, _ in drawn])
    assert power.paired_power(60, 0.2, 0.3) == pytest.approx(found, abs=0.025)


def test_the_power_of_an_unpaired_test_is_that_of_scipys():
    n, expected = 9, 0.0
    for k, other in product(range(n + 1), repeat=2):
        if boschloo_exact([[k, other], [n - k, n - other]]).pvalue <= 0.05:
            expected += binom.pmf(k, n, 0.9) * binom.pmf(other, n, 0.3)
    assert power.unpaired_power(n, 0.9, 0.3) == pytest.approx(expected, abs=1e-3)


def test_needs_are_the_least_that_is_enough():
    need = power.for_paired(0.15, 0.25)
    assert power.paired_power(need.n, 0.15, 0.25) == need.reached >= 0.8 > power.paired_power(need.n - 1, 0.15, 0.25)
    assert power.for_paired(0.15, 0.25, alpha=0.05 / 16).n > need.n
    assert power.for_width(0.1, rate=0.05).n < power.for_width(0.1).n == 380
    assert power.for_unpaired(0.501, 0.5) == power.Need(n=None, reached=None)


@pytest.mark.parametrize("ask", [
    lambda: power.for_width(0), lambda: power.for_width(0.1, rate=1.5), lambda: power.for_paired(0.2, 0.1),
    lambda: power.for_paired(0.0, 0.1), lambda: power.for_unpaired(0.5, 0.5), lambda: power.for_paired(0.1, 0.2, power=1.0),
])  # fmt: skip
def test_an_impossible_question_is_a_sentence(ask):
    with pytest.raises(ConfigError, match=r"between|no number"):
        ask()
