"""What does the camera see? The picture, the foreground mask, the green screen and the overlays."""

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
import sapien

from vlagen_bench.sim.patches import Patches
from vlagen_bench.sim.world import World

Filter = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(rgb uint8 (H, W, 3), foreground bool (H, W)) -> rgb; foreground is robot, objects and receptacles"""


def load_picture(path: str, size_px: tuple[int, int]) -> np.ndarray:
    """A picture as uint8 RGB (H, W, 3), resized bilinearly to (width, height), as the official code does."""
    picture = cv2.imread(path, cv2.IMREAD_COLOR)
    return cv2.cvtColor(cv2.resize(picture, size_px), cv2.COLOR_BGR2RGB)


@dataclass(kw_only=True)
class Sight:
    """The camera of a world, and what is done to its pictures before the policy sees them."""

    world: World
    background: np.ndarray | None = None
    """uint8 (H, W, 3) behind the foreground; None: the scene is shown as drawn"""
    filters: dict[str, Filter] = field(default_factory=dict)
    """by kind, applied in the order in which they came"""
    patches: Patches | None = None
    """pieces of table under things, where the table is a photo"""

    def look(self) -> np.ndarray:
        """The picture now, uint8 RGB (H, W, 3)."""
        if self.patches:
            self.patches.follow()
        self.world.scene.update_render()
        self.world.camera.take_picture()
        rgb = cv2.cvtColor(self.world.camera.get_picture("Color"), cv2.COLOR_RGBA2RGB)
        if self.background is None and not self.filters:
            return rgb
        foreground = self._foreground()
        if self.background is not None:
            rgb = cv2.copyTo(rgb, foreground, self.background.copy())
        for apply in self.filters.values():
            rgb = apply(rgb, foreground.view(bool))
        return rgb

    def seen_px(self, entity: sapien.Entity) -> int:
        """How many pixels of the last picture show this entity; overlays do not count."""
        ids = self.world.camera.get_picture("PositionSegmentation")[..., 3]
        return int((ids == entity.per_scene_id).sum())

    def _foreground(self) -> np.ndarray:
        """Uint8 (H, W), 1 where a pixel is of the robot or of a model, else 0."""
        ids = cv2.extractChannel(self.world.camera.get_picture("PositionSegmentation"), 3)
        entities = [link.entity for link in self.world.robot.links]
        entities += [body.entity for body in self.world.bodies.values()]
        keep = np.zeros(256, dtype=np.uint8)  # a scene has some thirty entities, so that a byte holds an id
        keep[[entity.per_scene_id for entity in entities]] = 1
        return cv2.LUT(ids.astype(np.uint8), keep)


def foreground_overlay(texture: np.ndarray, ratio: float) -> Filter:
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


def image_overlay(texture: np.ndarray, ratio: float) -> Filter:
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
