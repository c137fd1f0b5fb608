"""Models: baked goods."""

from __future__ import annotations

import numpy as np

from vlagen_bench.packs.household.collision import convex_piece
from vlagen_bench.packs.household.model import HouseholdModel, Material, MeshPart
from vlagen_bench.packs.household.noise import blur, bytes_rgb, grid, named_stream, over, ramp
from vlagen_bench.packs.household.shapes import ball, joined, lathe, moved, rested, skin, slab, turned, warped


def cupcake() -> HouseholdModel:
    """A pleated paper cup, pink icing wound up to a peak, a cherry on top."""
    cup = lathe([(0, 0), (0.019, 0), (0.0215, 0.010), (0.0240, 0.022), (0, 0.022)], sections=48)
    cup = warped(cup, _pleated)
    rise = np.linspace(0, 1, 19)
    bulge = 0.0285 * (1 - rise**1.5) + 0.004 * rise
    profile = np.column_stack([bulge, 0.020 + 0.028 * rise])
    icing = warped(lathe(np.vstack([(0, 0.020), profile, (0, 0.049)]), sections=30), _wound)
    cherry = ball(0.0065, (0, 0, 0.052), detail=2)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=cup, material=Material(colour="#7a4a2a", roughness=0.8), crease_deg=5),
            MeshPart(mesh=icing, material=Material(colour="#f48fb8", roughness=0.5), crease_deg=60),
            MeshPart(mesh=cherry, material=Material(colour="#c3101c", roughness=0.15)),
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


def doughnut() -> HouseholdModel:
    """A ring of dough under pink icing with a wavy edge, strewn with sugar sprinkles."""
    turn = 2 * np.pi * np.arange(17) / 16
    section = np.column_stack([0.0180 + 0.0110 * np.cos(turn), 0.0125 + 0.0130 * np.sin(turn)])
    dough = rested(lathe(section, sections=32), flat_m=0.001)
    upper = np.radians(np.linspace(200, -20, 12))
    shell = np.column_stack([0.0180 + 0.0117 * np.cos(upper), 0.0122 + 0.0137 * np.sin(upper)])
    # Down on the inside, up through the dough: a closed ring.
    icing = warped(lathe(np.vstack([shell[::-1], [(0.0180, 0.012)], shell[-1:]]), sections=40), _dripping)
    return HouseholdModel(
        parts=(
            MeshPart(mesh=dough, material=Material(colour="#c98a45", roughness=0.8), crease_deg=60),
            MeshPart(mesh=icing, material=Material(colour="#f06fa6", roughness=0.3), crease_deg=60),
            *_sprinkles(),
        ),
        pieces=(convex_piece(np.vstack([dough.vertices, icing.vertices])),),
    )


def _dripping(vertices: np.ndarray) -> np.ndarray:
    turn = np.arctan2(vertices[:, 1], vertices[:, 0])
    low = vertices[:, 2] < 0.0120
    vertices[low, 2] += (0.0022 * np.sin(7 * turn) + 0.0012 * np.sin(11 * turn + 1))[low]
    return vertices


def _sprinkles() -> tuple[MeshPart, ...]:
    rng = named_stream("doughnut")
    grains = []
    for k in range(42):
        around, lean = 2 * np.pi * (k + 0.6 * rng.uniform()) / 42, np.radians(rng.uniform(35, 145))
        radius, z = 0.0180 + 0.0117 * np.cos(lean), 0.0122 + 0.0137 * np.sin(lean)
        grain = turned(slab((0.0048, 0.0017, 0.0014)), rng.uniform(0, 180), (0, 0, 1))
        grain = turned(grain, np.degrees(lean) - 90, (0, -1, 0))
        grains.append(turned(moved(grain, (radius, 0, z)), np.degrees(around), (0, 0, 1)))
    colours = ("#fff6e0", "#35b6e6", "#ffe23d", "#59c34a")
    return tuple(
        MeshPart(mesh=joined(*grains[k :: len(colours)]), material=Material(colour=colour, roughness=0.5))
        for k, colour in enumerate(colours)
    )


def bread_loaf() -> HouseholdModel:
    """A brown domed loaf with three cuts, rounded at one end; the other is cut off and shows the crumb."""
    turn = 2 * np.pi * np.arange(24) / 24
    across, up = np.sin(turn), -np.cos(turn)
    outline = np.column_stack([0.0275 * across * (1 + 0.06 * up), 0.023 * np.sign(up) * np.abs(up) ** 0.8])
    rings = []
    for along in (-0.995, -0.96, -0.88, -0.75, -0.55, -0.25, 0.1, 0.4, 0.6, 0.7):
        scale = (1 - abs(along) ** 2.6) ** 0.5
        ring = outline * [scale, 0.25 + 0.75 * scale]
        rings.append(np.column_stack([np.full(len(ring), 0.065 * along), ring]))
    crust = rested(skin(np.array(rings)), flat_m=0.004)
    cut = rings[-1] * [1, 0.9, 0.9] + [0, 0, 0.019]
    crumb = skin(np.array([cut, cut + [0.0006, 0, 0]]))
    return HouseholdModel(
        parts=(
            MeshPart(mesh=crust, material=Material(image=_crust(), roughness=0.85), crease_deg=50),
            MeshPart(mesh=crumb, material=Material(colour="#f6e2b4", roughness=0.95)),
        ),
        pieces=(convex_piece(crust.vertices),),
    )


def _crust() -> np.ndarray:
    x, y = grid(128)
    image = ramp(0.55 + 0.16 * blur(named_stream("bread"), 128, 0.03), "#9a5518", "#b9722a", "#d08f42")
    image = over(image, (np.abs(y - 0.5) - 0.34) / 0.16, "#e0b270")
    for centre in (0.28, 0.53, 0.78):
        along = x - centre - 0.16 * (y - 0.5)
        width = 0.045 * np.clip(1 - ((y - 0.5) / 0.30) ** 2, 0, 1) ** 0.5
        image = over(image, (width - np.abs(along)) / 0.012, "#ecc887")
        image = over(image, 0.8 * ((0.012 - np.abs(along + width)) / 0.008) * (width > 0.004), "#6d370f")
    return bytes_rgb(image)
