"""The GLB writer for the visible part of a model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import trimesh
from PIL import Image
from trimesh import Trimesh
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart


def glb_bytes(model: HouseholdModel) -> bytes:
    """The model as binary glTF, one primitive a material, z up.

    glTF says that y is up, but SAPIEN applies no rotation to GLB files; so z stays z here.
    """
    scene = trimesh.Scene()
    pieces = (piece for part in model.parts for piece in _split_by_material(part))
    for number, mesh in enumerate(pieces):
        name = f"part_{number:02d}"
        scene.add_geometry(mesh, geom_name=name, node_name=name)
    return scene.export(file_type="glb", include_normals=True)


def _split_by_material(part: MeshPart) -> Iterator[Trimesh]:
    mesh = Trimesh(np.round(part.mesh.vertices, 6), part.mesh.faces, process=False)
    mesh.merge_vertices()
    normals = _corner_normals(mesh, crease_deg=part.crease_deg)
    painted = np.zeros(len(part.mesh.faces), dtype=int)
    for number, (mask, _) in enumerate(part.accents, start=1):
        painted[mask] = number
    # A zero-area triangle has no normal and shows nothing; pressing a bottom flat makes some.
    visible = mesh.area_faces > 1e-12
    for number, material in enumerate([part.material, *(material for _, material in part.accents)]):
        faces = np.flatnonzero(visible & (painted == number))
        if len(faces):
            yield _primitive(mesh, faces, normals[faces], material, part.frame)


def _primitive(
    mesh: Trimesh, faces: np.ndarray, normals: np.ndarray, material: Material, frame: np.ndarray | None
) -> Trimesh:
    """The given faces with their corner normals (F, 3, 3), ready for export."""
    positions = mesh.triangles[faces]
    uv = np.zeros((*positions.shape[:2], 2))
    if material.image is not None:
        uv = PROJECTIONS[material.projection](positions, mesh.face_normals[faces], mesh.bounds)
    frame = np.eye(4) if frame is None else frame
    positions = positions @ frame[:3, :3].T + frame[:3, 3]
    normals = normals @ frame[:3, :3].T
    table = np.concatenate([np.round(positions, 6), np.round(normals, 4), np.round(uv, 5)], axis=-1)
    corners, index = np.unique(table.reshape(-1, 8) + 0.0, axis=0, return_inverse=True)
    return Trimesh(
        vertices=corners[:, :3],
        faces=index.reshape(-1, 3),
        vertex_normals=corners[:, 3:6],
        visual=TextureVisuals(uv=corners[:, 6:] if material.image is not None else None, material=_pbr(material)),
        process=False,
    )


def _corner_normals(mesh: Trimesh, *, crease_deg: float) -> np.ndarray:
    """(F, 3, 3): at each corner, the mean normal of the faces around it that are less than a crease away."""
    around = mesh.vertex_faces[mesh.faces]
    cosine = np.einsum("fcdk,fk->fcd", mesh.face_normals[around], mesh.face_normals)
    smooth = (around >= 0) & (cosine > np.cos(np.radians(crease_deg)))
    weight = np.where(smooth, mesh.area_faces[around], 0)
    normals = np.einsum("fcd,fcdk->fck", weight, mesh.face_normals[around])
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    return normals / np.where(length > 0, length, 1)


def _pbr(material: Material) -> PBRMaterial:
    image = None if material.image is None else Image.fromarray(material.image)
    return PBRMaterial(
        baseColorFactor=None if image else [*_linear(material.colour), 255],
        baseColorTexture=image,
        roughnessFactor=material.roughness,
        metallicFactor=material.metallic,
    )


def _linear(colour: str) -> list[int]:
    """GlTF colour factors are linear light, and SAPIEN takes them so; images are sRGB."""
    srgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return [int(value) for value in np.round(linear * 255)]


def _from_top(positions: np.ndarray, _normals: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    return ((positions - bounds[0]) / np.ptp(bounds, axis=0))[..., :2]


def _from_box(positions: np.ndarray, normals: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    unit = (positions - bounds.mean(axis=0)) / np.ptp(bounds, axis=0)
    x, y, z = np.moveaxis(unit, -1, 0)
    axis = np.argmax(np.round(np.abs(normals), 6), axis=1)
    sign = np.sign(normals[np.arange(len(axis)), axis])[:, None]
    pick = axis[:, None]
    right = np.choose(pick, [sign * y, -sign * x, x])
    up = np.choose(pick, [z, z, sign * y])
    return np.stack([right, up], axis=-1) + 0.5


def _around(positions: np.ndarray, _normals: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    turn = np.arctan2(positions[..., 1], positions[..., 0]) / (2 * np.pi) % 1.0
    turn = np.round(turn, 6) % 1.0
    # A face across the seam would run backwards through the whole image.
    turn = np.where((np.ptp(turn, axis=1, keepdims=True) > 0.5) & (turn < 0.5), turn + 1, turn)
    height = (positions[..., 2] - bounds[0, 2]) / (bounds[1, 2] - bounds[0, 2])
    return np.stack([turn, height], axis=-1)


PROJECTIONS = {"top": _from_top, "box": _from_box, "around": _around}
