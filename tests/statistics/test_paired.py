"""Tests and intervals of paired outcomes."""

import numpy as np
import pytest
from scipy.stats import binomtest, multinomial

from vlagen_bench.statistics.paired import Pairs, mcnemar, mcnemar_greater, tango


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
