"""What do the groceries look like?"""

from __future__ import annotations

import numpy as np

from vlagen_bench.household.collision import convex_piece, disc_piece
from vlagen_bench.household.lettering import canvas, disc, pixels, write
from vlagen_bench.household.model import Material, Model, Part
from vlagen_bench.household.shapes import ball, hull, lathe, moved, slab, turned, warped

STEEL = Material(colour="#b9bcc0", roughness=0.3, metallic=0.8)


def soup_can() -> Model:
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
    return Model(
        parts=(
            Part(mesh=tin, material=STEEL),
            Part(mesh=label, material=Material(image=_soup_label(), roughness=0.5, projection="around")),
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


def milk_carton() -> Model:
    """A white and blue carton with a gable roof."""
    half, wall_m, top_m, fin_m = 0.0235, 0.072, 0.095, 0.105
    body = slab((2 * half, 2 * half, wall_m), (0, 0, wall_m / 2))
    base = [(x, y, wall_m) for x in (-half, half) for y in (-half, half)]
    ridge = [(x, 0, top_m) for x in (-half, half)]
    roof = hull(base + ridge)
    fin = slab((2 * half, 0.003, fin_m - top_m + 0.004), (0, 0, (fin_m + top_m - 0.004) / 2))
    cap = lathe([(0, 0), (0.0075, 0), (0.0075, 0.006), (0, 0.006)], sections=16)
    tilt_deg = np.degrees(np.arctan2(top_m - wall_m, half))
    cap = moved(turned(cap, tilt_deg, (1, 0, 0)), (0, -half / 2, (wall_m + top_m) / 2 - 0.001))
    sloped = np.abs(roof.face_normals[:, 0]) < 0.5
    return Model(
        parts=(
            Part(mesh=body, material=Material(image=_milk_sides(), roughness=0.5, projection="box")),
            Part(
                mesh=roof,
                material=Material(colour="#f5f6f4", roughness=0.5),
                accents=((sloped, Material(colour="#2f6fc4", roughness=0.5)),),
                crease_deg=5,
            ),
            Part(mesh=fin, material=Material(colour="#f5f6f4", roughness=0.5)),
            Part(mesh=cap, material=Material(colour="#d8261f", roughness=0.4)),
        ),
        pieces=(hull(body.vertices), hull(roof.vertices), hull(fin.vertices)),
    )


def _milk_sides() -> np.ndarray:
    image, draw = canvas(256, 384, "#f5f6f4")
    draw.rectangle((0, 0, 256, 60), fill="#2f6fc4")
    write(draw, "MILK", (128, 130), 84, "#1d4f9e")
    waves = [(x, 270 + 22 * np.sin(2 * np.pi * x / 128)) for x in range(0, 257, 8)]
    draw.polygon([*waves, (256, 384), (0, 384)], fill="#2f6fc4")
    draw.polygon([*[(x, y + 40) for x, y in waves], (256, 384), (0, 384)], fill="#4aa04a")
    return pixels(image)


def cupcake() -> Model:
    """A pleated paper cup, pink icing wound up to a peak, a cherry on top."""
    cup = lathe([(0, 0), (0.019, 0), (0.0215, 0.010), (0.0240, 0.022), (0, 0.022)], sections=48)
    cup = warped(cup, _pleated)
    rise = np.linspace(0, 1, 19)
    bulge = 0.0285 * (1 - rise**1.5) + 0.004 * rise
    profile = np.column_stack([bulge, 0.020 + 0.028 * rise])
    icing = warped(lathe(np.vstack([(0, 0.020), profile, (0, 0.049)]), sections=30), _wound)
    cherry = ball(0.0065, (0, 0, 0.052), detail=2)
    return Model(
        parts=(
            Part(mesh=cup, material=Material(colour="#7a4a2a", roughness=0.8), crease_deg=5),
            Part(mesh=icing, material=Material(colour="#f48fb8", roughness=0.5), crease_deg=60),
            Part(mesh=cherry, material=Material(colour="#c3101c", roughness=0.15)),
        ),
        pieces=(convex_piece(cup.vertices), convex_piece(np.vstack([icing.vertices, cherry.vertices]))),
    )


def _pleated(vertices: np.ndarray) -> np.ndarray:
    turn = np.arctan2(vertices[:, 1], vertices[:, 0])
    vertices[:, :2] *= (1 + 0.035 * np.cos(24 * turn))[:, None]
    return vertices


def _wound(vertices: np.ndarray) -> np.ndarray:
    turn = np.arctan2(vertices[:, 1], vertices[:, 0])
    phase = 2 * np.pi * (vertices[:, 2] - 0.020) / 0.0095 + turn
    vertices[:, :2] *= (0.95 + 0.05 * np.sin(phase))[:, None]
    return vertices


def bottle() -> Model:
    """Green glass with a slim neck, a red cap and a white label, standing."""
    profile = [(0, 0.5), (17, 0), (19.5, 2), (20, 8), (20, 56), (18.5, 64), (12, 73), (8.5, 80), (8, 96), (0, 96)]
    glass = lathe(np.array(profile) / 1000, sections=24)
    cap = lathe(np.array([(0, 95), (9.5, 95), (10, 97), (10, 105), (8.5, 107), (0, 107)]) / 1000, sections=24)
    label = lathe(np.array([(20, 18), (20.3, 18), (20.3, 50), (20, 50)]) / 1000, sections=24)
    return Model(
        parts=(
            Part(mesh=glass, material=Material(colour="#1f6b35", roughness=0.12)),
            Part(mesh=cap, material=Material(colour="#c8231d", roughness=0.4)),
            Part(mesh=label, material=Material(image=_bottle_label(), roughness=0.6, projection="around")),
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
