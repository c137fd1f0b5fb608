"""The photo of a table as another camera pose would see it, by a homography."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from vlagen_bench.scenes import projection
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.projection import CameraView

# The middle of the first pixel is at (1/2, 1/2) for the renderer, and at (0, 0) for OpenCV.
FROM_OPENCV = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])


@dataclass(kw_only=True)
class Photo:
    """A photo of a scene's table, taken by the scene's own camera."""

    pixels: np.ndarray
    """uint8 RGB (H, W, 3), in the size in which the camera's pictures are drawn"""
    spec: SceneSpec
    _warped: dict[tuple[CameraView, float], np.ndarray] = field(default_factory=dict, init=False)

    def seen(self, view: CameraView, table_height_m: float) -> np.ndarray:
        """The same table at the height where it is now, in this view. Beyond its rim, the photo is mirrored."""
        key = (view, table_height_m)
        if key not in self._warped:
            self._warped[key] = self._warp(view, table_height_m)
        return self._warped[key]

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
