"""Sequential tests and intervals, whose error rates hold however often one looks.

The interval of a rate is a mixture of bets that cannot be expected to win if the rate is true. That the wealth ever
reaches 1/alpha then has a probability of at most alpha (Ville 1939), however often one looks and whenever one stops. The
paired test is a group-sequential randomization test: its looks share one alpha. Episodes must come in the order of the
plan: those that end first are not a fair sample of all, since successes may end early (`watching.py`).
"""

from collections.abc import Sequence
from math import inf, lgamma, log

import numpy as np

from vlagen_bench.statistics.scene_means import difference_p

Counts = tuple[float, float, float]
"""of a scene: successes (or sums of a score) of the first policy, of the other, and pairs"""
HALVINGS = 50
ALPHA = 0.05
LEVELS = (ALPHA, 0.02, 0.01, 0.005, 0.002, 0.001)
"""what the p of the paired sequence can be, once it is decided"""
SPENDING = 2
"""after a share t of the scenes, t to this power of the level is spent: Kim and DeMets, Biometrika 74:149, 1987. With 1 clear
differences are found a little sooner, and small ones less often; with 3 it is the other way round"""


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
    """Decided once it is clear that two policies differ, looked at after each of a planned number of scenes.

    The hypothesis of its first test is that of `clusters.sign_flip`: exchanging the two policies in a scene changes nothing, so
    given the sizes of the scenes' differences all their signs are equally likely. After each scene the sum of all
    differences is compared with its distribution over the signs with which no earlier look would have decided, and each
    look spends a part of the level (Lan and DeMets, Biometrika 70:659, 1983). So this test errs with at most the level
    over all looks together, whatever the sizes are and whenever one stops, and at the last scene it has nearly the power of
    the test that looks once.

    Policies that are as good may fail in unlike ways, which this test takes for a difference. Where the counts of scenes are
    given, it is decided only once the interval over scenes leaves out 0 too (`scene_means.difference_p`), at the level
    that the first test has at this look alone.
    """

    def __init__(self, scenes: int, *, graded: bool = False) -> None:
        """The test of a plan with so many scenes; `graded` as of `scene_means.rate_interval`."""
        self.scenes, self._graded = scenes, graded
        self.differences: list[int] = []
        self._counts: list[Counts] = []
        self._test = _LevelTest(ALPHA, scenes, graded)

    def update(self, difference: int, counts: Counts | None = None) -> bool:
        """Adds one more scene; says whether it is decided, which it then stays.

        Args:
            difference: the first policy's score in it minus the other's, in any unit.
            counts: of it, as of `scene_means.difference_p`: for all scenes, or, where each has a single pair, for none.
        """
        if len(self.differences) == self.scenes:
            raise ValueError(f"All {self.scenes} scenes of the plan are counted already.")
        self.differences.append(difference)
        if counts is not None:
            self._counts.append(counts)
        self._test.update(difference, self._counts)
        return self.decided

    @property
    def decided(self) -> bool:
        return self._test.decided

    @property
    def p(self) -> float:
        """Two-sided and valid at any time: the lowest of `LEVELS` at which this and all higher levels decide; else 1."""
        p = 1.0
        for level in LEVELS:
            test = _LevelTest(level, self.scenes, self._graded)
            for number, difference in enumerate(self.differences, 1):
                test.update(difference, self._counts[:number])
            if not test.decided:
                break
            p = level
        return p


class _LevelTest:
    """The test at one level."""

    def __init__(self, level: float, scenes: int, graded: bool) -> None:
        self.decided = False
        self._level, self._scenes, self._graded = level, scenes, graded
        self._n = self._sum = 0
        self._flipped = False
        """whether the signs alone decide"""
        self._chances = np.ones(1)
        """of each value of the sum, from the least on, without those that an earlier look decides"""
        self._all = np.ones(1)
        """the same with them"""
        self._spent = 0.0

    def update(self, difference: int, counts: Sequence[Counts]) -> None:
        """Looks at the sum of all scenes after one more, whose counts are the last ones."""
        self._n += 1
        self._sum += difference
        if self.decided:
            return
        self._chances, self._all = (_flipped(chances, abs(difference)) for chances in (self._chances, self._all))
        allowed = self._level * (self._n / self._scenes) ** SPENDING - self._spent
        largest = len(self._chances) // 2
        tails = 2 * np.cumsum(self._chances[:largest])  # of a sum of at least largest, largest - 1 ... 1, either sign
        beyond = int(np.searchsorted(tails, allowed * (1 + 1e-9), side="right"))
        if beyond and tails[beyond - 1]:
            self._spent += tails[beyond - 1]
            self._chances[:beyond] = self._chances[-beyond:] = 0.0
            self._flipped = self._flipped or abs(self._sum) > largest - beyond
            at_once = float(2 * self._all[:beyond].sum())
            self.decided = self._flipped and (not counts or self._interval_p(counts) <= at_once)

    def _interval_p(self, counts: Sequence[Counts]) -> float:
        p = difference_p(counts, graded=self._graded)
        return 1.0 if p is None else p


def _flipped(chances: np.ndarray, size: int) -> np.ndarray:
    """The distribution of a sum after one more difference of this size, of either sign."""
    moved = np.zeros(len(chances) + 2 * size)
    moved[: len(chances)] += chances / 2
    moved[2 * size :] += chances / 2
    return moved


def earliest(differences: Sequence[int], counts: Sequence[Counts] = ()) -> int | None:
    """After how many of these scenes it is decided, with their counts or without; None: never.

    Examples:
        >>> earliest([1] * 16), earliest([1] * 6), earliest([1] * 5)
        (8, 6, None)
    """
    sequence = PairedSequence(len(differences))
    each: Sequence[Counts | None] = counts or [None] * len(differences)
    ends = (
        number
        for number, (difference, one) in enumerate(zip(differences, each, strict=True), 1)
        if sequence.update(difference, one)
    )
    return next(ends, None)
