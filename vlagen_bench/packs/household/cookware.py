"""Models: cookware."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.collision import disc_piece, rim_pieces
from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.shapes import hull, lathe, rounded_rectangle, skin, tube, warped


def frying_pan() -> HouseholdModel:
    """Black iron with sloped sides and a short wooden handle along +x."""
    outer = [(0, 0), (54, 0), (56, 1), (63, 17), (64.5, 18)]
    inner = [(61.5, 18), (54, 4.5), (52, 4), (0, 4)]
    body = lathe(np.array(outer + inner) / 1000, sections=36)
    handle = tube(
        [(0.060, 0, 0.013), (0.071, 0, 0.017), (0.081, 0, 0.018), (0.0945, 0, 0.018)],
        [0.005, 0.0062, 0.007, 0.0055],
        across=(0, 1, 0),
    )
    collar = tube([(0.057, 0, 0.012), (0.070, 0, 0.0165)], [0.0062, 0.0068], across=(0, 1, 0))
    centre = body.triangles_center
    inside = (body.face_normals[:, 2] > 0.2) & (np.hypot(*centre[:, :2].T) < 0.061)
    return HouseholdModel(
        parts=(
            MeshPart(
                mesh=body,
                material=Material(colour="#2b2c30", roughness=0.45, metallic=0.2),
                accents=((inside, Material(colour="#3c3d42", roughness=0.5, metallic=0.2)),),
            ),
            MeshPart(mesh=collar, material=Material(colour="#aeb1b5", roughness=0.3, metallic=0.7)),
            MeshPart(mesh=handle, material=Material(colour="#9a5a28", roughness=0.6)),
        ),
        pieces=(
            disc_piece(0.0555, 0.004),
            *rim_pieces([(0.0545, 0.002), (0.0560, 0.004), (0.0630, 0.018), (0.0645, 0.018)], num_pieces=6),
            hull(np.round(handle.vertices, 4)),
        ),
    )


def pie_dish() -> HouseholdModel:
    """Round and fluted, glazed orange, with a cream edge."""
    outer = [(0, 0), (50, 0), (52, 1), (66, 22), (70, 23.5), (70.5, 25)]
    inner = [(65, 25), (62.5, 22), (51, 6), (48, 5), (0, 5)]
    body = warped(lathe(np.array(outer + inner) / 1000, sections=72), _fluted)
    centre = body.triangles_center
    inside = (body.face_normals[:, 2] > 0.2) & (centre[:, 2] > 0.003)
    edge = centre[:, 2] > 0.0228
    return HouseholdModel(
        parts=(
            MeshPart(
                mesh=body,
                material=Material(colour="#e8701a", roughness=0.25),
                accents=(
                    (inside, Material(colour="#f58b32", roughness=0.3)),
                    (edge, Material(colour="#f8ecd4", roughness=0.3)),
                ),
                crease_deg=30,
            ),
        ),
        pieces=(
            disc_piece(0.052, 0.005),
            *rim_pieces(
                [(0.051, 0.002), (0.053, 0.005), (0.068, 0.024), (0.0705, 0.024), (0.0705, 0.0225)], num_pieces=7
            ),
        ),
    )


def _fluted(vertices: np.ndarray) -> np.ndarray:
    turn = np.arctan2(vertices[:, 1], vertices[:, 0])
    high = np.clip((vertices[:, 2] - 0.004) / 0.020, 0, 1) * (np.hypot(*vertices[:, :2].T) > 0.049)
    vertices[:, :2] *= (1 + 0.028 * high * (np.cos(24 * turn) - 0.4))[:, None]
    return vertices


def baking_tray() -> HouseholdModel:
    """A grey sheet with sloped walls, a rolled edge and a grip at either end."""
    outlines = [(116, 86, 16, 0), (117, 87, 16, 1), (130, 100, 20, 16), (134, 104, 21, 17), (134, 104, 21, 18.2)]
    outlines += [(129, 99, 20, 18.2), (116, 86, 16, 4), (112, 82, 15, 3)]
    rings = [
        np.column_stack([rounded_rectangle(x / 1000, y / 1000, corner / 1000), np.full(20, z / 1000)])
        for x, y, corner, z in outlines
    ]
    sheet = skin(np.array(rings))
    bow = np.array([(65, -22, 17), (71, -17, 17), (72, 0, 17), (71, 17, 17), (65, 22, 17)]) / 1000
    grips = [tube(bow * [side, 1, 1], [0.0028] * 5, across=(0, 0, 1), sides=8) for side in (-1, 1)]
    inside = (sheet.face_normals[:, 2] > 0.2) & (sheet.triangles_center[:, 2] < 0.0175)
    floor = np.column_stack([rounded_rectangle(0.117, 0.087, 0.016), np.zeros(20)])
    wall = np.array([(58, 1), (65, 18.2), (67, 18.2), (67, 16.5), (59, 0.5)]) / 1000
    long = np.array([(43, 1), (50, 18.2), (52, 18.2), (52, 16.5), (44, 0.5)]) / 1000
    steel = Material(colour="#8d9299", roughness=0.4, metallic=0.5)
    return HouseholdModel(
        parts=(
            MeshPart(
                mesh=sheet,
                material=steel,
                accents=((inside, Material(colour="#6d7278", roughness=0.45, metallic=0.5)),),
                crease_deg=30,
            ),
            *(MeshPart(mesh=grip, material=steel) for grip in grips),
        ),
        pieces=(
            hull(np.vstack([floor, floor + [0, 0, 0.003]])),
            *(hull([(side * x, y, z) for x, z in wall for y in (-0.048, 0.048)]) for side in (-1, 1)),
            *(hull([(x, side * y, z) for y, z in long for x in (-0.063, 0.063)]) for side in (-1, 1)),
            *(hull(np.round(grip.vertices, 4)) for grip in grips),
        ),
    )
