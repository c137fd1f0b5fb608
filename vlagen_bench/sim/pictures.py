"""Pictures of a pack, read from their files."""

import cv2
import numpy as np

from vlagen_bench.errors import AssetError


def read_bgr(path: str) -> np.ndarray:
    """A picture as uint8 (H, W, 3), blue first, as OpenCV has it; raises `AssetError` if it cannot be read."""
    picture = cv2.imread(path, cv2.IMREAD_COLOR)
    if picture is None:
        raise AssetError(f"The picture {path} cannot be read. Check it: vlagen doctor; or reinstall its asset pack.")
    return picture
