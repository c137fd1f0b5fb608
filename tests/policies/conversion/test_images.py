"""Pictures: sizes, borders, crops, compression, colours and orientation."""

import numpy as np
import pytest

from vlagen_bench.policies.conversion import images
from vlagen_bench.policies.conversion.images import FILTERS, TURNS
from vlagen_bench.policies.remote.mapping import with_border

PICTURE = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8)
RAMP = np.broadcast_to(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], (48, 64, 3)).copy()


@pytest.mark.parametrize("how", FILTERS)
def test_resizing_keeps_the_mean_and_the_type(how):
    small = images.resize(PICTURE, (24, 16), how)
    assert small.shape == (24, 16, 3) and small.dtype == np.uint8
    assert small.mean() == pytest.approx(PICTURE.mean(), abs=1.5)
    assert images.resize(PICTURE, (48, 64), how) is PICTURE


def test_area_is_the_mean_of_the_pixels_that_become_one():
    blocks = PICTURE.reshape(24, 2, 32, 2, 3).mean(axis=(1, 3))
    # PIL rounds after the rows and again after the columns.
    assert np.abs(images.resize(PICTURE, (24, 32), "area").astype(float) - blocks).max() <= 1


@pytest.mark.parametrize("size_px", [(32, 32), (100, 20), (48, 64), (7, 90)])
def test_padding_is_that_of_the_clients_of_openpi(size_px):
    np.testing.assert_array_equal(images.resize_with_pad(PICTURE, size_px), with_border(PICTURE, size_px))


def test_padding_keeps_proportions_with_black_above_and_below():
    white = np.full((48, 64, 3), 255, np.uint8)
    padded = images.resize_with_pad(white, (64, 64))
    assert padded[:8].max() == 0 and padded[-8:].max() == 0 and padded[8:56].min() == 255


def test_the_crop_keeps_nine_tenths_of_the_area_about_the_middle():
    columns = images.centre_crop(RAMP, 0.9, (48, 64))[0, :, 0].astype(float)
    side = np.sqrt(0.9)
    assert columns[0] == pytest.approx(255 * (1 - side) / 2, abs=2)
    assert columns[-1] == pytest.approx(255 * (1 + side) / 2, abs=2)
    np.testing.assert_array_equal(images.centre_crop(PICTURE, 1.0, (48, 64)), PICTURE)
    assert images.centre_crop(PICTURE, 0.9, (1, 1)).shape == (1, 1, 3)


def test_the_crop_samples_as_tensorflow_defines_it():
    # tf.image.crop_and_resize: row i of n is at y1 (H - 1) + i (y2 - y1) (H - 1) / (n - 1), between four pixels.
    side = np.sqrt(0.9)
    at = lambda i, n, length: (1 - side) / 2 * (length - 1) + i * side * (length - 1) / (n - 1)  # noqa: E731
    y, x = at(5, 20, 48), at(11, 30, 64)
    top, left = int(y), int(x)
    four = PICTURE[top : top + 2, left : left + 2].astype(float)
    expected = np.einsum("yxc,y,x->c", four, [1 - (y - top), y - top], [1 - (x - left), x - left])
    assert np.abs(images.centre_crop(PICTURE, 0.9, (20, 30))[5, 11] - expected).max() <= 0.51


def test_compression_changes_a_picture_a_little():
    smooth = images.resize(PICTURE[:8, :8], (200, 200), "bicubic")
    after = images.jpeg_round_trip(smooth)
    assert after.shape == smooth.shape and 0 < np.abs(after.astype(int) - smooth).mean() < 2


@pytest.mark.parametrize("how", TURNS)
def test_turning_twice_and_swapping_twice_gives_the_picture_back(how):
    np.testing.assert_array_equal(images.turned(images.turned(PICTURE, how), how), PICTURE)
    np.testing.assert_array_equal(images.swap_red_and_blue(images.swap_red_and_blue(PICTURE)), PICTURE)
    np.testing.assert_array_equal(images.channels_last(images.channels_first(PICTURE)), PICTURE)
    np.testing.assert_array_equal(images.byte_range(images.unit_range(PICTURE)), PICTURE)


def test_turns_and_colours_do_what_they_are_called():
    np.testing.assert_array_equal(images.turned(PICTURE, "vertical")[0], PICTURE[-1])
    np.testing.assert_array_equal(images.turned(PICTURE, "horizontal")[:, 0], PICTURE[:, -1])
    np.testing.assert_array_equal(images.turned(PICTURE, "rotated_180")[0, 0], PICTURE[-1, -1])
    np.testing.assert_array_equal(images.swap_red_and_blue(PICTURE)[..., 0], PICTURE[..., 2])
    assert images.channels_first(PICTURE).shape == (3, 48, 64)
