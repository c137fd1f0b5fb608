"""The photo of a table as another camera pose, and another light, would show it."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from vlagen_bench.scenes import projection
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.projection import CameraView
from vlagen_bench.scenes.verbs import Vec3

# The middle of the first pixel is at (1/2, 1/2) for the renderer, and at (0, 0) for OpenCV.
GAMMA = 2.2
"""of the pictures that SAPIEN's shaders draw"""
AS_TAKEN = (1.0, 1.0, 1.0)
FROM_OPENCV = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])


@dataclass(kw_only=True)
class Photo:
    """A photo of a scene's table, taken by the scene's own camera."""

    pixels: np.ndarray
    """uint8 RGB (H, W, 3), in the size in which the camera's pictures are drawn"""
    spec: SceneSpec
    light: Vec3 = AS_TAKEN
    """how many times as much of it falls on the table as when the photo was taken, linear rgb"""
    _warped: dict[tuple[CameraView, float, Vec3], np.ndarray] = field(default_factory=dict, init=False)

    def seen(self, view: CameraView, table_height_m: float) -> np.ndarray:
        """The same table at the height where it is now, in this view and light. Beyond its rim, the photo is mirrored.

        Shadows and highlights in the photo stay where they are: only colour and brightness of its light are known.
        """
        key = (view, table_height_m, self.light)
        if key not in self._warped:
            self._warped[key] = self._lit(self._warp(view, table_height_m))
        return self._warped[key]

    def relight(self, light: Vec3, nominal: Vec3) -> None:
        """Shows the table in this light (linear rgb); `nominal` is that of the scene in which the photo was taken."""
        red, green, blue = (there / own for there, own in zip(light, nominal, strict=True))
        self.light = (red, green, blue)

    def _lit(self, pixels: np.ndarray) -> np.ndarray:
        if self.light == AS_TAKEN:
            return pixels
        linear = (np.arange(256) / 255)[:, None] ** GAMMA * np.array(self.light)
        curves = np.rint(255 * np.minimum(linear, 1.0) ** (1 / GAMMA)).astype(np.uint8)
        return cv2.LUT(pixels, curves[None])

    def _warp(self, view: CameraView, table_height_m: float) -> np.ndarray:
        taken_in, taken_m = projection.nominal(self.spec), self.spec.table_height_m
        if (view, table_height_m) == (taken_in, taken_m):
            return self.pixels
        bend = view.plane(table_height_m) @ np.linalg.inv(taken_in.plane(taken_m))
        stretch = np.diag([*self.spec.camera.scale, 1.0])
        bend = stretch @ bend @ np.linalg.inv(stretch)
        bend = np.linalg.inv(FROM_OPENCV) @ bend @ FROM_OPENCV
        height, width = self.pixels.shape[:2]
        return cv2.warpPerspective(self.pixels, bend, (width, height), borderMode=cv2.BORDER_REFLECT)
