"""The randomization test of real-valued differences, such as of progress: signs of whole scenes are flipped."""

from collections.abc import Sequence

import numpy as np

EXACT = 14
"""up to so many scenes that differ, all flips are gone through: 2 ** 14"""
FLIPS = 20_000
"""random flips of more scenes: a p near 0.05 then moves by 0.003 (two standard errors) from seed to seed"""
BLOCK = 2_000
"""flips at once, which bounds the memory"""
ROUNDING = 1e-9
"""sums that differ by less are equal, as a share of the sum of sizes"""


def sign_flip_real(sums: Sequence[float], *, flips: int = FLIPS, seed: int = 0) -> float | None:
    """Two-sided p of the hypothesis that two policies are interchangeable in every scene; None without one.

    As `clusters.sign_flip`, for sums that are no whole numbers. Exact where few scenes differ, else by random flips, the
    observed one among them, so that p is never below 1 / (flips + 1) and the test keeps its level (Phipson and Smyth,
    Statistical Applications in Genetics and Molecular Biology 9:39, 2010).

    Args:
        sums: per scene, the sum over its episodes of the first policy's value minus the other's.
        flips: how many random ones, where not all are gone through.
        seed: of them: equal data and seed give an equal p.

    Examples:
        >>> sign_flip_real([0.5, 0.5, 0.25]), sign_flip_real([0.0]), sign_flip_real([])
        (0.25, 1.0, None)
    """
    if not len(sums):
        return None
    sizes = np.array([abs(float(total)) for total in sums if total])
    if not len(sizes):
        return 1.0
    least = abs(float(np.sum(np.asarray(sums, dtype=float)))) - ROUNDING * float(sizes.sum())
    if len(sizes) <= EXACT:
        signs = 1.0 - 2.0 * (np.arange(2 ** len(sizes))[:, None] >> np.arange(len(sizes)) & 1)
        return float(np.mean(np.abs(signs @ sizes) >= least))
    random = np.random.default_rng(seed)
    extreme = sum(
        int(np.sum(np.abs(random.choice((-1.0, 1.0), size=(min(BLOCK, flips - done), len(sizes))) @ sizes) >= least))
        for done in range(0, flips, BLOCK)
    )
    return (1 + extreme) / (1 + flips)
