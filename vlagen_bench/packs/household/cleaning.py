"""Models: things for cleaning."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vlagen_bench.packs.household.collision import convex_piece, disc_piece
from vlagen_bench.packs.household.lettering import canvas, disc, pixels, write
from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.noise import named_stream
from vlagen_bench.packs.household.shapes import ball, hull, joined, lathe, rested, slab, tube, warped


def sponge() -> HouseholdModel:
    """A yellow kitchen sponge with pores, its green scouring side below."""
    foam = slab((0.088, 0.056, 0.023), (0, 0, 0.0195), radius_m=0.003)
    pad = slab((0.088, 0.056, 0.009), (0, 0, 0.0045), radius_m=0.0015)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=foam, material=Material(image=_pores(), roughness=0.95, projection="box"), crease_deg=25),
            MeshPart(mesh=pad, material=Material(image=_scouring(), roughness=1.0, projection="box"), crease_deg=25),
        ),
        pieces=(hull(slab((0.088, 0.056, 0.031), (0, 0, 0.0155)).vertices),),
    )


def _pores() -> np.ndarray:
    rng = named_stream("sponge")
    image, draw = canvas(256, 128, "#f6d64a")
    for _ in range(110):
        x, y = rng.randint(0, 256), rng.randint(0, 128)
        wide, high = rng.randint(3, 9), rng.randint(3, 9)
        draw.ellipse((x - wide, y - high, x + wide, y + high), fill="#c99a1e" if rng.randint(2) else "#d9ad2c")
    return pixels(image)


def _scouring() -> np.ndarray:
    rng = named_stream("scouring pad")
    image, draw = canvas(256, 256, "#2f8a45")
    for _ in range(500):
        x, y = rng.randint(0, 256), rng.randint(0, 256)
        draw.line(
            (x, y, x + rng.randint(-14, 15), y + rng.randint(-14, 15)),
            fill="#3fa357" if rng.randint(2) else "#237236",
            width=2,
        )
    return pixels(image)


def spray_bottle() -> HouseholdModel:
    """A violet bottle with a white spray head, its nozzle towards +x."""
    profile = [(0, 0.5), (20, 0), (22, 2), (22.5, 10), (22, 48), (19, 58), (11, 68), (9.5, 72), (0, 72)]
    body = lathe(np.array(profile) / 1000, sections=28)
    label = lathe(np.array([(22.4, 12), (22.9, 12), (22.6, 44), (22, 44)]) / 1000, sections=28)
    collar = lathe(np.array([(0, 71), (11.5, 71), (12, 73), (12, 82), (8, 84), (0, 84)]) / 1000, sections=20)
    side = [(-17, 86), (-9, 81), (10, 83), (27, 90), (27, 101), (8, 105), (-12, 103)]
    head = hull(np.array([(x, y, z) for x, z in side for y in (-8.5, 8.5)]) / 1000)
    nozzle = slab((0.009, 0.012, 0.011), (0.0305, 0, 0.0955), radius_m=0.0015)
    trigger = tube(
        np.array([(16, 0, 87), (20, 0, 78), (20, 0, 70), (24, 0, 63)]) / 1000,
        [0.004, 0.0036, 0.0032, 0.003],
        across=(0, 1, 0),
    )
    white = Material(colour="#f2f3f5", roughness=0.4)
    red = Material(colour="#e8562a", roughness=0.4)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=body, material=Material(colour="#7a35b8", roughness=0.25)),
            MeshPart(mesh=label, material=Material(image=_spray_label(), roughness=0.5, projection="around")),
            MeshPart(mesh=collar, material=white),
            MeshPart(mesh=head, material=white, crease_deg=15),
            MeshPart(mesh=nozzle, material=red),
            MeshPart(mesh=trigger, material=red),
        ),
        pieces=(
            disc_piece(0.0222, 0.048),
            convex_piece(body.vertices[body.vertices[:, 2] > 0.047]),
            convex_piece(collar.vertices),
            hull(np.vstack([head.vertices, slab((0.009, 0.012, 0.011), (0.0305, 0, 0.0955)).vertices])),
        ),
    )


def _spray_label() -> np.ndarray:
    image, draw = canvas(640, 148, "#f4f0fa")
    for left in (0, 213, 426):
        for x, y, radius in ((60, 60, 30), (104, 92, 20), (100, 40, 14)):
            disc(draw, (left + x, y), radius, "#9a5fd0")
            disc(draw, (left + x - radius / 4, y - radius / 4), radius / 2.4, "#e3d2f4")
        write(draw, "CLEAN", (left + 160, 74), 30, "#4f1c80")
    return pixels(image)


def soap_bar() -> HouseholdModel:
    """A rounded bar of pink soap that says so, with some foam on it."""
    bar = rested(warped(ball(1.0, detail=3), _pillow((0.041, 0.0265, 0.0155))), flat_m=0.0005)
    foam = joined(
        *(
            ball(radius / 1000, (x / 1000, y / 1000, z / 1000), detail=1)
            for x, y, z, radius in (
                (30, 14, 26, 6),
                (35, 6, 24, 4.5),
                (22, 19, 25.5, 4.8),
                (36, 15, 20, 5),
                (-33, -14, 25, 4.5),
                (-29, -19, 23, 3.5),
            )
        )
    )
    return HouseholdModel(
        parts=(
            MeshPart(mesh=bar, material=Material(image=_soap(), roughness=0.35), crease_deg=60),
            MeshPart(mesh=foam, material=Material(colour="#fbfdff", roughness=0.15)),
        ),
        pieces=(convex_piece(bar.vertices, num_directions=20),),
    )


def _pillow(half_m: tuple[float, float, float]) -> Callable[[np.ndarray], np.ndarray]:
    """A ball swollen towards the box of these half sizes."""

    def swell(vertices: np.ndarray) -> np.ndarray:
        return np.sign(vertices) * np.abs(vertices) ** 0.55 * half_m

    return swell


def _soap() -> np.ndarray:
    image, draw = canvas(320, 208, "#f7a8bf")
    draw.rounded_rectangle((34, 34, 286, 174), 60, outline="#d9708f", width=7)
    write(draw, "SOAP", (160, 104), 74, "#c85378")
    return pixels(image)
