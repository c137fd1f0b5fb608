"""Power, and the episodes that are needed."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, boschloo_exact

from vlagen_bench.errors import ConfigError
from vlagen_bench.statistics import power
from vlagen_bench.statistics.paired import mcnemar


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
