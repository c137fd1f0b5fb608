"""The lightings of the tabletop: times of day, windows and lamps, by colour temperature.

The camera looks along -x, with +y to its right. Its exposure follows the light slowly, as a camera's does: intensities
are those after it, so that noon is somewhat brighter than the scene's own light and night is darker, but neither by the
factor of a thousand that lies between them outdoors.
"""

from __future__ import annotations

from vlagen_bench.packs.manifest import LightingEnvironment, Split
from vlagen_bench.scenes.lamps import Lamp, Sky
from vlagen_bench.scenes.verbs import Vec3

SUN_M = 0.002
"""penumbra of the sun, 0.5 degrees wide, behind a thing 0.2 m high"""


def _lighting(lighting_id: str, split: Split, sky: Sky, *lamps: Lamp) -> LightingEnvironment:
    return LightingEnvironment(id=lighting_id, name=lighting_id.replace("_", " "), split=split, sky=sky, lamps=lamps)


def _sky(kelvin: float, intensity: float) -> Sky:
    return Sky(kelvin=kelvin, intensity=intensity)


def _key(kelvin: float, intensity: float, direction: Vec3, penumbra_m: float) -> Lamp:
    """The lamp whose shadows are seen."""
    return Lamp(kelvin=kelvin, intensity=intensity, direction=direction, penumbra_m=penumbra_m, shadow=True)


def _above(kelvin: float, intensity: float) -> Lamp:
    """What of the sky or a ceiling comes from above: it is darker under things, and where they stand on the table."""
    return Lamp(kelvin=kelvin, intensity=intensity, direction=(0.1, -0.1, -1.0), penumbra_m=0.12, shadow=True)


def _fill(kelvin: float, intensity: float, direction: Vec3) -> Lamp:
    """A lamp so large, or so weak, that its shadows are not seen."""
    return Lamp(kelvin=kelvin, intensity=intensity, direction=direction, penumbra_m=0.3)


LIGHTINGS = (
    _lighting("window_left", "train", _sky(5500, 0.22), _key(6000, 2.4, (-0.2, 1.0, -0.7), 0.06), _above(5000, 0.7)),
    _lighting("window_right", "train", _sky(5500, 0.22), _key(6000, 2.4, (-0.2, -1.0, -0.7), 0.06), _above(5000, 0.7)),
    _lighting("overcast", "train", _sky(6500, 0.50), _key(6500, 0.7, (-0.3, 0.3, -1.0), 0.3), _above(6500, 0.9)),
    _lighting("evening_lamp", "train", _sky(3000, 0.15), _key(2900, 1.9, (-0.5, -0.5, -1.0), 0.05), _above(2900, 0.5)),
    _lighting("morning_sun", "test", _sky(7500, 0.15), _key(3500, 3.6, (-0.25, 1.0, -0.42), SUN_M), _above(7500, 0.4)),
    _lighting("noon_sun", "test", _sky(8000, 0.20), _key(5500, 3.2, (-0.35, 0.45, -1.0), SUN_M), _above(8000, 0.5)),
    _lighting("evening_sun", "test", _sky(5500, 0.13), _key(2800, 3.8, (-0.1, -1.0, -0.44), SUN_M), _above(7000, 0.2)),
    _lighting("north_window", "test", _sky(7000, 0.15), _key(7500, 2.0, (-0.3, -1.0, -0.6), 0.15), _above(6500, 0.4)),
    _lighting("office_panels", "test", _sky(4000, 0.28), _key(4000, 1.2, (-0.4, -0.3, -1.0), 0.2), _above(4000, 1.3)),
    _lighting("halogen_lamp", "test", _sky(3200, 0.11), _key(3200, 3.0, (-0.5, 0.1, -1.0), 0.01)),
    _lighting("desk_lamp", "test", _sky(3000, 0.08), _key(2700, 2.1, (-0.4, 0.8, -0.7), 0.03), _above(3000, 0.12)),
    # Without a shadow: the wall behind the robot would take this light away altogether.
    _lighting("window_behind", "test", _sky(5500, 0.15), _fill(6500, 2.7, (1.0, 0.15, -0.45)), _above(5500, 0.3)),
    _lighting("dusk", "test", _sky(8000, 0.11), _key(7500, 0.45, (-0.5, 0.7, -0.9), 0.2), _above(8000, 0.3)),
    _lighting(
        "warm_and_cold",
        "test",
        _sky(4500, 0.12),
        _key(2700, 1.8, (-0.3, 0.9, -0.8), 0.04),
        _above(4500, 0.3),
        _fill(6500, 1.4, (-0.2, -1.0, -0.7)),
    ),
)
