"""The cameras: pictures, the foreground mask, the green screen, and the corruptions of pictures."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import sapien

from vlagen_bench.scenes import projection
from vlagen_bench.scenes.base import CameraSpec
from vlagen_bench.sim.patches import Patches
from vlagen_bench.sim.photo import Photo
from vlagen_bench.sim.world import World

Overlay = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(rgb uint8 (H, W, 3), foreground bool (H, W)) -> rgb; foreground is robot, objects and receptacles"""
Corruption = Callable[[np.ndarray, int], np.ndarray]
"""(rgb uint8 (H, W, 3), control steps since reset) -> rgb"""

OVERLAYS = ("foreground", "image")
CORRUPTIONS = ("occlusion", "exposure", "blur", "sensor_noise", "compression")
"""in the order in which light passes lens and sensor, whatever the order in which they came"""


@dataclass(kw_only=True)
class SceneCamera:
    """A camera of a world, and what is done to its pictures before the policy sees them."""

    world: World
    spec: CameraSpec
    photo: Photo | None = None
    """behind the foreground; None: the scene is shown as drawn"""
    overlays: dict[str, Overlay] = field(default_factory=dict)
    """by one of `OVERLAYS`"""
    corruptions: dict[str, Corruption] = field(default_factory=dict)
    """by one of `CORRUPTIONS`"""
    covered: np.ndarray | None = None
    """bool (H, W), where something before the lens hides more than half of what is behind it"""

    def __post_init__(self) -> None:
        self.view = projection.nominal(self.world.spec)
        """from where the primary camera looks, and through which lens"""
        self._device = self.world.cameras[self.spec.name]

    def expose(self) -> None:
        """Begins to draw the world as it was last updated."""
        self._device.take_picture()

    def picture(self, step: int) -> np.ndarray:
        """What was exposed, `step` control steps after reset: uint8 RGB (H, W, 3)."""
        rgb = self._drawn()
        if self.photo is not None or self.overlays:
            rgb = self._composed(rgb)
        for kind in CORRUPTIONS:
            if kind in self.corruptions:
                rgb = self.corruptions[kind](rgb, step)
        return rgb

    def _drawn(self) -> np.ndarray:
        """What the shaders drew; `default` gives floats, whose fraction of a level ManiSkill cuts off."""
        colour = self._device.get_picture("Color")
        if self.world.spec.shaders == "default":
            return (cv2.cvtColor(colour, cv2.COLOR_RGBA2RGB) * np.float32(255)).astype(np.uint8)
        return cv2.cvtColor(colour, cv2.COLOR_RGBA2RGB)

    def _entity_ids(self) -> np.ndarray:
        """Int (H, W): the scene's id of the entity that each pixel shows; 0: nothing."""
        name, channel = ("Segmentation", 1) if self.world.spec.shaders == "default" else ("PositionSegmentation", 3)
        return self._device.get_picture(name)[..., channel]

    def seen_px(self, entity: sapien.Entity) -> int:
        """How many pixels of the last picture show this entity, in pixels of the camera's own size.

        Overlays do not count, what is before the lens does.
        """
        shown = self._entity_ids() == entity.per_scene_id
        across, down = self.spec.scale
        return round(int((shown if self.covered is None else shown & ~self.covered).sum()) / (across * down))

    def _composed(self, rgb: np.ndarray) -> np.ndarray:
        """The foreground before the photo, with overlays."""
        foreground = self._foreground()
        if self.photo is not None:
            rgb = cv2.copyTo(rgb, foreground, self.photo.seen(self.view, self.world.table_height_m).copy())
        for kind in OVERLAYS:
            if kind in self.overlays:
                rgb = self.overlays[kind](rgb, foreground.view(bool))
        return rgb

    def _foreground(self) -> np.ndarray:
        """Uint8 (H, W), 1 where a pixel is of the robot or of a model, else 0."""
        entities = [link.entity for link in self.world.robot.links]
        entities += [body.entity for body in self.world.bodies.values()]
        keep = np.zeros(256, dtype=np.uint8)  # a scene has some thirty entities, so that a byte holds an id
        keep[[entity.per_scene_id for entity in entities]] = 1
        return cv2.LUT(self._entity_ids().astype(np.uint8), keep)


@dataclass(kw_only=True)
class SceneCameras:
    """All cameras of a world whose pictures are drawn."""

    world: World
    patches: Patches | None = None
    """pieces of table under things, where the table is a photo"""

    def __post_init__(self) -> None:
        self.all = tuple(SceneCamera(world=self.world, spec=spec) for spec in self.world.spec.drawn_cameras)
        """the primary one first"""

    @property
    def primary(self) -> SceneCamera:
        """The scene's own camera."""
        return self.all[0]

    def look(self, step: int) -> dict[str, Any]:
        """The pictures now, `step` control steps after reset: `image` of the primary camera, and `images` by camera."""
        if self.patches:
            self.patches.follow()
        self.world.scene.update_render()
        for camera in self.all:  # all before the first is waited for
            camera.expose()
        images = {camera.spec.name: camera.picture(step) for camera in self.all}
        return {"image": images[self.primary.spec.name], "images": images}
