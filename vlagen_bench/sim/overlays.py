"""The blending of a picture over the camera image, as in the environment of Liu et al."""

import cv2
import numpy as np

from vlagen_bench.scenes.base import CameraSpec
from vlagen_bench.sim.camera import Overlay
from vlagen_bench.sim.pictures import read_bgr


def load_picture(path: str, camera: CameraSpec, times: int = 1) -> np.ndarray:
    """A picture as uint8 RGB (H, W, 3), `times` as wide and high as those of a camera.

    It is resized bilinearly to the camera's own size, as the official code does, and from there to the size that is drawn.
    """
    picture = cv2.resize(read_bgr(path), (times * camera.width_px, times * camera.height_px))
    width, height = camera.size_px
    if camera.drawn_px is not None:
        shrinks = width < camera.width_px or height < camera.height_px
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        picture = cv2.resize(picture, (times * width, times * height), interpolation=how)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def foreground_overlay(texture: np.ndarray, ratio: float) -> Overlay:
    """Blends a texture (uint8 (h, w, 3)) over the foreground, squeezed to the foreground's bounding box."""
    pixels = texture.astype(np.float32)

    def apply(rgb: np.ndarray, foreground: np.ndarray) -> np.ndarray:
        rows, columns = np.flatnonzero(foreground.any(axis=1)), np.flatnonzero(foreground.any(axis=0))
        if not len(rows):
            return rgb
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        patch = cv2.resize(pixels, (int(right - left), int(bottom - top)), interpolation=cv2.INTER_LINEAR)
        out = rgb.copy()
        box, mask = out[top:bottom, left:right], foreground[top:bottom, left:right]
        mixed = patch[mask] * np.float32(ratio) + box[mask] * np.float32(1 - ratio)
        box[mask] = np.clip(mixed, 0, 255).astype(np.uint8)
        return out

    return apply


def image_overlay(texture: np.ndarray, ratio: float) -> Overlay:
    """Blends a window of a texture (uint8, twice the image's size) over the whole image.

    The window's corner is the middle of the foreground's bounding box, so that it slides as the robot moves.
    """

    def apply(rgb: np.ndarray, foreground: np.ndarray) -> np.ndarray:
        height, width = foreground.shape
        rows, columns = np.flatnonzero(foreground.any(axis=1)), np.flatnonzero(foreground.any(axis=0))
        y = int(np.clip((rows[0] + rows[-1]) // 2, 1, height - 1)) if len(rows) else 1
        x = int(np.clip((columns[0] + columns[-1]) // 2, 1, width - 1)) if len(columns) else 1
        window = texture[y : y + height, x : x + width]
        mixed = rgb * np.float32(1 - ratio) + window * np.float32(ratio)
        return np.clip(mixed, 0, 255).astype(np.uint8)

    return apply
