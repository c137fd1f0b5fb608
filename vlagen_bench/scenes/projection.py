"""The projection of world points into a picture: pinhole cameras and outlines, without a simulator."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import cos, sin

import numpy as np
from numpy.typing import ArrayLike

from vlagen_bench.scenes.base import Pose, SceneSpec
from vlagen_bench.scenes.verbs import Vec3

BEYOND_PLACE_M = 0.04
"""what is around a place must be in the picture, too"""
ARM_RADIUS_M = 0.06
"""what looks closer past the base than this looks at the upright arm (rendered: WidowX, views turned by 16 degrees)"""


@dataclass(frozen=True, kw_only=True)
class CameraView:
    """A camera that stands in the world."""

    position_m: Vec3
    axes: tuple[Vec3, Vec3, Vec3]
    """its forward, left and up, in the world"""
    focal_px: float
    centre_px: tuple[float, float]

    def project(self, points_m: ArrayLike) -> np.ndarray:
        """Pixels (N, 2) of points (N, 3) before the camera: x to the right and y down from the upper left corner."""
        forward, left, up = np.asarray(self.axes) @ (np.asarray(points_m) - self.position_m).T
        x, y = self.centre_px
        return np.column_stack([x - self.focal_px * left / forward, y - self.focal_px * up / forward])

    def plane(self, height_m: float) -> np.ndarray:
        """The homography (3, 3) that takes the world's (x, y, 1) at this height to the picture's (x, y, 1)."""
        x, y = self.centre_px
        lens = np.array([[x, -self.focal_px, 0.0], [y, 0.0, -self.focal_px], [1.0, 0.0, 0.0]])
        camera = np.column_stack([np.asarray(self.axes), np.zeros(3)])
        camera[:, 3] = -camera[:, :3] @ self.position_m
        homography: np.ndarray = lens @ (camera[:, [0, 1, 3]] + np.outer(camera[:, 2], [0.0, 0.0, height_m]))
        return homography

    def orbited(self, centre_m: Vec3, azimuth_rad: float, elevation_rad: float, roll_rad: float) -> "CameraView":
        """Turned around a point: about the vertical, upwards, and then about its own forward axis."""
        if azimuth_rad == elevation_rad == roll_rad == 0.0:
            return self
        forward, left, _ = self.axes
        around = _turn((0.0, 0.0, 1.0), azimuth_rad) @ _turn(left, elevation_rad)
        position = around @ np.subtract(self.position_m, centre_m) + centre_m
        axes = np.asarray(self.axes) @ (around @ _turn(forward, roll_rad)).T
        return replace(self, position_m=_vec3(position), axes=_three(axes))

    def through(self, zoom: float, shift_px: tuple[float, float]) -> "CameraView":
        """Through another lens: focal length times `zoom`, principal point moved."""
        (x, y), (right, down) = self.centre_px, shift_px
        return replace(self, focal_px=self.focal_px * zoom, centre_px=(x + right, y + down))


def nominal(spec: SceneSpec) -> CameraView:
    """The scene's own camera. One that is mounted on the robot is on its base."""
    camera = spec.camera
    base = spec.robot.base if camera.mount else Pose()
    turned, own = _matrix(base.quat_wxyz), _matrix(camera.pose.quat_wxyz)
    return CameraView(
        position_m=_vec3(turned @ camera.pose.p + base.p),
        axes=_three((turned @ own).T),
        focal_px=camera.focal_px,
        centre_px=camera.centre_px,
    )


def middle_m(spec: SceneSpec) -> Vec3:
    """The middle of the places where things may stand, on the table."""
    return (*spec.grid.centre_m, spec.table_height_m)


def sees_all(view: CameraView, spec: SceneSpec, more: Iterable[tuple[float, float]] = ()) -> bool:
    """Whether things at all of the scene's places, and at `more`, are in the picture and not behind the arm."""
    return bool(sees(view, spec, [*outermost(spec), *more]).all())


def outermost(spec: SceneSpec) -> list[tuple[float, float]]:
    """The corners of the square in which things may stand."""
    edge, (middle_x, middle_y) = spec.grid.ring_half_edge_m, spec.grid.centre_m
    return [(middle_x + dx, middle_y + dy) for dx in (-edge, edge) for dy in (-edge, edge)]


def sees(view: CameraView, spec: SceneSpec, spots: Sequence[tuple[float, float]]) -> np.ndarray:
    """Which places on the table are in the picture, with a rim around each, and not behind the arm: bool (N,)."""
    z, places = spec.table_height_m, np.array(spots)
    around = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    rim = BEYOND_PLACE_M * np.column_stack([np.cos(around), np.sin(around)])
    flat = (places[:, None] + rim).reshape(-1, 2)
    seen = view.project(np.column_stack([flat, np.full(len(flat), z)]))
    size_px = (spec.camera.width_px, spec.camera.height_px)
    framed = ((seen >= 0) & (seen <= size_px)).all(axis=1).reshape(len(places), -1).all(axis=1)
    free: np.ndarray = framed & (view.position_m[2] > z) & (_past_robot_m(view, places, spec) >= ARM_RADIUS_M)
    return free


def _past_robot_m(view: CameraView, places: np.ndarray, spec: SceneSpec) -> np.ndarray:
    """How far, seen from above, the lines of sight to places (N, 2) pass the robot's base, over which its arm rises."""
    start, base = np.array(view.position_m[:2]), np.array(spec.robot.base.p[:2])
    way = places - start
    share = np.clip((way @ (base - start)) / (way**2).sum(axis=1), 0.0, 1.0)
    passed_m: np.ndarray = np.linalg.norm(start + share[:, None] * way - base, axis=1)
    return passed_m


def inside(points: np.ndarray, outline: Sequence[Sequence[float]]) -> np.ndarray:
    """Which of the points (N, 2) lie in a polygon, bool (N,): those from which a ray leaves it an odd number of times."""
    x, y = np.asarray(points).T
    within = np.zeros(len(x), dtype=bool)
    for (x0, y0), (x1, y1) in zip(outline, [*outline[1:], *outline[:1]], strict=True):
        if y0 != y1:
            within ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return within


def _vec3(values: np.ndarray) -> Vec3:
    x, y, z = values.tolist()
    return (x, y, z)


def _three(rows: np.ndarray) -> tuple[Vec3, Vec3, Vec3]:
    first, second, third = rows
    return (_vec3(first), _vec3(second), _vec3(third))


def _matrix(quat_wxyz: Sequence[float]) -> np.ndarray:
    w, x, y, z = np.asarray(quat_wxyz) / np.linalg.norm(quat_wxyz)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def _turn(axis: Vec3, angle_rad: float) -> np.ndarray:
    """The rotation (3, 3) about a unit axis."""
    return _matrix((cos(angle_rad / 2), *(sin(angle_rad / 2) * part for part in axis)))
