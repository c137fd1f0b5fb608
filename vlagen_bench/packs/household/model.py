"""The parts of a model: materials, visible meshes and collision pieces."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from trimesh import Trimesh


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """How a surface looks.

    `colour` is sRGB "#rrggbb". An `image`, uint8 (H, W, 3) RGB, takes its place and is laid on by
    `projection`: "top" looks down z, "box" takes the nearest of six sides, "around" wraps it once
    around the z axis of the mesh, seen from outside, with the height from bottom to top.
    """

    colour: str = "#ffffff"
    roughness: float = 0.6
    metallic: float = 0.0
    image: np.ndarray | None = None
    projection: str = "top"


@dataclass(frozen=True, kw_only=True, eq=False)
class MeshPart:
    """One visible mesh. Later `accents`, (mask of faces, material), win over earlier ones.

    `frame` takes the mesh from the frame in which images are projected to that of the model.
    """

    mesh: Trimesh
    material: Material
    accents: tuple[tuple[np.ndarray, Material], ...] = ()
    frame: np.ndarray | None = None
    crease_deg: float = 35.0


@dataclass(frozen=True, kw_only=True, eq=False)
class HouseholdModel:
    """Something that lies on a table: what is seen and the convex pieces that collide."""

    parts: tuple[MeshPart, ...]
    pieces: tuple[Trimesh, ...]

    @property
    def bounds_m(self) -> np.ndarray:
        """(2, 3): lowest and highest corner of the collision geometry."""
        corners = np.array([piece.bounds for piece in self.pieces])
        return np.array([corners[:, 0].min(axis=0), corners[:, 1].max(axis=0)])

    @property
    def extents_m(self) -> np.ndarray:
        """(3,): size of the collision geometry along x, y and z."""
        return np.ptp(self.bounds_m, axis=0)

    @property
    def volume_m3(self) -> float:
        """Sum over the pieces, overlaps counted twice, as PhysX does for the mass."""
        return float(sum(piece.volume for piece in self.pieces))


def centred(model: HouseholdModel) -> HouseholdModel:
    """The model with the middle of its collision box at the origin."""
    # Collision vertices are whole micrometres, and stay so: half a micrometre would not survive the file.
    shift_m = -np.round(model.bounds_m.mean(axis=0), 6)
    move = np.eye(4)
    move[:3, 3] = shift_m
    parts = tuple(replace(part, frame=move @ (np.eye(4) if part.frame is None else part.frame)) for part in model.parts)
    pieces = tuple(Trimesh(np.round(piece.vertices + shift_m, 6), piece.faces, process=False) for piece in model.pieces)
    return HouseholdModel(parts=parts, pieces=pieces)
