"""Shrunken estimates: the largest of many is not exaggerated."""

from collections.abc import Sequence

import numpy as np

FARTHEST = 1.0
"""standard errors that an estimate is drawn at most"""


def shrunken(values: Sequence[float], errors: Sequence[float]) -> tuple[float, ...]:
    """Empirical Bayes estimates of several effects: each is drawn towards their mean, the more the less is known of it.

    The largest of many estimates is large partly by luck. Effects are taken as normal about a common mean; their variance
    is estimated by the method of moments (DerSimonian and Laird, Controlled Clinical Trials 7:177, 1986), and what it leaves
    unexplained is drawn back, with the factor (k - 3) / (k - 1) of Morris (J. American Statistical Association 78:47, 1983) for
    its being estimated. Three effects or fewer are left alone, since their variance cannot be known.

    Effects are not normal where a few axes hurt much and the others not at all: those few would be drawn far below the truth,
    out of their own intervals. So no estimate is drawn by more than one standard error (limited translation: Efron and
    Morris, J. American Statistical Association 67:130, 1972).

    Args:
        values: the estimates.
        errors: their standard errors, above 0.

    Examples:
        >>> [round(value, 2) for value in shrunken([0.0, 0.1, 0.1, 0.2, 0.6], [0.1] * 5)]
        [0.02, 0.11, 0.11, 0.2, 0.56]
    """
    effects, variances = np.asarray(values, dtype=float), np.asarray(errors, dtype=float) ** 2
    count = len(effects)
    if count <= 3:
        return tuple(map(float, effects))
    between = _variance_between(effects, variances)
    weights = 1 / (between + variances)
    mean = float(weights @ effects / weights.sum())
    drawn = variances / (between + variances) * (count - 3) / (count - 1)
    most = FARTHEST * np.sqrt(variances)
    return tuple(map(float, effects + np.clip(drawn * (mean - effects), -most, most)))


def _variance_between(effects: np.ndarray, variances: np.ndarray) -> float:
    """Of the true effects; 0 where the estimates differ by no more than their errors."""
    weights = 1 / variances
    mean = weights @ effects / weights.sum()
    excess = weights @ (effects - mean) ** 2 - (len(effects) - 1)
    return max(0.0, float(excess / (weights.sum() - (weights**2).sum() / weights.sum())))
