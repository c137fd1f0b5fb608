"""What differs between two pictures."""

import numpy as np
import pytest

from vlagen_bench.utils.picture_changes import Region, changes

GREY = np.full((120, 100, 3), 100, np.uint8)


def with_patches(*boxes, by=80):
    picture = GREY.copy()
    for left, top, right, bottom in boxes:
        picture[top:bottom, left:right] += by
    return picture


def test_each_patch_is_a_region_around_all_of_it_the_largest_first():
    found = changes(with_patches((10, 10, 30, 30), (50, 60, 90, 100)), GREY)
    assert not found.everywhere and found.regions == (
        Region(left=48, top=56, right=96, bottom=104),
        Region(left=8, top=8, right=32, bottom=32),
    )


def test_a_region_ends_where_the_picture_does():
    (region,) = changes(with_patches((80, 100, 100, 120)), GREY).regions
    assert (region.right, region.bottom) == (100, 120)


@pytest.mark.parametrize("picture", [GREY, with_patches((10, 10, 40, 40), by=10), with_patches((10, 10, 11, 12))])
def test_what_one_does_not_see_is_no_difference(picture):
    found = changes(picture, GREY)
    assert not found.everywhere and found.regions == ()


@pytest.mark.parametrize("picture", [GREY + 80, with_patches((0, 0, 100, 50)), GREY[:60]])
def test_most_of_the_picture_is_everywhere(picture):
    assert changes(picture, GREY).everywhere and changes(picture, GREY).regions == ()


def test_patches_side_by_side_are_one_region():
    assert len(changes(with_patches((8, 8, 24, 24), (26, 8, 40, 24)), GREY).regions) == 1
