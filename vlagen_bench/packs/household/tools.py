"""Models: tools."""

from __future__ import annotations

import numpy as np
from trimesh import Trimesh

from vlagen_bench.packs.household.collision import convex_piece
from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.shapes import (
    hull,
    lathe,
    moved,
    prism,
    rested,
    skin,
    slab,
    smooth_profile,
    tube,
    turned,
    warped,
)

STEEL = Material(colour="#a9adb3", roughness=0.35, metallic=0.7)


def screwdriver() -> HouseholdModel:
    """An orange fluted handle with a black collar, a steel shaft with a flat tip, lying along x."""
    profile = np.array([(0, -68), (9, -67), (13, -62), (14, -50), (13, -34), (10, -22), (11.5, -12), (12, -8), (0, -8)])
    grip = warped(lathe(smooth_profile(profile[:8] / 1000, num_points=22), sections=36), _fluted)
    handle = rested(turned(grip, 90, (0, 1, 0)), flat_m=0.0015)
    high_m = float(-turned(grip, 90, (0, 1, 0)).vertices[:, 2].min()) - 0.0015
    collar = moved(
        turned(lathe(np.array([(0, -9), (12, -9), (7, 1), (0, 1)]) / 1000, sections=20), 90, (0, 1, 0)), (0, 0, high_m)
    )
    shaft = tube([(-0.002, 0, high_m), (0.050, 0, high_m)], [0.0036, 0.0036], across=(0, 0, 1), sides=14)
    tip = hull(
        [
            (x, y, high_m + z)
            for x, wide, thick in ((0.049, 0.0036, 0.0034), (0.060, 0.0056, 0.0008))
            for y in (-wide, wide)
            for z in (-thick, thick)
        ]
    )
    return HouseholdModel(
        parts=(
            MeshPart(mesh=handle, material=Material(colour="#f5760f", roughness=0.3), crease_deg=50),
            MeshPart(mesh=collar, material=Material(colour="#1c1c1f", roughness=0.5)),
            MeshPart(mesh=shaft, material=STEEL),
            MeshPart(mesh=tip, material=STEEL, crease_deg=5),
        ),
        pieces=(
            convex_piece(np.vstack([handle.vertices, collar.vertices])),
            convex_piece(np.vstack([shaft.vertices, tip.vertices])),
        ),
    )


def _fluted(vertices: np.ndarray) -> np.ndarray:
    turn = np.arctan2(vertices[:, 1], vertices[:, 0])
    inside = np.clip((-0.024 - vertices[:, 2]) / 0.010, 0, 1) * np.clip((vertices[:, 2] + 0.066) / 0.006, 0, 1)
    vertices[:, :2] *= (1 - 0.09 * inside * (0.5 + 0.5 * np.cos(6 * turn)))[:, None]
    return vertices


def hammer() -> HouseholdModel:
    """A claw hammer lying on its side: black handle along -x, steel head across."""
    z = 0.0115
    handle = rested(
        tube(
            np.array([(-90, 0, 0), (-86, 0, 0), (-54, 0, 0), (-36, 0, 0), (-6, 0, 0)]) / 1000,
            [0.0075, 0.0105, 0.0105, 0.0072, 0.0072],
            across=(0, 0, 1),
            sides=16,
        )
    )
    handle = moved(handle, (0, 0, z - 0.0105))
    profile = np.array([(0, 8), (7.5, 8), (7.5, 20), (11, 23), (11.5, 25), (11.5, 33), (10.5, 34), (0, 34)]) / 1000
    face = moved(turned(lathe(profile, sections=24), -90, (1, 0, 0)), (0, 0, z))
    block = slab((0.019, 0.022, 0.019), (0, 0, z), radius_m=0.003)
    claws = [_claw(side, z) for side in (-1, 1)]
    return HouseholdModel(
        parts=(
            MeshPart(mesh=handle, material=Material(colour="#232326", roughness=0.7)),
            MeshPart(mesh=face, material=STEEL),
            MeshPart(mesh=block, material=STEEL),
            *(MeshPart(mesh=claw, material=STEEL, crease_deg=30) for claw in claws),
        ),
        pieces=(
            convex_piece(handle.vertices),
            convex_piece(np.vstack([face.vertices, block.vertices])),
            convex_piece(np.vstack([claw.vertices for claw in claws])),
        ),
    )


def _claw(side: int, z_m: float) -> Trimesh:
    """One of the two prongs, curved from the head towards the handle."""
    along = np.linspace(0, 1, 7)
    path = np.column_stack([0.002 - 0.014 * along**2, -0.009 - 0.028 * along])
    thick, wide = 0.0062 - 0.0048 * along, 0.0085 - 0.0035 * along
    gap = 0.0005 + 0.0042 * along
    rings = []
    for (x, y), t, inner, outer in zip(path, thick, gap, gap + wide - 0.001, strict=True):
        low, high = sorted((side * inner, side * outer))
        rings.append([(x - t, y, z_m + low), (x + t, y, z_m + low), (x + t, y, z_m + high), (x - t, y, z_m + high)])
    return skin(np.array(rings))


def wrench() -> HouseholdModel:
    """A steel spanner, an open jaw at one end and a ring at the other, lying."""
    thick = 0.016
    bar = prism(
        [(-0.040, -0.0065), (0.036, -0.0080), (0.036, 0.0080), (-0.040, 0.0065)], 0.002, thick - 0.002, bevel_m=0.001
    )
    groove = prism(
        [(-0.026, -0.0028), (0.020, -0.0036), (0.020, 0.0036), (-0.026, 0.0028)], thick - 0.003, thick - 0.0017
    )
    jaw = turned(_arc(0.0080, 0.0190, thick, np.radians(np.linspace(42, 318, 20))), 15, (0, 0, 1))
    ring = _arc(0.0075, 0.0145, thick, np.radians(np.linspace(0, 360, 25)))
    jaw, ring = moved(jaw, (0.046, 0, 0)), moved(ring, (-0.048, 0, 0))
    return HouseholdModel(
        parts=(
            MeshPart(mesh=bar, material=STEEL, crease_deg=15),
            MeshPart(mesh=groove, material=Material(colour="#5e6268", roughness=0.6, metallic=0.4)),
            MeshPart(mesh=jaw, material=STEEL),
            MeshPart(mesh=ring, material=STEEL),
        ),
        pieces=(hull(bar.vertices), convex_piece(jaw.vertices), convex_piece(ring.vertices)),
    )


def _arc(inner_m: float, outer_m: float, high_m: float, turns_rad: np.ndarray) -> Trimesh:
    """A ring around z, or a part of it, with edges taken off."""
    edge = 0.0012
    section = [
        (inner_m, 0),
        (outer_m - edge, 0),
        (outer_m, edge),
        (outer_m, high_m - edge),
        (outer_m - edge, high_m),
        (inner_m, high_m),
    ]
    rings = [[(r * np.cos(turn), r * np.sin(turn), z) for r, z in reversed(section)] for turn in turns_rad]
    return skin(np.array(rings))
