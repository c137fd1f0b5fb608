"""Models: a book and other things of paper."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.lettering import canvas, pixels, write
from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.shapes import hull, lathe, moved, slab


def book() -> HouseholdModel:
    """A thick red book with golden letters, a rounded back and cream pages."""
    x, y, high = 0.104, 0.136, 0.024
    covers = [slab((x, y, 0.003), (0, 0, z), radius_m=0.0008) for z in (0.0015, high - 0.0015)]
    pages = slab((x - 0.010, y - 0.010, high - 0.005), (0.001, 0, high / 2))
    turn = np.radians(np.linspace(90, 270, 9))
    outline = np.column_stack([-x / 2 + 0.006 + 0.0075 * np.cos(turn), high / 2 * (1 + np.sin(turn))])
    back = hull(np.array([(px, side * y / 2, z) for px, z in outline for side in (-1, 1)]))
    lines = np.linspace(0.005, high - 0.005, 7)
    sheets = [slab((x - 0.0098, y - 0.0098, 0.0006), (0.001, 0, z)) for z in lines]
    red = Material(colour="#b3161f", roughness=0.5)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=covers[0], material=red, crease_deg=25),
            MeshPart(mesh=covers[1], material=Material(image=_cover(), roughness=0.5), crease_deg=25),
            MeshPart(mesh=back, material=red, crease_deg=40),
            MeshPart(mesh=pages, material=Material(colour="#f3e9cf", roughness=0.9)),
            *(MeshPart(mesh=sheet, material=Material(colour="#cdbf9b", roughness=0.9)) for sheet in sheets),
        ),
        pieces=(hull(slab((x + 0.0015, y, high), (-0.00075, 0, high / 2)).vertices),),
    )


def _cover() -> np.ndarray:
    image, draw = canvas(448, 600, "#b3161f")
    draw.rectangle((44, 24, 424, 575), outline="#e6bf55", width=8)
    draw.line((26, 0, 26, 600), fill="#8d0f17", width=8)
    for line, (word, size) in enumerate((("FAIRY", 84), ("TALES", 84))):
        write(draw, word, (234, 120 + 100 * line), size, "#f2cf6b")
    draw.polygon(
        [
            (234, 300),
            (262, 384),
            (350, 384),
            (280, 436),
            (306, 520),
            (234, 470),
            (162, 520),
            (188, 436),
            (118, 384),
            (206, 384),
        ],
        fill="#f2cf6b",
    )
    return pixels(image)


def notepad() -> HouseholdModel:
    """A yellow writing pad: blue lines, a red margin, a brown band along the top."""
    x, y, high = 0.136, 0.100, 0.011
    pad = slab((x, y, high), (0, 0, high / 2))
    band = slab((0.017, y + 0.0012, high + 0.0008), (-x / 2 + 0.008, 0, high / 2 + 0.0004))
    return HouseholdModel(
        parts=(
            MeshPart(
                mesh=pad,
                material=Material(image=_lines(), roughness=0.9),
                accents=((np.abs(pad.face_normals[:, 2]) < 0.5, Material(colour="#e8d566", roughness=0.9)),),
            ),
            MeshPart(mesh=band, material=Material(colour="#5a2d1a", roughness=0.6)),
        ),
        pieces=(hull(pad.vertices), hull(band.vertices)),
    )


def _lines() -> np.ndarray:
    image, draw = canvas(584, 432, "#fbe96b")
    for x in range(104, 584, 36):
        draw.line((x, 0, x, 432), fill="#4a7fd0", width=6)
    draw.line((0, 340, 584, 340), fill="#e0483c", width=6)
    draw.line((0, 328, 584, 328), fill="#e0483c", width=6)
    return pixels(image)


def envelope() -> HouseholdModel:
    """A padded white envelope, flap up, closed with a red seal."""
    x, y, high = 0.140, 0.097, 0.006
    letter = slab((x, y, high), (0, 0, high / 2), radius_m=0.0018)
    seal = lathe([(0, 0), (0.0115, 0), (0.0110, 0.0012), (0.0085, 0.0016), (0, 0.0010)], sections=22)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=letter, material=Material(image=_flap(), roughness=0.9), crease_deg=60),
            MeshPart(mesh=moved(seal, (0, -0.004, high - 0.0002)), material=Material(colour="#b3121c", roughness=0.35)),
        ),
        pieces=(hull(slab((x, y, high), (0, 0, high / 2)).vertices),),
    )


def _flap() -> np.ndarray:
    image, draw = canvas(600, 416, "#fbfbf8")
    draw.line([(0, 416), (215, 170)], fill="#b9bcc4", width=7)
    draw.line([(600, 416), (385, 170)], fill="#b9bcc4", width=7)
    draw.polygon([(0, 0), (600, 0), (300, 232)], fill="#eceef2")
    draw.line([(0, 0), (300, 232), (600, 0)], fill="#8e939e", width=9)
    return pixels(image)
