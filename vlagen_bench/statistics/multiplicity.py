"""Holm's adjustment of p values over a declared family of tests."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def holm(family: Mapping[Name, float | None]) -> dict[Name, float | None]:
    """p-values so adjusted that reporting all below 0.05 errs anywhere in the family with at most 5 %.

    Holm, Scandinavian Journal of Statistics 6:65, 1979; valid whatever the dependence. A test without data stays None,
    and still counts as a member: the family is what was declared, not what happened to be measured.

    Examples:
        >>> holm({"table": 0.01, "camera": 0.04, "lighting": 0.03, "push": None})
        {'table': 0.04, 'camera': 0.09, 'lighting': 0.09, 'push': None}
    """
    adjusted: dict[Name, float | None] = dict.fromkeys(family)
    known = sorted((p, place, name) for place, (name, p) in enumerate(family.items()) if p is not None)
    largest = 0.0
    for rank, (p, _, name) in enumerate(known):
        largest = max(largest, min(1.0, (len(family) - rank) * p))
        adjusted[name] = largest
    return adjusted
