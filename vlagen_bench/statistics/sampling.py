"""Samples without replacement that are searched for false records: what none found still allows, and how many are enough."""

from math import comb

CONFIDENCE = 0.95
TOLERATED = 0.05
"""of all records: the most false ones that a large enough sample may overlook, at `CONFIDENCE`"""


def undetected(total: int, sampled: int, confidence: float = CONFIDENCE) -> int:
    """How many false records a sample without one still allows (hypergeometric).

    Examples:
        >>> undetected(3072, 300)
        29
    """
    false = 0
    while total - false - 1 >= sampled and comb(total - false - 1, sampled) / comb(total, sampled) > 1 - confidence:
        false += 1
    return false


def least_sample(total: int, tolerated: float = TOLERATED, confidence: float = CONFIDENCE) -> int:
    """The smallest sample that finds one with `confidence`, if more than this share of all records are false.

    Examples:
        >>> [least_sample(total) for total in (40, 144, 3072)]
        [25, 44, 58]
    """
    false = int(tolerated * total + 1e-9) + 1
    chance, sampled = 1.0, 0
    while chance > 1 - confidence and sampled < total:
        chance *= (total - false - sampled) / (total - sampled)
        sampled += 1
    return sampled
