"""Models: drinks."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.collision import convex_piece, disc_piece
from vlagen_bench.packs.household.lettering import canvas, disc, pixels, write
from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.shapes import hull, lathe, moved, slab, turned


def milk_carton() -> HouseholdModel:
    """A white and blue carton with a gable roof."""
    half, wall_m, top_m, fin_m = 0.0235, 0.072, 0.095, 0.105
    body = slab((2 * half, 2 * half, wall_m), (0, 0, wall_m / 2))
    base: list[tuple[float, float, float]] = [(x, y, wall_m) for x in (-half, half) for y in (-half, half)]
    ridge = [(x, 0.0, top_m) for x in (-half, half)]
    roof = hull(base + ridge)
    fin = slab((2 * half, 0.003, fin_m - top_m + 0.004), (0, 0, (fin_m + top_m - 0.004) / 2))
    cap = lathe([(0, 0), (0.0075, 0), (0.0075, 0.006), (0, 0.006)], sections=16)
    tilt_deg = np.degrees(np.arctan2(top_m - wall_m, half))
    cap = moved(turned(cap, tilt_deg, (1, 0, 0)), (0, -half / 2, (wall_m + top_m) / 2 - 0.001))
    gables = np.abs(roof.face_normals[:, 0]) > 0.5
    return HouseholdModel(
        parts=(
            MeshPart(mesh=body, material=Material(image=_milk_sides(), roughness=0.5, projection="box")),
            MeshPart(
                mesh=roof,
                material=Material(colour="#f5f6f4", roughness=0.5),
                accents=((gables, Material(colour="#2f6fc4", roughness=0.5)),),
                crease_deg=5,
            ),
            MeshPart(mesh=fin, material=Material(colour="#f5f6f4", roughness=0.5)),
            MeshPart(mesh=cap, material=Material(colour="#d8261f", roughness=0.4)),
        ),
        pieces=(hull(body.vertices), hull(roof.vertices), hull(fin.vertices)),
    )


def _milk_sides() -> np.ndarray:
    image, draw = canvas(256, 384, "#f5f6f4")
    draw.rectangle((0, 0, 256, 34), fill="#2f6fc4")
    write(draw, "MILK", (128, 130), 84, "#1d4f9e")
    waves = [(x, 270 + 22 * np.sin(2 * np.pi * x / 128)) for x in range(0, 257, 8)]
    draw.polygon([*waves, (256, 384), (0, 384)], fill="#2f6fc4")
    draw.polygon([*[(x, y + 40) for x, y in waves], (256, 384), (0, 384)], fill="#4aa04a")
    return pixels(image)


def bottle() -> HouseholdModel:
    """Green glass with a slim neck, a red cap and a white label, standing."""
    profile = [(0, 0.5), (17, 0), (19.5, 2), (20, 8), (20, 56), (18.5, 64), (12, 73), (8.5, 80), (8, 96), (0, 96)]
    glass = lathe(np.array(profile) / 1000, sections=24)
    cap = lathe(np.array([(0, 95), (9.5, 95), (10, 97), (10, 105), (8.5, 107), (0, 107)]) / 1000, sections=24)
    label = lathe(np.array([(20, 18), (20.3, 18), (20.3, 50), (20, 50)]) / 1000, sections=24)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=glass, material=Material(colour="#1f6b35", roughness=0.12)),
            MeshPart(mesh=cap, material=Material(colour="#c8231d", roughness=0.4)),
            MeshPart(mesh=label, material=Material(image=_bottle_label(), roughness=0.6, projection="around")),
        ),
        pieces=(
            disc_piece(0.0195, 0.056),
            convex_piece(glass.vertices[glass.vertices[:, 2] > 0.055]),
            convex_piece(np.vstack([cap.vertices, glass.vertices[glass.vertices[:, 2] > 0.079] * [0.9, 0.9, 1]])),
        ),
    )


def _bottle_label() -> np.ndarray:
    image, draw = canvas(512, 128, "#f6f1df")
    for y in (6, 112):
        draw.rectangle((0, y, 512, y + 9), fill="#b8922e")
    for left in (0, 256):
        write(draw, "APPLE", (left + 150, 44), 40, "#1f6b35")
        write(draw, "JUICE", (left + 150, 86), 40, "#1f6b35")
        disc(draw, (left + 48, 66), 28, "#8cbf3a")
    return pixels(image)


def soda_can() -> HouseholdModel:
    """A blue aluminium can with a white wave, a narrow shoulder and a ring pull."""
    wall = [(0, 2.5), (19, 2.5), (20, 0), (21.5, 0), (25.5, 6), (25.5, 80), (22, 88.5)]
    top = [(22, 88.5), (22.5, 90), (21.5, 91), (20.5, 90), (20, 87.5), (0, 87.5)]
    tin = lathe(np.array(wall + top) / 1000, sections=32)
    label = lathe(np.array([(25.4, 5.5), (25.7, 6), (25.7, 80), (22.6, 87.5), (22, 87.5)]) / 1000, sections=32)
    ring = turned(lathe(np.array([(3, 0), (5.2, 0), (5.2, 1), (3, 1), (3, 0)]) / 1000, sections=16), 4, (0, 1, 0))
    hole = lathe([(0, 0), (0.0062, 0), (0.0062, 0.0004), (0, 0.0004)], sections=16)
    aluminium = Material(colour="#d3d6da", roughness=0.3, metallic=0.6)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=tin, material=aluminium),
            MeshPart(mesh=label, material=Material(image=_soda_label(), roughness=0.3, projection="around")),
            MeshPart(mesh=moved(hole, (0.0105, 0, 0.0876)), material=Material(colour="#3a3d42", roughness=0.6)),
            MeshPart(
                mesh=moved(ring, (-0.003, 0, 0.0885)), material=Material(colour="#9a9ea4", roughness=0.3, metallic=0.6)
            ),
        ),
        pieces=(
            disc_piece(0.0255, 0.080),
            convex_piece(tin.vertices[tin.vertices[:, 2] > 0.079]),
        ),
    )


def _soda_label() -> np.ndarray:
    image, draw = canvas(816, 416, "#1560c8")
    for left in (0, 272, 544):
        wave = [(left + x, 270 + 34 * np.sin(2 * np.pi * x / 272)) for x in range(0, 273, 8)]
        draw.polygon([*wave, *[(x, y + 44) for x, y in reversed(wave)]], fill="#f4f7fb")
        draw.polygon([*[(x, y + 58) for x, y in wave], *[(x, y + 76) for x, y in reversed(wave)]], fill="#e23a2e")
        write(draw, "SODA", (left + 136, 150), 92, "#ffffff")
    return pixels(image)
