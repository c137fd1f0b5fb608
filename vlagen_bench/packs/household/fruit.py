"""Models: fruits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from trimesh import Trimesh

from vlagen_bench.packs.household.collision import convex_piece
from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.noise import blur, bytes_rgb, grid, named_stream, over, ramp
from vlagen_bench.packs.household.shapes import (
    ball,
    hull,
    joined,
    kept_above,
    lathe,
    leaf,
    moved,
    rested,
    smooth_profile,
    tube,
    turned,
    warped,
)

STALK = Material(colour="#5b3f22", roughness=0.9)
GREEN = Material(colour="#3f8a2c", roughness=0.7)


def apple() -> HouseholdModel:
    """Red, dimpled above and below, yellow-green around the stalk."""
    profile = [(0, 5), (8, 0.5), (15, 0), (25, 12), (29, 30), (26, 45), (17, 53), (8, 52.5), (3, 48), (0, 46)]
    body = rested(lathe(smooth_profile(np.array(profile) / 1000, num_points=20), sections=26), flat_m=0.001)
    stalk = tube(
        [(0, 0, 0.044), (0.001, 0, 0.053), (0.005, 0, 0.062)], [0.0016, 0.0014, 0.0022], across=(0, 1, 0), sides=6
    )
    green = moved(turned(leaf(0.026, 0.013, bend_m=0.002), -25, (0, 1, 0)), (0.002, 0, 0.053))
    return HouseholdModel(
        parts=(
            MeshPart(mesh=body, material=Material(image=_apple_skin(), roughness=0.3)),
            MeshPart(mesh=stalk, material=STALK),
            MeshPart(mesh=turned(green, 40, (0, 0, 1)), material=GREEN),
        ),
        pieces=(convex_piece(body.vertices),),
    )


def _apple_skin() -> np.ndarray:
    x, y = grid(96)
    radius = np.hypot(x - 0.5, y - 0.5)
    turn = np.arctan2(y - 0.5, x - 0.5)
    streaks = 0.03 * np.sin(11 * turn) + 0.03 * np.sin(17 * turn + 1) + 0.02 * blur(named_stream("apple"), 96, 0.02)
    return bytes_rgb(ramp((radius + streaks - 0.07) / 0.2, "#c9c24a", "#d8562f", "#c01d22", "#b3121d"))


def banana() -> HouseholdModel:
    """A yellow bow lying on its side, five-sided, with dark ends."""
    bend = np.radians(np.linspace(-36, 36, 19))
    path = np.column_stack([0.105 * np.sin(bend), 0.105 * (np.cos(bend) - 1), np.zeros_like(bend)])
    along = np.linspace(-1, 1, 19)
    radii = 0.0168 * np.sqrt(np.clip(1 - 0.8 * np.abs(along) ** 3.2, 0.05, 1))
    body = tube(path, radii, across=(0, 0, 1), sides=10)
    body = rested(warped(body, _five_sided(path)), flat_m=0.0025)
    stalk_path = path[-1] + np.array([[0, 0, 0], [0.006, -0.0045, 0], [0.013, -0.011, 0]])
    lift = [0, 0, 0.0143]
    stalk = tube(stalk_path + lift, [0.0068, 0.0045, 0.0052], across=(0, 0, 1))
    centre_x = body.triangles_center[:, 0]
    brown = Material(colour="#4a3517", roughness=0.9)
    sections = [body.vertices[(at - 2) * 10 : (at + 3) * 10] for at in (2, 7, 12, 16)]
    return HouseholdModel(
        parts=(
            MeshPart(
                mesh=body,
                material=Material(colour="#f2cf1d", roughness=0.5),
                accents=((centre_x > 0.0555, Material(colour="#b7b52c")), (centre_x < -0.0585, brown)),
                crease_deg=30,
            ),
            MeshPart(
                mesh=stalk,
                material=Material(colour="#9aa334", roughness=0.7),
                accents=((stalk.triangles_center[:, 0] > stalk_path[1, 0] + 0.0012, brown),),
            ),
        ),
        pieces=(*(convex_piece(points) for points in sections), convex_piece(stalk.vertices)),
    )


def _five_sided(path: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Pull every second vertex of a ten-sided tube inwards, so that five edges show."""

    def pull(vertices: np.ndarray) -> np.ndarray:
        rings = vertices[: len(path) * 10].reshape(len(path), 10, 3)
        centre = path[:, None]
        rings[:, 1::2] = centre + 0.9 * (rings[:, 1::2] - centre)
        return vertices

    return pull


def lemon() -> HouseholdModel:
    """Yellow, lying, with a nipple at one end and a green stub at the other."""
    profile = [
        (0, -38),
        (3, -37),
        (6, -33),
        (15, -26),
        (22, -13),
        (23.5, 0),
        (22, 13),
        (14, 26),
        (6, 33),
        (3.5, 35),
        (0, 36),
    ]
    standing = lathe(smooth_profile(np.array(profile) / 1000, num_points=22), sections=24)
    body = rested(turned(standing, 90, (0, 1, 0)), flat_m=0.0012)
    stub = ball((0.002, 0.0035, 0.0035), (0.036, 0, 0.0223), detail=1)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=body, material=Material(image=_lemon_skin(), roughness=0.45)),
            MeshPart(mesh=stub, material=Material(colour="#6d7f2a", roughness=0.8)),
        ),
        pieces=(convex_piece(body.vertices),),
    )


def _lemon_skin() -> np.ndarray:
    pores = blur(named_stream("lemon"), 96, 0.008)
    x, _ = grid(96)
    ends = np.clip((np.abs(x - 0.5) - 0.4) / 0.1, 0, 1)
    return bytes_rgb(over(ramp(0.5 + 0.2 * pores, "#eec80c", "#fbe434"), 0.5 * ends, "#b9bf2d"))


def pear() -> HouseholdModel:
    """Yellow-green with a red cheek, standing."""
    profile = [(0, 2), (10, 0), (20, 4), (28, 20), (27.5, 34), (20, 54), (14, 68), (9, 78), (0, 81)]
    body = rested(lathe(smooth_profile(np.array(profile) / 1000, num_points=20), sections=24), flat_m=0.001)
    stalk = tube(
        [(0, 0, 0.077), (0.001, 0, 0.087), (0.005, 0, 0.096)], [0.002, 0.0016, 0.0024], across=(0, 1, 0), sides=6
    )
    green = moved(turned(leaf(0.024, 0.012, bend_m=-0.004), -30, (0, 1, 0)), (0.001, 0, 0.083))
    return HouseholdModel(
        parts=(
            MeshPart(mesh=body, material=Material(image=_pear_skin(), roughness=0.45, projection="around")),
            MeshPart(mesh=stalk, material=STALK),
            MeshPart(mesh=turned(green, 200, (0, 0, 1)), material=GREEN),
        ),
        pieces=(convex_piece(body.vertices),),
    )


def _pear_skin() -> np.ndarray:
    rng = named_stream("pear")
    x, y = grid(96)
    image = ramp(y, "#a9b52f", "#c3cc45", "#b7c63c")
    cheek = np.exp(-(((x - 0.3) / 0.12) ** 2) - ((y - 0.6) / 0.2) ** 2)
    image = over(image, 0.55 * cheek, "#d0642c")
    return bytes_rgb(over(image, 0.5 * (blur(rng, 96, 0.006) > 2.1), "#8a7a2a"))


def strawberry() -> HouseholdModel:
    """Red with yellow seeds and a green crown, lying."""
    profile = np.array([(0, -26), (5, -24), (14, -12), (20, 6), (19, 17), (11, 22), (0, 22)]) / 1000
    outline = smooth_profile(profile, num_points=16)
    lay = 75
    body = rested(turned(lathe(outline, sections=22), lay, (0, 1, 0)), flat_m=0.0015)
    low = turned(lathe(outline, sections=22), lay, (0, 1, 0)).vertices[:, 2].min() + 0.0015
    seeds = kept_above(moved(turned(_seeds(outline), lay, (0, 1, 0)), (0, 0, -low)))
    crown = kept_above(moved(turned(_crown(), lay, (0, 1, 0)), (0, 0, -low)))
    return HouseholdModel(
        parts=(
            MeshPart(mesh=body, material=Material(colour="#d4171f", roughness=0.3)),
            MeshPart(mesh=seeds, material=Material(colour="#f0cf62", roughness=0.6)),
            MeshPart(mesh=crown, material=GREEN),
        ),
        pieces=(convex_piece(body.vertices),),
    )


_DIAMOND = np.vstack([np.eye(3), -np.eye(3)]) * [0.0008, 0.0012, 0.0017]


def _seeds(outline: np.ndarray) -> Trimesh:
    """Small grains on the skin, in rings that are shifted against each other."""
    grains = []
    for row, z in enumerate(np.linspace(-0.020, 0.015, 7)):
        radius = np.interp(z, outline[:, 1], outline[:, 0])
        for k in range(max(4, int(radius * 450))):
            grain = hull(np.array([radius, 0, z]) + _DIAMOND)
            grains.append(turned(grain, (k + 0.5 * (row % 2)) * 360 / max(4, int(radius * 450)), (0, 0, 1)))
    return joined(*grains)


def _crown() -> Trimesh:
    """Seven leaves and a stub on top of a standing strawberry."""
    blade = moved(turned(leaf(0.020, 0.010, bend_m=-0.006), -8, (0, 1, 0)), (0.001, 0, 0.0225))
    stub = tube([(0, 0, 0.021), (0, 0, 0.026), (0.001, 0, 0.031)], [0.0022, 0.0018, 0.0016], across=(0, 1, 0), sides=6)
    return joined(stub, *(turned(blade, k * 360 / 7, (0, 0, 1)) for k in range(7)))


def grapes() -> HouseholdModel:
    """A lying bunch of purple grapes, pointed at one end, with a brown stalk and a leaf at the other."""
    rng = named_stream("grapes")
    rows = [
        (-36, 1, 0),
        (-23, 2, 0),
        (-9, 3, 0),
        (5, 3, 0),
        (19, 3, 0),
        (-16, 1, 1),
        (-2, 2, 1),
        (12, 2, 1),
        (26, 1, 1),
    ]
    berries = []
    for x, count, layer in rows:
        for k in range(count):
            aside = 15 * (k - (count - 1) / 2)
            place = np.array([x, aside, 9.5 + 12.5 * layer]) + rng.uniform(-1.2, 1.2, 3)
            berries.append(ball(0.0096, place / 1000, detail=1))
    bunch = rested(joined(*berries), flat_m=0.0012)
    stalk = tube(
        np.array([(12, 0, 29), (26, 0, 34), (40, -2, 34)]) / 1000, [0.0020, 0.0019, 0.0026], across=(0, 1, 0), sides=7
    )
    green = moved(turned(leaf(0.032, 0.026, bend_m=-0.008), 65, (0, 0, 1)), (0.018, -0.002, 0.0355))
    left = bunch.vertices[:, 0] < 0.004
    return HouseholdModel(
        parts=(
            MeshPart(mesh=bunch, material=Material(colour="#5d2276", roughness=0.3), crease_deg=60),
            MeshPart(mesh=stalk, material=STALK),
            MeshPart(mesh=green, material=GREEN),
        ),
        pieces=(convex_piece(bunch.vertices[left]), convex_piece(bunch.vertices[~left])),
    )
