"""Triangle meshes from which the models are built, in metres, z up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import trimesh
from trimesh import Trimesh

Points = Sequence[Sequence[float]] | np.ndarray


def lathe(profile_m: Points, *, sections: int = 24) -> Trimesh:
    """A profile of (radius, z), from the bottom up on the outside, turned around z."""
    return trimesh.creation.revolve(np.asarray(profile_m, dtype=float), sections=sections)


def smooth_profile(profile_m: Points, *, num_points: int = 16) -> np.ndarray:
    """A rounded profile through the given (radius, z) points (Catmull-Rom, never below radius 0)."""
    points = np.asarray(profile_m, dtype=float)
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    at = np.linspace(0, len(points) - 1, num_points)
    index = np.minimum(at.astype(int), len(points) - 2)
    t = (at - index)[:, None]
    p0, p1, p2, p3 = (padded[index + k] for k in range(4))
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    curve[:, 0] = np.maximum(curve[:, 0], 0)
    return curve


def ball(
    radii_m: float | Sequence[float], centre_m: Sequence[float] | np.ndarray = (0, 0, 0), *, detail: int = 2
) -> Trimesh:
    """A sphere or ellipsoid; detail 1, 2, 3 gives 80, 320, 1280 triangles."""
    mesh = trimesh.creation.icosphere(subdivisions=detail)
    mesh.apply_scale(np.broadcast_to(np.asarray(radii_m, dtype=float), 3))
    return moved(mesh, centre_m)


def tube(path_m: Points, radii_m: Sequence[float] | np.ndarray, *, across: Sequence[float], sides: int = 12) -> Trimesh:
    """A closed tube along `path_m` (N, 3) with radii (N,); `across` is nowhere parallel to the path."""
    path = np.asarray(path_m, dtype=float)
    radii = np.broadcast_to(np.asarray(radii_m, dtype=float), len(path))
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.asarray(across, dtype=float) - along * (along @ np.asarray(across, dtype=float))[:, None]
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(along, side)
    angle = 2 * np.pi * np.arange(sides) / sides
    ring = np.cos(angle)[None, :, None] * side[:, None] + np.sin(angle)[None, :, None] * other[:, None]
    vertices = path[:, None] + radii[:, None, None] * ring
    return skin(vertices)


def skin(rings: np.ndarray) -> Trimesh:
    """The closed surface over (N, K, 3) rings, anticlockwise seen from the last, with a fan at either end."""
    num_rings, sides, _ = rings.shape
    here = np.arange(sides)
    following = (here + 1) % sides
    faces = []
    for row in range(num_rings - 1):
        low, high = row * sides, (row + 1) * sides
        faces += [np.column_stack([low + here, low + following, high + following])]
        faces += [np.column_stack([low + here, high + following, high + here])]
    start, end, last = num_rings * sides, num_rings * sides + 1, (num_rings - 1) * sides
    faces += [np.column_stack([following, here, np.full(sides, start)])]
    faces += [np.column_stack([last + here, last + following, np.full(sides, end)])]
    vertices = np.vstack([rings.reshape(-1, 3), rings[0].mean(axis=0), rings[-1].mean(axis=0)])
    return Trimesh(vertices, np.vstack(faces), process=False)


def prism(outline_m: Points, low_m: float, high_m: float, *, bevel_m: float = 0.0) -> Trimesh:
    """An anticlockwise outline (K, 2) raised from `low_m` to `high_m`; from its middle all of it must be seen."""
    outline = np.asarray(outline_m, dtype=float)
    if bevel_m == 0:
        return skin(np.array([_at_height(outline, low_m), _at_height(outline, high_m)]))
    middle = outline.mean(axis=0)
    away = outline - middle
    smaller = middle + away * (1 - bevel_m / np.linalg.norm(away, axis=1, keepdims=True))
    return skin(
        np.array(
            [
                _at_height(smaller, low_m),
                _at_height(outline, low_m + bevel_m),
                _at_height(outline, high_m - bevel_m),
                _at_height(smaller, high_m),
            ]
        )
    )


def _at_height(outline: np.ndarray, z_m: float) -> np.ndarray:
    return np.column_stack([outline, np.full(len(outline), z_m)])


def rounded_rectangle(x_m: float, y_m: float, corner_m: float, *, steps: int = 5) -> np.ndarray:
    """(4 * steps, 2): the outline, anticlockwise, around the origin."""
    turn = np.linspace(0, np.pi / 2, steps)
    arc = corner_m * np.column_stack([np.cos(turn), np.sin(turn)])
    corner = np.array([x_m, y_m]) / 2 - corner_m
    quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
    arcs = []
    for sign, power in (((1, 1), 0), ((-1, 1), 1), ((-1, -1), 2), ((1, -1), 3)):
        arcs.append(arc @ np.linalg.matrix_power(quarter, power).T + corner * sign)
    return np.vstack(arcs)


def slab(extents_m: Sequence[float], centre_m: Sequence[float] = (0, 0, 0), *, radius_m: float = 0.0) -> Trimesh:
    """A box, with rounded edges where `radius_m` is not 0."""
    if radius_m == 0:
        return moved(trimesh.creation.box(extents_m), centre_m)
    half = np.asarray(extents_m, dtype=float) / 2 - radius_m
    corner = trimesh.creation.uv_sphere(radius=radius_m, count=(5, 8)).vertices
    signs = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    points = (signs[:, None] * half + corner[None]).reshape(-1, 3)
    return moved(hull(points), centre_m)


def hull(points_m: Points) -> Trimesh:
    """The convex hull of points (N, 3); they are rounded to micrometres first."""
    return trimesh.convex.convex_hull(np.unique(np.round(np.asarray(points_m, dtype=float), 6), axis=0))


def leaf(length_m: float, width_m: float, *, bend_m: float, segments: int = 6) -> Trimesh:
    """A pointed leaf from the origin along +x, thin in z, whose tip is `bend_m` higher than its root."""
    at = np.linspace(0, 1, segments + 1)
    half_width = 0.5 * width_m * np.sin(np.pi * at**0.8) + 0.0002
    height = bend_m * at**2
    thick_m = 0.0006
    rings = [
        [(x, -w, z + 0.1 * w), (x, 0, z - thick_m), (x, w, z + 0.1 * w), (x, 0, z + thick_m)]
        for x, w, z in zip(at * length_m, half_width, height, strict=True)
    ]
    return skin(np.array(rings))


def moved(mesh: Trimesh, offset_m: Sequence[float] | np.ndarray) -> Trimesh:
    """A copy, shifted."""
    return Trimesh(mesh.vertices + np.asarray(offset_m, dtype=float), mesh.faces, process=False)


def turned(mesh: Trimesh, angle_deg: float, axis: Sequence[float]) -> Trimesh:
    """A copy, turned about an axis through the origin."""
    turn = trimesh.transformations.rotation_matrix(np.radians(angle_deg), axis)
    return Trimesh(trimesh.transform_points(mesh.vertices, turn), mesh.faces, process=False)


def warped(mesh: Trimesh, change: Callable[[np.ndarray], np.ndarray]) -> Trimesh:
    """A copy whose vertices (N, 3) went through `change`."""
    return Trimesh(change(mesh.vertices.view(np.ndarray).copy()), mesh.faces, process=False)


def joined(*meshes: Trimesh) -> Trimesh:
    """One mesh out of several."""
    mesh = trimesh.util.concatenate([Trimesh(mesh.vertices, mesh.faces, process=False) for mesh in meshes])
    assert isinstance(mesh, Trimesh), "one mesh out of meshes"
    return mesh


def rested(mesh: Trimesh, *, flat_m: float = 0.0) -> Trimesh:
    """A copy that stands on z = 0 with the lowest `flat_m` pressed flat, so that round things do not roll."""

    def press(vertices: np.ndarray) -> np.ndarray:
        vertices[:, 2] = np.maximum(vertices[:, 2] - vertices[:, 2].min() - flat_m, 0)
        return vertices

    return warped(mesh, press)


def kept_above(mesh: Trimesh) -> Trimesh:
    """A copy pressed up where it would reach below the table: for leaves."""

    def press(vertices: np.ndarray) -> np.ndarray:
        vertices[:, 2] = np.maximum(vertices[:, 2], 0)
        return vertices

    return warped(mesh, press)
