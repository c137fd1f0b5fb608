"""What do the receptacles look like?"""

from __future__ import annotations

import numpy as np

from vlagen_bench.household.collision import disc_piece, rim_pieces
from vlagen_bench.household.model import Material, Model, Part
from vlagen_bench.household.noise import blur, bytes_rgb, clouds, grid, named_stream, over, ramp, shaded
from vlagen_bench.household.shapes import hull, joined, lathe, slab, tube


def plate() -> Model:
    """White china with two blue rings."""
    profile = [(0, 0), (44, 0), (48, 2), (75, 13), (75.5, 14.5), (74, 15.5), (52, 6.5), (46, 5), (0, 5)]
    body = lathe(np.array(profile) / 1000, sections=40)
    radius = np.hypot(*body.triangles_center[:, :2].T)
    upper = body.face_normals[:, 2] > 0.3
    rim = (radius > 0.0725) & (body.triangles_center[:, 2] > 0.012)
    blue = Material(colour="#1f4fae", roughness=0.2)
    return Model(
        parts=(
            Part(
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


def wooden_tray() -> Model:
    """Pale wood with a low wall all around and two dark grips."""
    size = (0.150, 0.112, 0.018)
    floor = slab((0.148, 0.110, 0.006), (0, 0, 0.003))
    walls = _walls(size, wall_m=0.007)
    slots = [slab((0.0004, 0.034, 0.006), (side * 0.0752, 0, 0.011), radius_m=0) for side in (-1, 1)]
    wood = _grain("wooden tray", "#b98a4e", "#d9b27a", "#e6c48f")
    return Model(
        parts=(
            Part(mesh=floor, material=Material(image=wood, roughness=0.6)),
            *(Part(mesh=wall, material=Material(colour="#a9763c", roughness=0.6)) for wall in walls),
            *(Part(mesh=slot, material=Material(colour="#4a3018", roughness=0.9)) for slot in slots),
        ),
        pieces=(hull(floor.vertices), *(hull(wall.vertices) for wall in walls)),
    )


def _walls(size_m: tuple[float, float, float], *, wall_m: float) -> tuple:
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


def bowl() -> Model:
    """Shallow, glazed dark green outside and light green inside, with a cream edge."""
    outer = [(0, 0), (33, 0), (35, 1), (49, 8), (58, 18), (60, 25)]
    inner = [(57, 25), (55, 18.5), (47, 10.5), (36, 5.5), (0, 5)]
    body = lathe(np.array(outer + inner) / 1000, sections=40)
    centre = body.triangles_center
    edge = centre[:, 2] > 0.0248
    inside = (body.face_normals[:, 2] > 0.1) & ~edge
    return Model(
        parts=(
            Part(
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


def napkin() -> Model:
    """A folded red and white checked cloth."""
    cloth = slab((0.130, 0.130, 0.004), (0, 0, 0.002), radius_m=0.0015)
    image = _checks()
    return Model(
        parts=(Part(mesh=cloth, material=Material(image=image, roughness=1.0), crease_deg=60),),
        pieces=(hull(slab((0.130, 0.130, 0.004), (0, 0, 0.002)).vertices),),
    )


def _checks() -> np.ndarray:
    x, y = grid(128)
    hem = np.maximum(np.abs(x - 0.5), np.abs(y - 0.5)) > 0.465
    stripes = ((x * 8) % 1 < 0.5).astype(float) + ((y * 8) % 1 < 0.5)
    weave = 0.04 * np.sin(2 * np.pi * 43 * x) * np.sin(2 * np.pi * 43 * y)
    image = over(ramp(stripes / 2, "#f7f2ea", "#e58b86", "#c9302c"), hem.astype(float), "#c9302c")
    fold = np.exp(-((x - 0.5) ** 2) / 0.00003) + np.exp(-((y - 0.5) ** 2) / 0.00003)
    return bytes_rgb(shaded(image, weave - 0.16 * np.minimum(fold, 1)))


def coaster() -> Model:
    """A round of cork with a dark ring."""
    body = lathe([(0, 0), (0.0488, 0), (0.050, 0.001), (0.050, 0.005), (0.0490, 0.006), (0, 0.006)], sections=40)
    return Model(
        parts=(Part(mesh=body, material=Material(image=_cork(), roughness=0.95)),),
        pieces=(disc_piece(0.050, 0.006),),
    )


def _cork() -> np.ndarray:
    rng = named_stream("coaster")
    x, y = grid(128)
    radius = np.hypot(x - 0.5, y - 0.5)
    image = ramp(0.5 + 0.22 * clouds(rng, 128, 0.03), "#b1834f", "#c99d66", "#dcb681")
    image = over(image, 0.7 * (blur(rng, 128, 0.010) > 1.5), "#6f4a26")
    return bytes_rgb(over(image, (0.012 - np.abs(radius - 0.43)) / 0.004, "#5b3a1e"))


def tile() -> Model:
    """A white ceramic tile with a blue painted star."""
    body = slab((0.110, 0.110, 0.008), (0, 0, 0.004), radius_m=0.0012)
    return Model(
        parts=(Part(mesh=body, material=Material(image=_azulejo(), roughness=0.15), crease_deg=25),),
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


def frying_pan() -> Model:
    """Black iron with sloped sides and a short wooden handle along +x."""
    outer = [(0, 0), (54, 0), (56, 1), (63, 17), (64.5, 18)]
    inner = [(61.5, 18), (54, 4.5), (52, 4), (0, 4)]
    body = lathe(np.array(outer + inner) / 1000, sections=36)
    handle = tube(
        [(0.060, 0, 0.013), (0.071, 0, 0.017), (0.081, 0, 0.018), (0.0945, 0, 0.018)],
        [0.005, 0.0062, 0.007, 0.0055],
        across=(0, 1, 0),
    )
    collar = tube([(0.057, 0, 0.012), (0.070, 0, 0.0165)], [0.0062, 0.0068], across=(0, 1, 0))
    centre = body.triangles_center
    inside = (body.face_normals[:, 2] > 0.2) & (np.hypot(*centre[:, :2].T) < 0.061)
    return Model(
        parts=(
            Part(
                mesh=body,
                material=Material(colour="#2b2c30", roughness=0.45, metallic=0.2),
                accents=((inside, Material(colour="#3c3d42", roughness=0.5, metallic=0.2)),),
            ),
            Part(mesh=collar, material=Material(colour="#aeb1b5", roughness=0.3, metallic=0.7)),
            Part(mesh=handle, material=Material(colour="#9a5a28", roughness=0.6)),
        ),
        pieces=(
            disc_piece(0.0555, 0.004),
            *rim_pieces([(0.0545, 0.002), (0.0560, 0.004), (0.0630, 0.018), (0.0645, 0.018)], num_pieces=6),
            hull(np.round(handle.vertices, 4)),
        ),
    )


def basket() -> Model:
    """A round wicker basket with a braided edge."""
    floor = lathe([(0, 0), (0.062, 0), (0.062, 0.005), (0, 0.005)], sections=32)
    wall = lathe([(0.062, 0), (0.067, 0), (0.072, 0.021), (0.068, 0.021), (0.0625, 0.004)], sections=36)
    weave = Material(image=_weave(columns=28, rows=5), roughness=0.9, projection="around")
    strands = [_strand(phase) for phase in (0.0, 0.5)]
    return Model(
        parts=(
            Part(mesh=floor, material=Material(image=_weave(columns=14, rows=14), roughness=0.9)),
            Part(mesh=wall, material=weave),
            Part(mesh=joined(*strands), material=Material(colour="#a8722f", roughness=0.8)),
        ),
        pieces=(
            disc_piece(0.0665, 0.005),
            *rim_pieces(
                [(0.0635, 0.003), (0.0665, 0.003), (0.0675, 0.0245), (0.0735, 0.0245), (0.0735, 0.020)], num_pieces=7
            ),
        ),
    )


def _strand(phase: float):
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
