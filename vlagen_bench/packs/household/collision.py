"""Collision shapes: a few convex pieces per model that PhysX accepts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from trimesh import Trimesh

from vlagen_bench.packs.household.shapes import Points, hull

MAX_PIECES = 8
MAX_VERTICES = 64


def convex_piece(points_m: Points, *, num_directions: int = 18) -> Trimesh:
    """A coarse hull of points (N, 3): those farthest along fixed directions.

    Keeps the extents and, through eight directions close to straight down, the outline of a flat
    bottom. The default gives at most 32 vertices, hence at most 60 faces: PhysX on a GPU takes 64.
    """
    points = np.round(np.asarray(points_m, dtype=float), 6)
    # Directions are spread over the shape scaled to a cube, or long thin things would lose their ends.
    scaled = points / np.maximum(np.ptp(points, axis=0), 1e-6)
    around = 2 * np.pi * np.arange(8) / 8
    nearly_down = np.column_stack([np.cos(around), np.sin(around), np.full(8, -20.0)])
    directions = np.vstack([np.eye(3), -np.eye(3), nearly_down, _sphere_directions(num_directions)])
    # Rounding makes ties fall the same way on every processor.
    farthest = np.argmax(np.round(scaled @ directions.T, 9), axis=0)
    return hull(points[farthest])


def _sphere_directions(num: int) -> np.ndarray:
    """(num, 3) unit vectors spread evenly (Fibonacci lattice)."""
    index = np.arange(num) + 0.5
    z = 1 - 2 * index / num
    angle = np.pi * (1 + 5**0.5) * index
    radius = np.sqrt(1 - z**2)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), z])


def disc_piece(radius_m: float, height_m: float, *, sides: int = 28) -> Trimesh:
    """A flat disc that stands on z = 0."""
    return hull(_turned_points([(radius_m, 0.0), (radius_m, height_m)], np.arange(sides) / sides))


def rim_pieces(section_m: Points, *, num_pieces: int) -> tuple[Trimesh, ...]:
    """A ring around z, cut into convex sectors; `section_m` are the (radius, z) corners of its convex section.

    The inner face of a sector is flat, so that in its middle it stands further in, by
    1 - cos(pi / num_pieces) of the radius.
    """
    steps = np.linspace(0, 1, 5)
    return tuple(hull(_turned_points(section_m, (k + steps) / num_pieces)) for k in range(num_pieces))


def _turned_points(section_m: Points, turns: np.ndarray) -> np.ndarray:
    section = np.asarray(section_m, dtype=float)
    angle = 2 * np.pi * turns[:, None]
    radius, z = section[:, 0], section[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z + 0 * angle], axis=-1).reshape(-1, 3)


def obj_text(pieces: Iterable[Trimesh]) -> str:
    """Wavefront OBJ with one `o` group a piece; SAPIEN makes one collision shape of each."""
    # The line is part of the shipped files and their checksums: it keeps the module's first name.
    lines = ["# made by vlagen_bench.household"]
    first = 1
    for number, piece in enumerate(pieces):
        lines.append(f"o piece_{number}")
        lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in piece.vertices + 0.0]
        lines += [f"f {a} {b} {c}" for a, b, c in piece.faces + first]
        first += len(piece.vertices)
    return "\n".join(lines) + "\n"
