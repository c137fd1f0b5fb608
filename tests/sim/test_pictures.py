"""Pictures of packs are read, or a sentence says which one cannot be."""

import cv2
import numpy as np
import pytest

from vlagen_bench.errors import AssetError
from vlagen_bench.sim.pictures import read_bgr


def test_a_picture_is_read_blue_first(tmp_path):
    cv2.imwrite(str(tmp_path / "red.png"), np.full((2, 3, 3), (0, 0, 255), np.uint8))
    assert read_bgr(str(tmp_path / "red.png")).tolist() == [[[0, 0, 255]] * 3] * 2


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_a_picture_that_cannot_be_read_is_a_sentence(tmp_path, content):
    path = tmp_path / "table.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AssetError, match=r"The picture .*table\.jpg cannot be read"):
        read_bgr(str(path))
