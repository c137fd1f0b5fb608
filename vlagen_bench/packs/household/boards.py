"""Models: boards and flat stands."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.collision import convex_piece, disc_piece
from vlagen_bench.packs.household.lettering import canvas, pixels
from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.noise import blur, bytes_rgb, clouds, grid, named_stream, over, ramp
from vlagen_bench.packs.household.shapes import hull, lathe, prism, rounded_rectangle, slab


def coaster() -> HouseholdModel:
    """A round of cork with a dark ring."""
    body = lathe([(0, 0), (0.0488, 0), (0.050, 0.001), (0.050, 0.005), (0.0490, 0.006), (0, 0.006)], sections=40)
    return HouseholdModel(
        parts=(MeshPart(mesh=body, material=Material(image=_cork(), roughness=0.95)),),
        pieces=(disc_piece(0.050, 0.006),),
    )


def _cork() -> np.ndarray:
    rng = named_stream("coaster")
    x, y = grid(128)
    radius = np.hypot(x - 0.5, y - 0.5)
    image = ramp(0.5 + 0.22 * clouds(rng, 128, 0.03), "#b1834f", "#c99d66", "#dcb681")
    image = over(image, 0.7 * (blur(rng, 128, 0.010) > 1.5), "#6f4a26")
    return bytes_rgb(over(image, (0.012 - np.abs(radius - 0.43)) / 0.004, "#5b3a1e"))


def tile() -> HouseholdModel:
    """A white ceramic tile with a blue painted star."""
    body = slab((0.110, 0.110, 0.008), (0, 0, 0.004), radius_m=0.0012)
    return HouseholdModel(
        parts=(MeshPart(mesh=body, material=Material(image=_azulejo(), roughness=0.15), crease_deg=25),),
        pieces=(hull(slab((0.110, 0.110, 0.008), (0, 0, 0.004)).vertices),),
    )


def _azulejo() -> np.ndarray:
    x, y = grid(256)
    x, y = np.abs(x - 0.5), np.abs(y - 0.5)
    radius, turn = np.hypot(x, y), np.arctan2(y, x)
    edge = np.maximum(x, y)
    petals = radius - 0.20 - 0.10 * np.cos(8 * turn)
    corner = np.hypot(x - 0.5, y - 0.5)
    blue = (petals < 0) & (petals > -0.045)
    blue |= (radius < 0.075) | (np.abs(corner - 0.17) < 0.022) | (corner < 0.09) | (edge > 0.485)
    image = over(
        np.broadcast_to(ramp(np.float64(0.5), "#f3f5f7", "#f3f5f7"), (256, 256, 3)), blue.astype(float), "#1d4aa3"
    )
    image = over(image, ((petals < -0.045) & (radius > 0.095)).astype(float), "#7fb0e0")
    image = over(image, (radius < 0.035).astype(float), "#e6b422")
    half = image.reshape(128, 2, 128, 2, 3).mean(axis=(1, 3))
    return bytes_rgb(half)


def cutting_board() -> HouseholdModel:
    """A green plastic board with a groove for juice, a grip with a hole, and marks of the knife."""
    board = prism(rounded_rectangle(0.110, 0.096, 0.012) - [0.016, 0], 0, 0.010, bevel_m=0.0008)
    grip = prism(rounded_rectangle(0.044, 0.036, 0.014) + [0.050, 0], 0, 0.010, bevel_m=0.0008)
    hole = lathe([(0, 0), (0.0075, 0), (0.0075, 0.0004), (0, 0.0004)], sections=20)
    hole.apply_translation((0.058, 0, 0.0098))
    return HouseholdModel(
        parts=(
            MeshPart(mesh=board, material=Material(image=_cuts(), roughness=0.5), crease_deg=25),
            MeshPart(mesh=grip, material=Material(colour="#3fae4c", roughness=0.5), crease_deg=25),
            MeshPart(mesh=hole, material=Material(colour="#12351a", roughness=0.9)),
        ),
        pieces=(convex_piece(board.vertices), convex_piece(grip.vertices)),
    )


def _cuts() -> np.ndarray:
    rng = named_stream("cutting board")
    image, draw = canvas(496, 416, "#3fae4c")
    draw.rounded_rectangle((30, 30, 465, 385), 40, outline="#2a7f38", width=12)
    for _ in range(26):
        x, y = rng.randint(80, 380), rng.randint(80, 300)
        draw.line((x, y, x + rng.randint(20, 60), y + rng.randint(10, 70)), fill="#8fd697", width=2)
    return pixels(image)


def chessboard() -> HouseholdModel:
    """Eight by eight squares of light and dark wood in a dark frame."""
    board = slab((0.124, 0.124, 0.010), (0, 0, 0.005), radius_m=0.001)
    return HouseholdModel(
        parts=(
            MeshPart(
                mesh=board,
                material=Material(image=_squares(), roughness=0.4),
                accents=((board.face_normals[:, 2] < 0.5, Material(colour="#4b2815", roughness=0.5)),),
                crease_deg=25,
            ),
        ),
        pieces=(hull(slab((0.124, 0.124, 0.010), (0, 0, 0.005)).vertices),),
    )


def _squares() -> np.ndarray:
    image, draw = canvas(576, 576, "#4b2815")
    for row in range(8):
        for column in range(8):
            left, top = 48 + 60 * column, 48 + 60 * row
            draw.rectangle((left, top, left + 59, top + 59), fill="#7a4322" if (row + column) % 2 else "#edd3a2")
    return pixels(image)
