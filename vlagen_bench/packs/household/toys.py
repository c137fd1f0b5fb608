"""Models: toys."""

from __future__ import annotations

import numpy as np
from trimesh import Trimesh

from vlagen_bench.packs.household.collision import convex_piece
from vlagen_bench.packs.household.lettering import canvas, pixels, write
from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.shapes import ball, hull, joined, lathe, moved, rested, slab, turned, warped


def toy_block() -> HouseholdModel:
    """A wooden letter cube, red frame, blue A on every side."""
    block = slab((0.044, 0.044, 0.044), (0, 0, 0.022), radius_m=0.003)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=block, material=Material(image=_letter(), roughness=0.5, projection="box"), crease_deg=25),
        ),
        pieces=(hull(slab((0.044, 0.044, 0.044), (0, 0, 0.022)).vertices),),
    )


def _letter() -> np.ndarray:
    image, draw = canvas(192, 192, "#d5322b")
    draw.rectangle((26, 26, 165, 165), fill="#f0d9a8")
    write(draw, "A", (96, 96), 128, "#1f4fa8")
    return pixels(image)


def rubber_duck() -> HouseholdModel:
    """Yellow, with an orange bill and a raised tail, swimming along +x."""
    body = rested(warped(ball((0.034, 0.0235, 0.021), detail=3), _tail_up), flat_m=0.003)
    head = ball((0.0165, 0.0155, 0.0155), (0.018, 0, 0.047), detail=2)
    bill = ball((0.010, 0.0085, 0.0032), (0.036, 0, 0.0445), detail=2)
    eyes = [ball((0.0024, 0.0022, 0.0030), (0.0290, side * 0.0105, 0.0515), detail=1) for side in (-1, 1)]
    wings = [ball((0.016, 0.005, 0.009), (-0.006, side * 0.0215, 0.023), detail=2) for side in (-1, 1)]
    yellow = Material(colour="#fcd116", roughness=0.35)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=body, material=yellow),
            MeshPart(mesh=head, material=yellow),
            *(MeshPart(mesh=wing, material=Material(colour="#eebb0c", roughness=0.35)) for wing in wings),
            MeshPart(mesh=bill, material=Material(colour="#ee6a10", roughness=0.4)),
            *(MeshPart(mesh=eye, material=Material(colour="#101010", roughness=0.2)) for eye in eyes),
        ),
        pieces=(
            convex_piece(body.vertices, num_directions=20),
            convex_piece(np.vstack([head.vertices, bill.vertices])),
        ),
    )


def _tail_up(vertices: np.ndarray) -> np.ndarray:
    behind = np.clip(-vertices[:, 0] / 0.034, 0, 1)
    vertices[:, 2] += 0.016 * behind**3
    vertices[:, 1] *= 1 - 0.35 * behind**2
    return vertices


def toy_car() -> HouseholdModel:
    """A red car with dark windows and black wheels, driving along +x."""
    chassis = slab((0.078, 0.036, 0.017), (0, 0, 0.0155), radius_m=0.004)
    foot = [(x, y, 0.023) for x in (-0.030, 0.019) for y in (-0.016, 0.016)]
    top = [(x, y, 0.038) for x in (-0.022, 0.006) for y in (-0.013, 0.013)]
    cabin = hull(foot + top)
    roof = slab((0.030, 0.028, 0.003), (-0.008, 0, 0.0385), radius_m=0.001)
    axles = [(x, y) for x in (-0.024, 0.024) for y in (-0.0165, 0.0165)]
    wheels = [moved(turned(_wheel(), 90 if y < 0 else -90, (1, 0, 0)), (x, y, 0.0088)) for x, y in axles]
    hubs = [moved(turned(_hub(), 90 if y < 0 else -90, (1, 0, 0)), (x, y, 0.0088)) for x, y in axles]
    lamps = [ball((0.002, 0.0042, 0.0032), (0.0385, y, 0.018), detail=1) for y in (-0.011, 0.011)]
    red = Material(colour="#d21f26", roughness=0.25)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=chassis, material=red, crease_deg=25),
            MeshPart(mesh=cabin, material=Material(colour="#1d2a36", roughness=0.1), crease_deg=5),
            MeshPart(mesh=roof, material=red, crease_deg=25),
            *(MeshPart(mesh=wheel, material=Material(colour="#1b1b1c", roughness=0.8)) for wheel in wheels),
            *(MeshPart(mesh=hub, material=Material(colour="#d7d9dc", roughness=0.3, metallic=0.6)) for hub in hubs),
            *(MeshPart(mesh=lamp, material=Material(colour="#fff3b0", roughness=0.3)) for lamp in lamps),
        ),
        pieces=(
            convex_piece(chassis.vertices),
            hull(np.vstack([cabin.vertices, roof.vertices.round(3)])),
            *(convex_piece(wheel.vertices) for wheel in wheels),
        ),
    )


def _wheel() -> Trimesh:
    return lathe(
        [(0, -0.003), (0.0080, -0.003), (0.0088, -0.002), (0.0088, 0.002), (0.0080, 0.003), (0, 0.003)], sections=20
    )


def _hub() -> Trimesh:
    return lathe([(0, 0.002), (0.0048, 0.002), (0.0042, 0.0037), (0, 0.0040)], sections=12)


def chess_pawn() -> HouseholdModel:
    """Black: a stepped foot, a slim body, a collar and a ball."""
    profile: list[tuple[float, float]]
    profile = [(0, 0), (18, 0), (18.5, 2), (18.5, 5), (16.5, 7), (15, 9), (15, 11), (12.5, 13), (9.5, 20), (7.5, 32)]
    profile += [(7.5, 36), (11.5, 38), (12, 39.5), (11.5, 41), (7, 42.5)]
    turn = np.radians(np.linspace(-50, 90, 10))
    top = np.column_stack([11.5 * np.cos(turn), 51 + 11.5 * np.sin(turn)])
    body = lathe(np.vstack([profile, top]) / 1000, sections=28)
    high = body.vertices[:, 2]
    return HouseholdModel(
        parts=(MeshPart(mesh=body, material=Material(colour="#1d1d20", roughness=0.25)),),
        pieces=(
            convex_piece(body.vertices[high < 0.0125]),
            convex_piece(body.vertices[(high > 0.0105) & (high < 0.037)]),
            convex_piece(body.vertices[high > 0.037]),
        ),
    )


def toy_brick() -> HouseholdModel:
    """A blue building brick with two rows of four studs."""
    x, y, z, stud_m, pitch_m = 0.070, 0.035, 0.026, 0.005, 0.0175
    brick = slab((x, y, z), (0, 0, z / 2), radius_m=0.0012)
    profile = np.array([(0, -1), (5.4, -1), (5.4, 4.4), (4.8, 5), (0, 5)]) / 1000
    places = [((k - 1.5) * pitch_m, side * pitch_m / 2) for k in range(4) for side in (-1, 1)]
    studs = joined(*(moved(lathe(profile, sections=20), (*place, z)) for place in places))
    blue = Material(colour="#1a5fd0", roughness=0.25)
    studded = slab((3 * pitch_m + 0.0108, pitch_m + 0.0108, stud_m + 0.004), (0, 0, z + (stud_m - 0.004) / 2))
    return HouseholdModel(
        parts=(MeshPart(mesh=brick, material=blue, crease_deg=25), MeshPart(mesh=studs, material=blue)),
        pieces=(hull(slab((x, y, z), (0, 0, z / 2)).vertices), hull(studded.vertices)),
    )
