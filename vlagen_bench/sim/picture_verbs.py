"""The verbs about finished pictures: all between lens and policy."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from vlagen_bench.packs import manifest
from vlagen_bench.packs.manifest import PictureKind
from vlagen_bench.scenes.base import CameraSpec, SceneSpec
from vlagen_bench.scenes.verbs import Look, Outline, Vec3
from vlagen_bench.sim import corruptions, occluders
from vlagen_bench.sim.camera import Corruption, Overlay
from vlagen_bench.sim.overlays import foreground_overlay, image_overlay, load_picture
from vlagen_bench.utils.seeding import stream


class PictureCamera(Protocol):
    """A camera whose pictures pass overlays and corruptions before the policy sees them."""

    spec: CameraSpec
    overlays: dict[str, Overlay]
    corruptions: dict[str, Corruption]
    covered: np.ndarray | None


class PictureVerbs:
    """The verbs about finished pictures, whoever drew them. Without cameras they do nothing."""

    @property
    def _pictured(self) -> SceneSpec:
        """The scene whose cameras they are."""
        raise NotImplementedError

    @property
    def _cameras(self) -> Sequence[PictureCamera]:
        """The primary one first."""
        raise NotImplementedError

    def overlay_foreground(self, texture_id: str, ratio: float) -> None:
        for camera in self._cameras:
            texture = load_picture(self._picture("textures", texture_id), camera.spec)
            camera.overlays["foreground"] = foreground_overlay(texture, ratio)

    def overlay_image(self, texture_id: str, ratio: float) -> None:
        for camera in self._cameras:
            texture = load_picture(self._picture("textures", texture_id), camera.spec, times=2)
            camera.overlays["image"] = image_overlay(texture, ratio)

    def occlude(self, outline: Outline, look: Look, colour: Vec3, seed: int) -> None:
        for camera in self._cameras[:1]:
            opacity, paint = occluders.painted(outline, look, colour, seed, camera.spec.size_px)
            camera.covered = opacity > 0.5
            camera.corruptions["occlusion"] = corruptions.hidden(opacity, paint)

    def expose(self, stops: float) -> None:
        self._corrupt("exposure", lambda _: corruptions.exposed(stops))

    def blur(self, sigma: float) -> None:
        self._corrupt("blur", lambda camera: corruptions.blurred(*_across_and_down(camera, sigma / 100)))

    def add_sensor_noise(self, deviation: float, seed: int) -> None:
        self._corrupt(
            "sensor_noise",
            lambda camera: corruptions.noisy(
                deviation, self._own_seed(camera, seed), sensor_px=(camera.spec.width_px, camera.spec.height_px)
            ),
        )

    def compress(self, quality: int) -> None:
        self._corrupt("compression", lambda _: corruptions.compressed(quality))

    def _corrupt(self, kind: str, corruption_of: Callable[[PictureCamera], Corruption]) -> None:
        """Corrupts the pictures of every camera."""
        for camera in self._cameras:
            camera.corruptions[kind] = corruption_of(camera)

    def _own_seed(self, camera: PictureCamera, seed: int) -> int:
        """The seed for one camera, so that two sensors never have the same noise; the primary one has the episode's."""
        if camera.spec.name == self._pictured.camera.name:
            return seed
        return int(stream(seed, "camera", camera.spec.name).randint(2**31))

    def _picture(self, kind: PictureKind, asset_id: str) -> str:
        pack = self._pictured.pack
        return str(manifest.file_of(pack, manifest.load(pack).find(kind, asset_id).image))


def _across_and_down(camera: PictureCamera, share: float) -> tuple[float, float]:
    """A share of the width in pixels, along the picture's width and height; both are the same unless it is stretched."""
    across, down = camera.spec.scale
    length_px = share * camera.spec.width_px
    return length_px * across, length_px * down
