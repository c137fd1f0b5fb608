"""Colours of lamps are those of black bodies, as the camera sees them."""

import numpy as np
import pytest

from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes import lamps
from vlagen_bench.scenes.lamps import Lamp


@pytest.mark.parametrize(
    ("kelvin", "x", "y"),
    [(2856, 0.4476, 0.4074), (4000, 0.3805, 0.3767), (5000, 0.3451, 0.3516), (6500, 0.3135, 0.3237)],
)
def test_chromaticities_are_those_of_black_bodies(kelvin, x, y):
    # Wyszecki and Stiles, "Color Science" (1982), table 1(3.3.4); CIE standard illuminant A for 2,856 K.
    assert lamps.chromaticity(kelvin) == pytest.approx((x, y), abs=6e-4)


@pytest.mark.parametrize("kelvin", [2700, 3500, 5000, 6500, 8000])
def test_colours_have_luminance_one(kelvin):
    assert np.dot(lamps.LUMINANCE, lamps.colour_of(kelvin)) == pytest.approx(1.0)


def test_the_white_balance_makes_its_own_temperature_white():
    assert lamps.colour_of(lamps.WHITE_BALANCE_K) == pytest.approx((1.0, 1.0, 1.0))


def test_the_colder_the_bluer():
    ratios = [blue / red for red, _, blue in map(lamps.colour_of, range(2700, 8001, 100))]
    assert (np.diff(ratios) > 0).all()


@pytest.mark.parametrize("kelvin", [1900, 12000])
def test_light_of_no_lamp_is_refused(kelvin):
    lamp = Lamp(kelvin=kelvin, intensity=1.0, direction=(0.0, 0.0, -1.0), penumbra_m=0.0)
    with pytest.raises(ConfigError, match="2700 K"):
        lamp.light()


def test_a_slanted_lamp_lights_the_table_by_the_cosine():
    straight, slanted = (
        Lamp(kelvin=5000, intensity=np.pi, direction=to, penumbra_m=0.0).light()
        for to in ((0, 0, -2.0), (1.0, 0, -1.0))
    )
    assert lamps.irradiance((0.0, 0.0, 0.0), [straight]) == pytest.approx((1.0, 1.0, 1.0), abs=1e-5)
    assert lamps.irradiance((0.1, 0.0, 0.0), [slanted]) == pytest.approx((0.8071, 0.7071, 0.7071), abs=1e-4)
