"""Sequential tests and intervals, whose error rates hold however often one looks.

Both are mixtures of bets that cannot be expected to win if the hypothesis is true. That the wealth ever reaches 1/alpha then has a
probability of at most alpha (Ville 1939), however often one looks and whenever one stops. Episodes must come in the
order of the plan: those that end first are not a fair sample of all, since successes may end early (`watching.py`).
"""

from math import inf, lgamma, log

import numpy as np

HALVINGS = 50
NODES = 200
"""bets of the paired sequence: exact for the arcsine mixture up to 399 scenes, and valid for any number"""


def confidence_sequence(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a rate that covers it at all times at once with probability `confidence`; (0, 1) without data.

    The rates p at which the beta-binomial mixture of likelihood ratios, with Jeffreys' Beta(1/2, 1/2), is below
    1 / (1 - confidence): Robbins, Annals of Mathematical Statistics 41:1397, 1970; Howard et al., Annals of Statistics
    49:1055, 2021. About 1.7 times as wide as Wilson's at 100 episodes: the price of looking.

    Examples:
        >>> [round(x, 3) for x in confidence_sequence(50, 100)]
        [0.338, 0.662]
    """
    limit = -log(1 - confidence)
    rate = successes / n if n else 0.5

    def edge(outside: float) -> float:
        if log_wealth(successes, n, outside) < limit:
            return outside
        inside = rate
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if log_wealth(successes, n, middle) < limit else (inside, middle)
        return outside

    return edge(0.0), edge(1.0)


def log_wealth(successes: int, n: int, rate: float) -> float:
    """Logarithm of what 1 has become by mixed bets against `rate`; infinite where it is impossible.

    Examples:
        >>> log_wealth(0, 0, 0.3), log_wealth(1, 1, 0.0)
        (0.0, inf)
    """
    failures = n - successes
    if (successes and rate <= 0.0) or (failures and rate >= 1.0):
        return inf
    mixed = _log_beta(successes + 0.5, failures + 0.5) - _log_beta(0.5, 0.5)
    return mixed - (successes * log(rate) if successes else 0.0) - (failures * log(1 - rate) if failures else 0.0)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


class RateSequence:
    """Decided once the interval of a rate is narrower than `width`."""

    def __init__(self, width: float, confidence: float = 0.95) -> None:
        self.width, self.confidence = width, confidence
        self.successes = self.n = 0
        self.decided = False

    def update(self, success: bool) -> bool:
        """Counts one more episode; says whether it is decided, which it then stays."""
        self.successes += bool(success)
        self.n += 1
        low, high = self.interval
        self.decided = self.decided or high - low < self.width
        return self.decided

    @property
    def interval(self) -> tuple[float, float]:
        """What may be reported, whenever one stops."""
        return confidence_sequence(self.successes, self.n, self.confidence)


class PairedSequence:
    """Decided once it is clear that two policies differ. The hypothesis to be refuted: their mean difference is 0.

    Bets on the difference x in [-1, 1] of one scene after the other: wealth is the mean of prod(1 + bet x) over bets in
    [-1, 1] with the arcsine density (Waudby-Smith and Ramdas, J. Royal Statistical Society B 86:1, 2024; the mixture is
    Chebyshev-Gauss quadrature). For single episodes it is the beta-binomial mixture martingale of the sign test, so only
    pairs that disagree move it.
    """

    def __init__(self, confidence: float = 0.95) -> None:
        self.confidence = confidence
        self.sum = 0.0
        self.n = 0
        self.largest = 0.0
        """logarithm of the most that 1 has become"""
        self._bets = np.cos((2 * np.arange(NODES) + 1) * np.pi / (2 * NODES))
        self._logs = np.zeros(NODES)

    def update(self, difference: float) -> bool:
        """Adds one more scene: the first policy's rate in it minus the other's; says whether it is decided."""
        if not -1.0 <= difference <= 1.0:
            raise ValueError(f"A difference of two rates is between -1 and 1, not {difference}.")
        self.sum += difference
        self.n += 1
        self._logs += np.log1p(self._bets * difference)
        highest = self._logs.max()
        self.largest = max(self.largest, float(highest + np.log(np.mean(np.exp(self._logs - highest)))))
        return self.decided

    @property
    def decided(self) -> bool:
        return self.largest >= -log(1 - self.confidence)

    @property
    def p(self) -> float:
        """Two-sided and valid at any time: one over the most that 1 has become."""
        return float(np.exp(-self.largest))

    @property
    def difference(self) -> float | None:
        """Mean difference so far; None without a scene."""
        return self.sum / self.n if self.n else None
