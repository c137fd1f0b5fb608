"""The lightings of the tabletop. Colours are linear; the camera looks along -x, with +y to its right."""

from __future__ import annotations

from vlagen_bench.packs.manifest import LightingEnvironment, Split
from vlagen_bench.scenes.verbs import Light, Vec3


def _lighting(lighting_id: str, split: Split, ambient: Vec3, *lights: Light) -> LightingEnvironment:
    name = lighting_id.replace("_", " ")
    return LightingEnvironment(id=lighting_id, name=name, split=split, ambient=ambient, lights=lights)


def _sun(direction: Vec3, colour: Vec3) -> Light:
    """The one light that casts shadows: each more would cost one more drawing of the scene."""
    return Light(direction=direction, colour=colour, shadow=True)


def _lamp(direction: Vec3, colour: Vec3) -> Light:
    return Light(direction=direction, colour=colour)


LIGHTINGS = (
    _lighting(
        "window_left",
        "train",
        (0.28, 0.30, 0.34),
        _sun((-0.2, 1.0, -0.7), (3.0, 2.9, 2.7)),
        _lamp((0.3, -0.6, -1.0), (0.4, 0.45, 0.5)),
    ),
    _lighting(
        "window_right",
        "train",
        (0.28, 0.30, 0.34),
        _sun((-0.2, -1.0, -0.7), (3.0, 2.9, 2.7)),
        _lamp((0.3, 0.6, -1.0), (0.4, 0.45, 0.5)),
    ),
    _lighting("overcast", "train", (0.75, 0.78, 0.82), _lamp((0.0, 0.0, -1.0), (0.8, 0.85, 0.9))),
    _lighting(
        "evening_lamp",
        "train",
        (0.22, 0.18, 0.14),
        _sun((-0.5, -0.4, -1.0), (2.4, 1.7, 1.0)),
        _lamp((0.5, 0.6, -0.8), (0.4, 0.28, 0.16)),
    ),
    _lighting("candle", "test", (0.10, 0.06, 0.03), _sun((-0.3, 0.8, -0.35), (2.2, 1.0, 0.3))),
    _lighting(
        "fluorescent",
        "test",
        (0.42, 0.54, 0.51),
        _lamp((0.3, 0.0, -1.0), (1.2, 1.65, 1.55)),
        _lamp((-0.3, 0.0, -1.0), (0.9, 1.3, 1.25)),
    ),
    _lighting(
        "neon_party",
        "test",
        (0.12, 0.05, 0.20),
        _sun((-0.4, 1.0, -0.8), (3.2, 0.2, 1.8)),
        _lamp((-0.4, -1.0, -0.8), (0.1, 0.7, 3.2)),
    ),
    # Without a shadow, and not of purest red: a dark thing in the arm's shadow could not be made out by anyone.
    _lighting("darkroom", "test", (0.26, 0.03, 0.03), _lamp((-0.3, -0.5, -1.0), (2.0, 0.16, 0.13))),
    _lighting(
        "aquarium",
        "test",
        (0.03, 0.20, 0.17),
        _sun((-0.1, 0.2, -1.0), (0.15, 1.5, 1.1)),
        _lamp((0.6, -0.6, -0.6), (0.05, 0.5, 0.7)),
    ),
    _lighting(
        "sunset",
        "test",
        (0.20, 0.16, 0.30),
        _sun((0.3, -1.0, -0.28), (3.6, 1.5, 0.45)),
        _lamp((-0.4, 0.7, -0.8), (0.25, 0.25, 0.55)),
    ),
    _lighting("spotlight", "test", (0.05, 0.05, 0.06), _sun((0.05, 0.05, -1.0), (3.6, 3.5, 3.3))),
    _lighting("moonlight", "test", (0.07, 0.10, 0.19), _sun((-0.5, 0.7, -0.9), (0.36, 0.56, 1.2))),
    # Without a shadow: the wall behind the robot would take this light away altogether.
    _lighting("backlight", "test", (0.12, 0.12, 0.14), _lamp((1.0, 0.15, -0.40), (3.8, 3.6, 3.2))),
    _lighting(
        "stage_lights",
        "test",
        (0.08, 0.08, 0.10),
        _sun((-0.2, 1.0, -0.6), (3.0, 2.0, 0.05)),
        _lamp((0.2, -1.0, -0.4), (0.05, 0.3, 3.4)),
        _lamp((1.0, 0.0, -0.4), (0.1, 2.2, 0.5)),
    ),
)
