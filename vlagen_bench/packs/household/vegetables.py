"""Models: vegetables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from trimesh import Trimesh

from vlagen_bench.packs.household.collision import convex_piece
from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.noise import blur, bytes_rgb, grid, named_stream, over, ramp
from vlagen_bench.packs.household.shapes import (
    ball,
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


def carrot() -> HouseholdModel:
    """An orange cone with fine rings, lying, with a tuft of green."""
    at = np.linspace(0, 1, 21)
    radius = 0.0165 * (1 - 0.8 * at**1.3)
    radius[0] = 0.011
    radius[-1] = 0.0016
    radius[2:-1:3] *= 0.95
    path = np.column_stack([0.105 * at, np.zeros_like(at), radius])
    body = rested(tube(path, radius, across=(0, 0, 1), sides=18), flat_m=0.001)
    tuft = kept_above(_carrot_greens())
    grooves = np.isin(np.arange(len(body.faces)) // 36, np.arange(2, 19, 6))
    return HouseholdModel(
        parts=(
            MeshPart(
                mesh=body,
                material=Material(colour="#f07c12", roughness=0.6),
                accents=((grooves, Material(colour="#c75e0a", roughness=0.7)),),
            ),
            MeshPart(mesh=tuft, material=Material(colour="#3f8a2c", roughness=0.7)),
        ),
        pieces=(convex_piece(body.vertices), convex_piece(tuft.vertices)),
    )


def _carrot_greens() -> Trimesh:
    """Five stalks fanned out towards -x, with small leaves on either side."""
    pieces = []
    for number, turn_deg in enumerate((-34, -17, 0, 17, 34)):
        rise = 0.003 + 0.008 * (number % 2)
        stalk = [
            tube([(0, 0, 0), (0.016, 0, rise), (0.034, 0, rise)], [0.0017, 0.0013, 0.001], across=(0, 1, 0), sides=6)
        ]
        for at, angle_deg in ((0.011, 50), (0.011, -50), (0.020, 45), (0.020, -45), (0.029, 0)):
            blade = leaf(0.013, 0.0075, bend_m=0.002, segments=4)
            stalk.append(moved(turned(blade, angle_deg, (0, 0, 1)), (at, 0, rise)))
        pieces.append(turned(joined(*stalk), 180 + turn_deg, (0, 0, 1)))
    return moved(joined(*pieces), (0.001, 0, 0.0135))


def eggplant() -> HouseholdModel:
    """Dark violet and shiny, lying, with a green cap and stalk."""
    at = np.linspace(0, 1, 18)
    radius = 1e-3 * np.interp(at, np.linspace(0, 1, 9), [3, 15.5, 21, 23.2, 23, 20.5, 17, 14, 11])
    path = np.column_stack([0.094 * at, 0.006 * np.sin(2.6 * at), radius])
    body = rested(tube(path, radius, across=(0, 0, 1), sides=20), flat_m=0.0012)
    end = path[-1] - [0, 0, 0.0012]
    cap_path = end + np.array([(-0.022, 0.004, 0), (-0.012, 0.0025, 0), (0, 0, 0), (0.004, -0.001, 0)])
    cap = warped(tube(cap_path, [0.0150, 0.0146, 0.0118, 0.006], across=(0, 0, 1), sides=15), _jagged(15))
    stalk = tube(
        end + np.array([(0, 0, 0), (0.012, -0.002, 0.002), (0.020, -0.004, 0.006)]),
        [0.005, 0.0042, 0.005],
        across=(0, 0, 1),
    )
    halves = [body.vertices[: 10 * 20], body.vertices[9 * 20 : 18 * 20]]
    return HouseholdModel(
        parts=(
            MeshPart(mesh=body, material=Material(colour="#43164f", roughness=0.18)),
            MeshPart(mesh=kept_above(cap), material=Material(colour="#4f8f3a", roughness=0.7)),
            MeshPart(mesh=stalk, material=Material(colour="#5f9a45", roughness=0.8)),
        ),
        pieces=(*(convex_piece(points) for points in halves), convex_piece(stalk.vertices)),
    )


def _jagged(sides: int) -> Callable[[np.ndarray], np.ndarray]:
    """Draw every third vertex of the first ring of a tube out along -x: the teeth of a calyx."""

    def draw(vertices: np.ndarray) -> np.ndarray:
        vertices[0:sides:3, 0] -= 0.013
        vertices[0:sides:3, 2] += 0.0005
        return vertices

    return draw


def mushroom() -> HouseholdModel:
    """A brown cap with pale spots on a cream stem, standing."""
    stem_profile = [(0, 0), (12, 0), (13.5, 4), (11, 16), (10.5, 30), (9.5, 36), (0, 36)]
    stem = lathe(np.array(stem_profile) / 1000, sections=20)
    cap_profile = np.array([(0, 31), (16, 29), (25, 27), (28, 30), (27, 36), (22, 45), (13, 52), (0, 55)]) / 1000
    cap = lathe(np.vstack([cap_profile[:3], smooth_profile(cap_profile[2:], num_points=11)[1:]]), sections=26)
    under = cap.face_normals[:, 2] < -0.5
    return HouseholdModel(
        parts=(
            MeshPart(mesh=stem, material=Material(colour="#f0e6cf", roughness=0.8)),
            MeshPart(
                mesh=cap,
                material=Material(image=_mushroom_cap(), roughness=0.6),
                accents=((under, Material(colour="#d9bf9a", roughness=0.9)),),
            ),
        ),
        pieces=(convex_piece(stem.vertices), convex_piece(cap.vertices)),
    )


def _mushroom_cap() -> np.ndarray:
    x, y = grid(96)
    radius = np.hypot(x - 0.5, y - 0.5)
    image = ramp(radius / 0.5 + 0.05 * blur(named_stream("mushroom"), 96, 0.02), "#7a4a26", "#96602f", "#b98a55")
    for k in range(9):
        angle, far = 2.4 * k, 0.13 * np.sqrt(k + 0.3)
        spot = np.hypot(x - 0.5 - far * np.cos(angle), y - 0.5 - far * np.sin(angle))
        image = over(image, (0.038 - spot) / 0.012, "#f3e3c3")
    return bytes_rgb(image)


def broccoli() -> HouseholdModel:
    """A dark green crown of florets on a pale forked stem, standing."""
    rng = named_stream("broccoli")
    stem = lathe(np.array([(0, 0), (13, 0), (14, 2), (12.5, 14), (13.5, 26), (18, 36), (0, 36)]) / 1000, sections=14)
    buds = [ball((0.022, 0.022, 0.016), (0, 0, 0.042), detail=2)]
    for count, out, up, radius in ((9, 19.5, 38, 7.5), (6, 13, 49, 8.5), (1, 0, 54, 9.5)):
        for k in range(count):
            turn = 2 * np.pi * (k + 0.5 * (count % 2)) / count
            place = np.array([out * np.cos(turn), out * np.sin(turn), up]) + rng.uniform(-1, 1, 3)
            buds.append(warped(ball(radius / 1000, detail=1), _knobbly(rng, place / 1000)))
    crown = joined(*buds)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=stem, material=Material(colour="#a9c97a", roughness=0.7)),
            MeshPart(mesh=crown, material=Material(colour="#2f7a2b", roughness=0.95), crease_deg=20),
        ),
        pieces=(convex_piece(stem.vertices), convex_piece(crown.vertices)),
    )


def _knobbly(rng: np.random.RandomState, centre_m: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Push every vertex of a ball in or out, and move it to its place."""

    def push(vertices: np.ndarray) -> np.ndarray:
        return centre_m + vertices * rng.uniform(0.88, 1.12, (len(vertices), 1))

    return push
