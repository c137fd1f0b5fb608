"""The statistics of a dataset's columns that LeRobot normalises with."""

from collections.abc import Mapping
from typing import Any

import numpy as np

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
PIXELS = 4
"""every so many-th pixel of a picture, along each side, is counted"""


def of_numbers(values: np.ndarray) -> dict[str, Any]:
    """Least, largest, mean, deviation and quantiles along the first axis, of the numbers that are there; as JSON.

    Args:
        values: (N, D); NaN is no number. A column that has none has statistics of 0.
    """
    values = np.asarray(values, dtype=np.float64)
    there = ~np.isnan(values)
    some = there.any(axis=0)
    filled = np.where(some, values, 0.0)
    found = {
        "min": np.nanmin(filled, axis=0),
        "max": np.nanmax(filled, axis=0),
        "mean": np.nanmean(filled, axis=0),
        "std": np.nanstd(filled, axis=0),
        "count": np.array([len(values)]),
        **{name: np.nanquantile(filled, share, axis=0) for name, share in QUANTILES.items()},
    }
    return {name: value.tolist() for name, value in found.items()}


class PictureStatistics:
    """Statistics of a camera's pictures, colour by colour, in [0, 1], from a histogram of levels."""

    def __init__(self) -> None:
        self.levels = np.zeros((3, 256), dtype=np.int64)
        self.pictures = 0

    def add(self, picture: np.ndarray) -> None:
        """Counts a picture uint8 (H, W, 3)."""
        some = picture[::PIXELS, ::PIXELS].reshape(-1, 3)
        for channel in range(3):
            self.levels[channel] += np.bincount(some[:, channel], minlength=256)
        self.pictures += 1

    def stored(self) -> Mapping[str, Any]:
        """As LeRobot has them: shape (3, 1, 1)."""
        total = np.maximum(self.levels.sum(axis=1), 1)
        share = np.arange(256) / 255
        mean = self.levels @ share / total
        std = np.sqrt(np.maximum(self.levels @ share**2 / total - mean**2, 0.0))
        seen = self.levels > 0
        below = np.cumsum(self.levels, axis=1) / total[:, None]
        found = {
            "min": share[seen.argmax(axis=1)],
            "max": share[255 - seen[:, ::-1].argmax(axis=1)],
            "mean": mean,
            "std": std,
            **{name: share[(below >= part).argmax(axis=1)] for name, part in QUANTILES.items()},
        }
        shaped = {name: value.reshape(3, 1, 1).tolist() for name, value in found.items()}
        return {**shaped, "count": [self.pictures]}
