"""Models: tableware."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.collision import convex_piece, disc_piece, rim_pieces
from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.shapes import ball, joined, lathe, moved, turned


def plate() -> HouseholdModel:
    """White china with two blue rings."""
    profile = [(0, 0), (44, 0), (48, 2), (75, 13), (75.5, 14.5), (74, 15.5), (52, 6.5), (46, 5), (0, 5)]
    body = lathe(np.array(profile) / 1000, sections=40)
    radius = np.hypot(*body.triangles_center[:, :2].T)
    upper = body.face_normals[:, 2] > 0.3
    rim = (radius > 0.0725) & (body.triangles_center[:, 2] > 0.012)
    blue = Material(colour="#1f4fae", roughness=0.2)
    return HouseholdModel(
        parts=(
            MeshPart(
                mesh=body,
                material=Material(colour="#f4f4f0", roughness=0.2),
                accents=((rim, blue), (upper & (radius > 0.046) & (radius < 0.051), blue)),
                crease_deg=40,
            ),
        ),
        pieces=(
            disc_piece(0.048, 0.005),
            *rim_pieces(
                [(0.049, 0.003), (0.049, 0.005), (0.0752, 0.013), (0.0755, 0.0155), (0.0735, 0.0155)], num_pieces=7
            ),
        ),
    )


def bowl() -> HouseholdModel:
    """Shallow, glazed dark green outside and light green inside, with a cream edge."""
    outer = [(0, 0), (33, 0), (35, 1), (49, 8), (58, 18), (60, 25)]
    inner = [(57, 25), (55, 18.5), (47, 10.5), (36, 5.5), (0, 5)]
    body = lathe(np.array(outer + inner) / 1000, sections=40)
    centre = body.triangles_center
    edge = centre[:, 2] > 0.0248
    inside = (body.face_normals[:, 2] > 0.1) & ~edge
    return HouseholdModel(
        parts=(
            MeshPart(
                mesh=body,
                material=Material(colour="#1f6f5c", roughness=0.25),
                accents=(
                    (inside, Material(colour="#6cc0a4", roughness=0.3)),
                    (edge, Material(colour="#f3ead2", roughness=0.3)),
                ),
            ),
        ),
        pieces=(
            disc_piece(0.0370, 0.005),
            *rim_pieces(
                [(0.037, 0.002), (0.0385, 0.0055), (0.050, 0.008), (0.059, 0.018), (0.0585, 0.025), (0.060, 0.025)],
                num_pieces=7,
            ),
        ),
    )


def cake_stand() -> HouseholdModel:
    """A pink round top with a scalloped white edge, on a flared foot."""
    foot = [(0, 0), (43, 0), (44, 2), (40, 4), (20, 10), (13, 20), (12, 28), (18, 36), (0, 36)]
    plate = [(0, 36), (40, 36), (59, 37), (60, 39), (59.5, 41.5), (57, 41.5), (55, 39.5), (0, 39.5)]
    stand = lathe(np.array(foot) / 1000, sections=32)
    top = lathe(np.array(plate) / 1000, sections=40)
    radius = np.hypot(*top.triangles_center[:, :2].T)
    bead = ball((0.0045, 0.0045, 0.0050), (0.0605, 0, 0.0378), detail=1)
    lace = joined(*(turned(bead, k * 360 / 24, (0, 0, 1)) for k in range(24)))
    inner = (top.face_normals[:, 2] > 0.5) & (radius < 0.056)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=stand, material=Material(colour="#f283b0", roughness=0.3)),
            MeshPart(
                mesh=top,
                material=Material(colour="#f283b0", roughness=0.3),
                accents=((inner, Material(colour="#f79cc0", roughness=0.25)),),
            ),
            MeshPart(mesh=lace, material=Material(colour="#fffafc", roughness=0.4), crease_deg=60),
        ),
        pieces=(
            disc_piece(0.044, 0.004),
            convex_piece(stand.vertices[stand.vertices[:, 2] > 0.0035]),
            moved(disc_piece(0.0630, 0.0035), (0, 0, 0.036)),
        ),
    )
