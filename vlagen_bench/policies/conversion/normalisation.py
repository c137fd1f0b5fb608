"""Normalisation of actions and states by the statistics of a data set, and its inverse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

Scheme = Literal["quantiles", "mean_std", "min_max"]
"""quantiles: q01 and q99 become -1 and +1; min_max: the same of the extremes; mean_std: zero mean and unit deviation"""
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
FIELDS: dict[Scheme, tuple[str, str]] = {
    "quantiles": ("q01", "q99"),
    "mean_std": ("mean", "std"),
    "min_max": ("min", "max"),
}
"""what each scheme needs of the statistics"""


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """Statistics of each number of an action or a state, in the data set's own units; those that are known."""

    q01: tuple[float, ...] = ()
    q99: tuple[float, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    min: tuple[float, ...] = ()
    max: tuple[float, ...] = ()
    mask: tuple[bool, ...] = ()
    """which numbers are normalised; empty: all"""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Statistics":
        """From a mapping such as OpenVLA's `norm_stats[key]["action"]`; names that it does not know are left out."""
        kept: dict[str, Any] = {}
        for name in cls.__dataclass_fields__:
            if isinstance(values := given.get(name), Sequence | np.ndarray):
                kept[name] = tuple(bool(value) if name == "mask" else float(value) for value in values)
        return cls(**kept)

    def has(self, scheme: Scheme) -> bool:
        """Whether it has what a scheme needs."""
        return all(getattr(self, field) for field in FIELDS[scheme])

    @property
    def size(self) -> int:
        """How many numbers it is about."""
        return max(len(getattr(self, name)) for name in self.__dataclass_fields__)

    def scale_and_offset(self, scheme: Scheme) -> tuple[np.ndarray, np.ndarray]:
        """(n,) each, such that value = normalised * scale + offset; 1 and 0 where the mask leaves a number alone.

        Raises:
            ValueError: the statistics lack what the scheme needs.
        """
        first, second = FIELDS[scheme]
        if not self.has(scheme):
            known = [name for name in self.__dataclass_fields__ if getattr(self, name)]
            raise ValueError(
                f"{scheme} needs {first} and {second}; the statistics have {', '.join(known) or 'nothing'}"
            )
        low, high = np.array(getattr(self, first)), np.array(getattr(self, second))
        scale, offset = (high, low) if scheme == "mean_std" else ((high - low) / 2, (high + low) / 2)
        mask = np.array(self.mask, bool) if self.mask else np.ones(len(scale), bool)
        return np.where(mask, scale, 1.0), np.where(mask, offset, 0.0)


def unnormalise(values: np.ndarray, statistics: Statistics, scheme: Scheme) -> np.ndarray:
    """Normalised values (..., n) in the data set's units."""
    scale, offset = statistics.scale_and_offset(scheme)
    return np.asarray(values, np.float64) * scale + offset


def normalise(values: np.ndarray, statistics: Statistics, scheme: Scheme, *, clip: bool = False) -> np.ndarray:
    """The inverse of `unnormalise`; a number that never varies becomes 0.

    Args:
        values: (..., n) in the data set's units.
        statistics: of the data set.
        scheme: how it is done.
        clip: whether values beyond -1 and +1 are cut, as OpenVLA-OFT does with states.
    """
    scale, offset = statistics.scale_and_offset(scheme)
    varies = np.abs(scale) > 1e-12
    normalised = np.where(varies, (np.asarray(values, np.float64) - offset) / np.where(varies, scale, 1.0), 0.0)
    return np.clip(normalised, -1, 1) if clip else normalised
