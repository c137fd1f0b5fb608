"""The exact test of conditions that share a clean twin: which of a scene's outcomes is the twin's is permuted."""

from collections.abc import Iterable

import numpy as np


def twin_permutation(groups: Iterable[tuple[bool, int, int]]) -> float | None:
    """Exact two-sided p of the hypothesis that a perturbation changes nothing, over conditions that share twins.

    Under it a twin and its perturbed episodes are outcomes of one kind, so each of them is the twin's with equal chance
    (Fisher's randomization test, The Design of Experiments, 1935). The statistic is the sum over all pairs of twin minus
    perturbed; its distribution is exact, by convolution over twins. With one condition a twin it is McNemar's exact test.
    Signs of whole scenes must not be flipped here: a single failing twin drops against all of its conditions at once.

    Args:
        groups: of each twin: whether it succeeded, perturbed episodes that did, and how many of these there are.

    Returns:
        p; None where there is no pair.

    Examples:
        >>> round(twin_permutation([(True, 0, 5)] * 2), 4)
        0.0556
    """
    known = [(bool(twin), int(won), int(n)) for twin, won, n in groups if n]
    if not known:
        return None
    chances, least, seen = np.ones(1), 0, 0  # of each value of the statistic, from the least on
    for twin, won, n in known:
        successes, total = won + twin, n + 1
        seen += n * twin - won
        if successes in (0, total):
            continue  # whichever is the twin's, the difference is 0
        moved = np.zeros(len(chances) + total)
        moved[: len(chances)] += chances * (total - successes) / total  # a failure is the twin's
        moved[total:] += chances * successes / total  # a success is
        chances, least = moved, least - successes
    place = seen - least
    return float(min(1.0, 2 * min(chances[place:].sum(), chances[: place + 1].sum())))
