"""Models: packaged food."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.collision import convex_piece, disc_piece
from vlagen_bench.packs.household.lettering import canvas, disc, pixels, write
from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.shapes import lathe, moved, prism, rounded_rectangle, turned

STEEL = Material(colour="#b9bcc0", roughness=0.3, metallic=0.8)


def soup_can() -> HouseholdModel:
    """A tin with a red and white label that says so."""
    profile = [
        (0, 2),
        (27.5, 2),
        (28, 0),
        (29.5, 0),
        (29.5, 3),
        (29, 4),
        (29, 80),
        (29.5, 81),
        (29.5, 84),
        (28, 84),
        (27.5, 82),
        (21, 82),
        (20, 81),
        (14, 81),
        (13, 82),
        (0, 82),
    ]
    tin = lathe(np.array(profile) / 1000, sections=32)
    label = lathe(np.array([(29.1, 6), (29.4, 6), (29.4, 78), (29.1, 78)]) / 1000, sections=32)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=tin, material=STEEL),
            MeshPart(mesh=label, material=Material(image=_soup_label(), roughness=0.5, projection="around")),
        ),
        pieces=(disc_piece(0.0295, 0.084),),
    )


def _soup_label() -> np.ndarray:
    image, draw = canvas(816, 320, "#f4efe2")
    draw.rectangle((0, 0, 816, 165), fill="#c8141c")
    draw.rectangle((0, 160, 816, 170), fill="#d9a520")
    for left in (0, 272, 544):
        write(draw, "SOUP", (left + 128, 82), 80, "#ffffff")
        disc(draw, (left + 128, 245), 50, "#dd2a1b")
        draw.polygon([(left + 128 + dx, 200 + dy) for dx, dy in _STAR], fill="#3c8a2e")
    return pixels(image)


_STAR = [
    (
        round((34 if k % 2 == 0 else 12) * np.sin(k * np.pi / 5)),
        round(-(20 if k % 2 == 0 else 8) * np.cos(k * np.pi / 5)),
    )
    for k in range(10)
]


def sardine_tin() -> HouseholdModel:
    """A flat tin with round corners; on its blue lid a silver fish, and a ring to pull."""
    tin = prism(rounded_rectangle(0.086, 0.054, 0.016), 0, 0.0265, bevel_m=0.0015)
    rim = prism(rounded_rectangle(0.088, 0.056, 0.017), 0.0235, 0.0268)
    lid = prism(rounded_rectangle(0.083, 0.051, 0.015), 0.0262, 0.0274)
    ring = lathe(np.array([(5, 0), (7.5, 0), (7.5, 1.4), (5, 1.4), (5, 0)]) / 1000, sections=18)
    blue = Material(colour="#1c63c9", roughness=0.35)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=tin, material=blue),
            MeshPart(mesh=rim, material=STEEL),
            MeshPart(mesh=lid, material=Material(image=_fish(), roughness=0.35), crease_deg=20),
            MeshPart(mesh=moved(turned(ring, -6, (0, 1, 0)), (-0.031, 0, 0.0274)), material=STEEL),
        ),
        pieces=(convex_piece(np.vstack([tin.vertices, rim.vertices]), num_directions=20),),
    )


def _fish() -> np.ndarray:
    image, draw = canvas(512, 312, "#1c63c9")
    draw.rounded_rectangle((14, 14, 497, 297), 70, outline="#f2d34a", width=9)
    draw.ellipse((150, 90, 400, 222), fill="#e9eef4")
    draw.polygon([(172, 156), (98, 92), (112, 156), (98, 220)], fill="#e9eef4")
    draw.polygon([(240, 98), (320, 92), (280, 58)], fill="#c9d4e2")
    draw.arc((318, 96, 372, 216), 110, 250, fill="#7d94b5", width=8)
    for x in (210, 245, 280):
        draw.arc((x, 120, x + 40, 192), 270, 90, fill="#9fb2cc", width=6)
    disc(draw, (362, 140), 12, "#16325e")
    write(draw, "FISH", (280, 258), 52, "#ffffff")
    return pixels(image)


def jam_jar() -> HouseholdModel:
    """A jar of red jam, a white label with a strawberry, a gold lid."""
    profile = [(0, 0.5), (22, 0), (25, 2.5), (25.5, 8), (25.5, 42), (24, 47), (21, 50), (21, 52), (0, 52)]
    jar = lathe(np.array(profile) / 1000, sections=28)
    label = lathe(np.array([(25.5, 10), (25.8, 10), (25.8, 39), (25.5, 39)]) / 1000, sections=28)
    lid = lathe(np.array([(0, 51), (23.5, 51), (24, 52), (24, 63), (22.5, 64.5), (0, 64.5)]) / 1000, sections=28)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=jar, material=Material(colour="#a80f1e", roughness=0.12)),
            MeshPart(mesh=label, material=Material(image=_jam_label(), roughness=0.6, projection="around")),
            MeshPart(mesh=lid, material=Material(image=_gingham(), roughness=0.6)),
        ),
        pieces=(
            convex_piece(jar.vertices),
            convex_piece(lid.vertices),
        ),
    )


def _jam_label() -> np.ndarray:
    image, draw = canvas(640, 116, "#fbf5e6")
    for left in (0, 213, 426):
        write(draw, "JAM", (left + 132, 58), 56, "#a80f1e")
        disc(draw, (left + 42, 62), 24, "#d4171f")
        draw.polygon([(left + 20, 70), (left + 64, 70), (left + 42, 106)], fill="#d4171f")
        draw.polygon([(left + 20, 34), (left + 64, 34), (left + 42, 56)], fill="#3f8a2c")
    return pixels(image)


def _gingham() -> np.ndarray:
    image, draw = canvas(256, 256, "#f8f2ea")
    for k in range(0, 256, 64):
        draw.rectangle((k, 0, k + 31, 255), fill="#e58b86")
    for k in range(0, 256, 64):
        for j in range(0, 256, 64):
            draw.rectangle((j + 32, k, j + 63, k + 31), fill="#e58b86")
            draw.rectangle((j, k, j + 31, k + 31), fill="#c9302c")
    return pixels(image)
