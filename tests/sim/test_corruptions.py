"""The corruptions of pictures are what their sources say they are."""

import numpy as np
import pytest

from vlagen_bench.axes.occlusion import LOOKS
from vlagen_bench.axes.shared import outlines
from vlagen_bench.sim import corruptions, occluders

SIZE_PX = (128, 96)


def grey(level):
    return np.full((256, 256, 3), level, dtype=np.uint8)


def noise_at(level, deviation):
    """Standard deviation in linear light where the sensor measures green itself."""
    rgb = grey(level)
    shift = corruptions.linear_of(corruptions.noisy(deviation, 3)(rgb, 0) / 255) - corruptions.linear_of(rgb / 255)
    return float(shift[::2, 1::2, 1].std())


@pytest.mark.parametrize("level", [60, 128, 200])
def test_sensor_noise_is_that_of_photons_and_of_reading(level):
    light, electrons = corruptions.linear_of(np.array(level / 255)), 1 / 0.04**2
    wanted = np.sqrt(light / electrons + (4 / electrons) ** 2)
    assert noise_at(level, 4.0) == pytest.approx(wanted, rel=0.03)


def test_sensor_noise_keeps_the_mean_and_is_new_in_each_step_and_for_each_seed():
    rgb = grey(128)
    first = corruptions.noisy(5.0, 3)(rgb, 0).astype(int)
    assert corruptions.linear_of(first / 255).mean() == pytest.approx(
        corruptions.linear_of(np.array(128 / 255)), rel=0.01
    )
    assert np.array_equal(first, corruptions.noisy(5.0, 3)(rgb, 0))
    for other in (corruptions.noisy(5.0, 3)(rgb, 1), corruptions.noisy(5.0, 4)(rgb, 0)):
        assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.02


def test_sensor_noise_of_neighbours_is_alike_as_demosaicing_makes_it():
    red = corruptions.noisy(5.0, 3)(grey(128), 0)[..., 0].astype(float)
    assert np.corrcoef(red[:, :-1].ravel(), red[:, 1:].ravel())[0, 1] > 0.3
    assert abs(np.corrcoef(red[:, :-4].ravel(), red[:, 4:].ravel())[0, 1]) < 0.03


def test_each_pixel_is_as_noisy_as_its_own_colour_is_bright():
    rgb = grey(0)
    rgb[..., 0] = 200
    out = corruptions.linear_of(corruptions.noisy(5.0, 3)(rgb, 0) / 255)
    assert out[1:-1, 1:-1, 0].std() > 3 * out[1:-1, 1:-1, 1].std()


def test_exposure_doubles_the_light_and_saturates():
    rgb = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    brighter = corruptions.linear_of(corruptions.exposed(1.0)(rgb, 0) / 255)
    assert brighter == pytest.approx(np.minimum(2 * corruptions.linear_of(rgb / 255), 1.0), abs=0.005)


@pytest.mark.parametrize(("kind", "look"), [(kind, look) for kind, (look, _) in LOOKS.items()])
def test_a_thing_before_the_lens_is_opaque_inside_with_a_soft_rim(kind, look):
    side, share = (0, 0.15)
    outline = tuple(map(tuple, outlines.outline(kind, (side, 0.5, 0.1), share)))
    opacity, paint = occluders.painted(outline, look, (0.5, 0.4, 0.3), 7, SIZE_PX)
    assert opacity.shape == (96, 128) and paint.shape == (96, 128, 3)
    assert (opacity > 0.5).mean() == pytest.approx(share, abs=0.01)
    assert opacity.max() == pytest.approx(1.0, abs=0.01) and opacity.min() >= 0.0
    assert ((opacity > 0.1) & (opacity < 0.9)).any()
    inside = paint[opacity > 0.9]
    assert inside.std(axis=0).max() > 3, "shading, and not one flat colour"
    assert np.median(inside @ (1, 1, 1)) > 60
    assert np.array_equal(paint, occluders.painted(outline, look, (0.5, 0.4, 0.3), 7, SIZE_PX)[1])
