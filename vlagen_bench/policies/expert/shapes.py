"""Shapes of things: evenly spread surface points of their convex hulls, with normals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull

SPACING_M = 0.0025
INSIDE_M = 2e-4  # a point this deep in another hull of the thing is not on its surface
# The plastic-number sequence: points spread evenly over a triangle without any random number.
_SPREAD = np.array([0.7548776662466927, 0.5698402909980532])


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A rigid pose: `axes` (3, 3) with the frame's axes as columns, `origin` (3,) in metres."""

    axes: np.ndarray
    origin: np.ndarray

    def __matmul__(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 3) given in this frame, in the frame that this frame is given in."""
        return points @ self.axes.T + self.origin


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A rigid thing in its own frame."""

    points: np.ndarray
    """(N, 3), on the surface"""
    normals: np.ndarray
    """(N, 3), outward"""
    centre_of_mass: np.ndarray
    """(3,)"""

    def at(self, pose: Frame) -> "Shape":
        """The same thing, moved to a pose."""
        return Shape(
            points=pose @ self.points, normals=self.normals @ pose.axes.T, centre_of_mass=pose @ self.centre_of_mass
        )

    @property
    def bottom_m(self) -> float:
        return float(self.points[:, 2].min())

    @property
    def top_m(self) -> float:
        return float(self.points[:, 2].max())


def from_hulls(hulls: Sequence[np.ndarray], centre_of_mass: np.ndarray, spacing_m: float = SPACING_M) -> Shape:
    """The shape of a union of convex hulls, each given by its vertices (V, 3) in one frame."""
    hollow = [ConvexHull(vertices) for vertices in hulls]
    points, normals = zip(*(_surface(hull, spacing_m) for hull in hollow), strict=True)
    kept = [_outside(of, [hull for hull in hollow if hull is not own]) for of, own in zip(points, hollow, strict=True)]
    return Shape(
        points=np.concatenate([of[keep] for of, keep in zip(points, kept, strict=True)]),
        normals=np.concatenate([of[keep] for of, keep in zip(normals, kept, strict=True)]),
        centre_of_mass=np.asarray(centre_of_mass, dtype=float),
    )


def _surface(hull: ConvexHull, spacing_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 3) at the vertices and spread over the faces by area, and their normals."""
    corners = hull.points[hull.simplices]
    edges = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    areas = np.linalg.norm(np.cross(*edges), axis=1) / 2
    facing = hull.equations[:, :3]
    count = max(1, int(areas.sum() / spacing_m**2))
    faces = np.searchsorted(np.cumsum(areas), (np.arange(count) + 0.5) / count * areas.sum()).clip(max=len(areas) - 1)
    share = (np.arange(1, count + 1)[:, None] * _SPREAD) % 1
    share = np.where(share.sum(1, keepdims=True) > 1, 1 - share, share)
    spread = corners[faces, 0] + share[:, :1] * edges[0][faces] + share[:, 1:] * edges[1][faces]
    at_vertex = np.zeros((len(hull.points), 3))
    for corner in range(3):
        np.add.at(at_vertex, hull.simplices[:, corner], facing * areas[:, None])
    at_vertex = at_vertex[hull.vertices]
    at_vertex /= np.maximum(np.linalg.norm(at_vertex, axis=1, keepdims=True), 1e-12)
    return np.concatenate([hull.points[hull.vertices], spread]), np.concatenate([at_vertex, facing[faces]])


def _outside(points: np.ndarray, others: Sequence[ConvexHull]) -> np.ndarray:
    """Which points lie in none of the other hulls."""
    keep = np.ones(len(points), dtype=bool)
    for hull in others:
        keep &= (points @ hull.equations[:, :3].T + hull.equations[:, 3]).max(axis=1) > -INSIDE_M
    return keep
