"""Free places on the table: distances, the picture's rim and mutual occlusion."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from vlagen_bench.packs.manifest import Model
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.projection import CameraView

STEP_M = 0.02
"""between two places that are tried"""
RIM = 0.02
"""share of the picture's width that stays free at its rim"""


@dataclass(frozen=True, kw_only=True)
class OccupiedCircle:
    """A round piece of table that is taken."""

    xy_m: Sequence[float]
    radius_m: float
    gap_m: float
    """from rim to rim, that nothing else comes nearer"""
    height_m: float
    """of what stands there"""
    fall_m: float = 0.0
    """how far beyond its rim it may come to lie"""
    seen: Literal["wholly", "middle"]
    """what of it nothing else may hide from the camera"""


def radius_of(model: Model) -> float:
    """The radius of the circle that a thing stands in, roughly: half its longer horizontal edge, metres."""
    return max(model.extents_m[:2]) / 2


def fall_of(model: Model, scene: SceneSpec) -> float:
    """How far beyond its rim a thing may come to lie, metres: its height, where it falls from high and is tall."""
    x, y, z = model.extents_m
    return z if scene.drop_from == "origin" and z > max(x, y) else 0.0


@cache
def lattice(scene: SceneSpec) -> np.ndarray:
    """World x, y (N, 2), metres, of the places to try: the scene's grid and its surroundings."""
    count = int((scene.grid.ring_half_edge_m + scene.grid.beyond_m) / STEP_M)
    steps = [STEP_M * i for i in range(-count, count + 1)]
    x, y = scene.grid.centre_m
    return np.array([(x + dx, y + dy) for dx in steps for dy in steps])


def free(model: Model, kept: Iterable[OccupiedCircle], scene: SceneSpec, view: CameraView) -> np.ndarray:
    """At which places of the lattice a thing may stand, bool (N,): wholly in the picture, far enough from all that is
    kept, hiding none of it from the camera, and not hidden by it.
    """
    feet, radius_m = lattice(scene), radius_of(model)
    behind = _shadow_ends(feet, model.extents_m[2], scene, view)
    allowed = _in_picture(radius_m, model.extents_m[2], scene, view).copy()
    for circle in kept:
        away_m = radius_m + circle.radius_m
        gap_m = max(circle.gap_m, circle.fall_m, fall_of(model, scene))
        allowed &= _distances(circle.xy_m, feet, feet) >= away_m + gap_m
        allowed &= _distances(circle.xy_m, feet, behind) >= (away_m if circle.seen == "wholly" else radius_m)
        foot = np.array([circle.xy_m])
        allowed &= _distances(feet, foot, _shadow_ends(foot, circle.height_m, scene, view)) >= circle.radius_m
    return allowed


def _shadow_ends(feet: np.ndarray, height_m: float, scene: SceneSpec, view: CameraView) -> np.ndarray:
    """Where the camera's ray over the top of a thing meets the table (N, 2): it hides the table from its foot to there."""
    *eye_m, eye_height_m = view.position_m
    above_m = eye_height_m - scene.table_height_m
    return eye_m + (feet - eye_m) * (above_m / (above_m - height_m))


@cache
def _in_picture(radius_m: float, height_m: float, scene: SceneSpec, view: CameraView) -> np.ndarray:
    """At which places a cylinder is wholly in the picture, bool (N,)."""
    size = np.array([scene.camera.width_px, scene.camera.height_px])
    allowed = np.ones(len(lattice(scene)), dtype=bool)
    for aside in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        for up_m in (0.0, height_m):
            corners = lattice(scene) + radius_m * np.array(aside)
            heights = np.full((len(corners), 1), scene.table_height_m + up_m)
            seen, rim = view.project(np.hstack([corners, heights])), RIM * size[0]
            allowed &= ((seen >= rim) & (seen <= size - rim)).all(axis=1)
    return allowed


def _distances(points: Sequence[float] | np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """From a point to each of N lines between two others, or from each of N points to one line; metres (N,)."""
    ways, offsets = ends - starts, np.asarray(points) - starts
    lengths = (ways * ways).sum(axis=1)
    shares = np.clip((ways * offsets).sum(axis=1) / np.where(lengths > 0, lengths, 1.0), 0.0, 1.0)
    distances_m: np.ndarray = np.sqrt(np.square(offsets - shares[:, None] * ways).sum(axis=1))
    return distances_m
