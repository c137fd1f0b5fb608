"""Models: trays, boxes and baskets."""

from __future__ import annotations

import numpy as np
from trimesh import Trimesh

from vlagen_bench.packs.household.collision import disc_piece, rim_pieces
from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.noise import blur, bytes_rgb, grid, named_stream, ramp
from vlagen_bench.packs.household.shapes import hull, joined, lathe, slab, tube


def wooden_tray() -> HouseholdModel:
    """Pale wood with a low wall all around and two dark grips."""
    size = (0.150, 0.112, 0.018)
    floor = slab((0.148, 0.110, 0.006), (0, 0, 0.003))
    walls = _walls(size, wall_m=0.007)
    slots = [slab((0.0004, 0.034, 0.006), (side * 0.0752, 0, 0.011), radius_m=0) for side in (-1, 1)]
    wood = _grain("wooden tray", "#b98a4e", "#d9b27a", "#e6c48f")
    return HouseholdModel(
        parts=(
            MeshPart(mesh=floor, material=Material(image=wood, roughness=0.6)),
            *(MeshPart(mesh=wall, material=Material(colour="#a9763c", roughness=0.6)) for wall in walls),
            *(MeshPart(mesh=slot, material=Material(colour="#4a3018", roughness=0.9)) for slot in slots),
        ),
        pieces=(hull(floor.vertices), *(hull(wall.vertices) for wall in walls)),
    )


def _walls(size_m: tuple[float, float, float], *, wall_m: float) -> tuple[Trimesh, ...]:
    """Four walls on the inside of a box of this size."""
    x, y, z = size_m
    return (
        *(slab((x, wall_m, z), (0, side * (y - wall_m) / 2, z / 2)) for side in (-1, 1)),
        *(slab((wall_m, y - 2 * wall_m, z), (side * (x - wall_m) / 2, 0, z / 2)) for side in (-1, 1)),
    )


def _grain(name: str, *colours: str) -> np.ndarray:
    rng = named_stream(name)
    _, y = grid(128)
    rings = np.sin(2 * np.pi * (5 * y + 0.5 * blur(rng, 128, 0.25, scale_y=0.08)))
    return bytes_rgb(ramp(0.5 + 0.25 * rings + 0.12 * blur(rng, 128, 0.12, scale_y=0.004), *colours))


def basket() -> HouseholdModel:
    """A round wicker basket with a braided edge."""
    floor = lathe([(0, 0), (0.062, 0), (0.062, 0.005), (0, 0.005)], sections=32)
    wall = lathe([(0.062, 0), (0.067, 0), (0.072, 0.021), (0.068, 0.021), (0.0625, 0.004)], sections=36)
    weave = Material(image=_weave(columns=28, rows=5), roughness=0.9, projection="around")
    strands = [_strand(phase) for phase in (0.0, 0.5)]
    return HouseholdModel(
        parts=(
            MeshPart(mesh=floor, material=Material(image=_weave(columns=14, rows=14), roughness=0.9)),
            MeshPart(mesh=wall, material=weave),
            MeshPart(mesh=joined(*strands), material=Material(colour="#a8722f", roughness=0.8)),
        ),
        pieces=(
            disc_piece(0.0665, 0.005),
            *rim_pieces(
                [(0.0635, 0.003), (0.0665, 0.003), (0.0675, 0.0245), (0.0735, 0.0245), (0.0735, 0.020)], num_pieces=7
            ),
        ),
    )


def _strand(phase: float) -> Trimesh:
    """One of two strands that wind around each other along the edge of the basket."""
    turn = 2 * np.pi * np.linspace(0, 1, 73)
    wind = 12 * turn + 2 * np.pi * phase
    radius = 0.0700 + 0.0016 * np.cos(wind)
    path = np.column_stack([radius * np.cos(turn), radius * np.sin(turn), 0.0212 + 0.0014 * np.sin(wind)])
    return tube(path, np.full(73, 0.0019), across=(0, 0, 1), sides=5)


def _weave(*, columns: int, rows: int) -> np.ndarray:
    """Strips that pass over and under each other."""
    x, y = grid(128)
    column, row = np.floor(x * columns), np.floor(y * rows)
    over_it = (column + row) % 2 == 0
    across = np.where(over_it, y * rows % 1, x * columns % 1)
    along = np.where(over_it, x * columns % 1, y * rows % 1)
    light = np.sin(np.pi * across) ** 0.5 * (0.65 + 0.35 * np.sin(np.pi * along))
    return bytes_rgb(ramp(light, "#4f3112", "#a8722f", "#d9aa62"))


def storage_box() -> HouseholdModel:
    """An open violet plastic box with a lip all around and a white grip at either end."""
    size = (0.130, 0.098, 0.024)
    floor = slab((0.128, 0.096, 0.005), (0, 0, 0.0025))
    walls = _walls(size, wall_m=0.005)
    lip = _frame((0.138, 0.106), wide_m=0.008, low_m=0.0215, high_m=0.0250)
    ribs = [
        slab((0.003, 0.002, 0.020), (x, side * 0.0492, 0.011))
        for side in (-1, 1)
        for x in np.linspace(-0.054, 0.054, 7)
    ]
    grips = [slab((0.003, 0.040, 0.007), (side * 0.0658, 0, 0.0125), radius_m=0.001) for side in (-1, 1)]
    violet = Material(colour="#7b3fc0", roughness=0.45)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=floor, material=Material(colour="#6a33aa", roughness=0.5)),
            MeshPart(mesh=joined(*walls, *ribs), material=violet, crease_deg=5),
            MeshPart(mesh=joined(*lip), material=Material(colour="#9763d6", roughness=0.4), crease_deg=5),
            *(MeshPart(mesh=grip, material=Material(colour="#f3f0f7", roughness=0.5)) for grip in grips),
        ),
        pieces=(
            hull(floor.vertices),
            *(hull(np.vstack([wall.vertices, bar.vertices])) for wall, bar in zip(walls, lip, strict=True)),
        ),
    )


def _frame(size_m: tuple[float, float], *, wide_m: float, low_m: float, high_m: float) -> tuple[Trimesh, ...]:
    """Four flat bars, in the order of `_walls`."""
    x, y = size_m
    high, middle = high_m - low_m, (low_m + high_m) / 2
    return (
        *(slab((x, wide_m, high), (0, side * (y - wide_m) / 2, middle)) for side in (-1, 1)),
        *(slab((wide_m, y - 2 * wide_m, high), (side * (x - wide_m) / 2, 0, middle)) for side in (-1, 1)),
    )


def crate() -> HouseholdModel:
    """A yellow bottle crate: rails and posts with gaps between them, a barred floor."""
    x, y, high, bar = 0.136, 0.104, 0.025, 0.005
    floor = [slab((x - 0.002, 0.0075, 0.004), (0, at, 0.002)) for at in np.linspace(-0.045, 0.045, 8)]
    floor += [slab((0.0075, y - 0.002, 0.0035), (at, 0, 0.00175)) for at in np.linspace(-0.058, 0.058, 5)]
    rails = [
        *_frame((x, y), wide_m=bar, low_m=0.0, high_m=0.006),
        *_frame((x, y), wide_m=bar, low_m=0.018, high_m=high),
    ]
    posts = [
        slab((0.008, bar, high - 0.002), (at, side * (y - bar) / 2, high / 2))
        for side in (-1, 1)
        for at in np.linspace(-0.063, 0.063, 6)
    ]
    posts += [
        slab((bar, 0.008, high - 0.002), (side * (x - bar) / 2, at, high / 2))
        for side in (-1, 1)
        for at in (-0.047, -0.016, 0.016, 0.047)
    ]
    yellow = Material(colour="#f5c211", roughness=0.45)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=joined(*floor), material=Material(colour="#d9a70b", roughness=0.5), crease_deg=5),
            MeshPart(mesh=joined(*rails, *posts), material=yellow, crease_deg=5),
        ),
        pieces=(
            hull(slab((x - 0.002, y - 0.002, 0.004), (0, 0, 0.002)).vertices),
            *(hull(wall.vertices) for wall in _walls((x, y, high), wall_m=bar)),
        ),
    )
