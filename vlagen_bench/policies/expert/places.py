"""Places where a thing can rest: a receptacle's middle, and the height above what is below it."""

import numpy as np
from scipy.ndimage import binary_closing, binary_fill_holes, distance_transform_edt, maximum_filter

from vlagen_bench.policies.expert.shapes import Shape

CELL_M = 0.004
WELL_INSIDE = 0.93  # share of the largest distance to the edge from which on a point counts as the middle


def middle_of(receptacle: Shape) -> np.ndarray:
    """World x, y (2,) of the point that is farthest from the edge: the middle of a dish, whatever handle it has."""
    low = receptacle.points[:, :2].min(axis=0) - 3 * CELL_M
    cells = np.floor((receptacle.points[:, :2] - low) / CELL_M).astype(int)
    covered = np.zeros(cells.max(axis=0) + 4, dtype=bool)
    covered[cells[:, 0], cells[:, 1]] = True
    # No point may have fallen on a cell.
    inside = distance_transform_edt(binary_fill_holes(binary_closing(covered, np.ones((3, 3)))))
    middle = np.argwhere(inside >= WELL_INSIDE * inside.max()).mean(axis=0)
    return low + (middle + 0.5) * CELL_M


def gap_m(above: np.ndarray, below: np.ndarray) -> float:
    """How far the points `above` can fall, straight down, onto the points `below`; infinite if past them."""
    if not len(above) or not len(below):
        return np.inf
    low = np.minimum(above[:, :2].min(axis=0), below[:, :2].min(axis=0)) - CELL_M
    cells_above = np.floor((above[:, :2] - low) / CELL_M).astype(int)
    cells_below = np.floor((below[:, :2] - low) / CELL_M).astype(int)
    size = np.maximum(cells_above.max(axis=0), cells_below.max(axis=0)) + 2
    ground = np.full(size, -np.inf)
    np.maximum.at(ground, tuple(cells_below.T), below[:, 2])
    ground = maximum_filter(ground, size=3)
    return float((above[:, 2] - ground[tuple(cells_above.T)]).min())


def top_along(start_m: np.ndarray, end_m: np.ndarray, obstacles: np.ndarray, reach_m: float) -> float:
    """The highest obstacle point within `reach_m`, sideways, of the straight way between two points; -inf if none."""
    way = end_m[:2] - start_m[:2]
    share = ((obstacles[:, :2] - start_m[:2]) @ way) / max(float(way @ way), 1e-12)
    nearest = start_m[:2] + np.clip(share, 0.0, 1.0)[:, None] * way
    near = np.linalg.norm(obstacles[:, :2] - nearest, axis=1) <= reach_m
    return float(obstacles[near, 2].max()) if near.any() else -np.inf
