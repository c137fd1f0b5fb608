"""The verbs about the picture: table pictures, lights, camera, and all between lens and policy."""

from collections.abc import Callable
from dataclasses import dataclass, field

from vlagen_bench.packs import manifest
from vlagen_bench.packs.manifest import PictureKind
from vlagen_bench.scenes import projection
from vlagen_bench.scenes.lamps import irradiance
from vlagen_bench.scenes.verbs import Light, Look, Outline, Vec3
from vlagen_bench.sim import corruptions, occluders
from vlagen_bench.sim.camera import Corruption, SceneCamera, SceneCameras
from vlagen_bench.sim.overlays import foreground_overlay, image_overlay, load_picture
from vlagen_bench.sim.photo import Photo
from vlagen_bench.sim.robot_materials import RobotMaterials
from vlagen_bench.sim.world import World
from vlagen_bench.utils.seeding import stream


@dataclass(kw_only=True)
class RenderVerbs:
    """The light, the cameras and their pictures in one episode. Without a renderer its verbs do nothing.

    What is done to light, to lens and sensor or to finished pictures is done to every camera; where a camera stands, which
    lens it has and what is before it, to the primary one alone.
    """

    world: World
    sight: SceneCameras | None
    orbit_rad: Vec3 = (0.0, 0.0, 0.0)
    """azimuth, elevation and roll of the primary camera"""
    lens: tuple[float, tuple[float, float]] = (1.0, (0.0, 0.0))
    """zoom, and how far the principal point is moved (px)"""
    coat: RobotMaterials | None = field(default=None, init=False)
    """the robot's own colours, once they are covered"""

    def set_table(self, asset_id: str) -> None:
        picture = self._picture("tables", asset_id)
        if self.world.spec.backdrop == "table":
            table = manifest.load(self.world.spec.pack).find("tables", asset_id)
            self.world.add_table(picture, table.covers_m)
        elif self.sight:
            pixels = load_picture(picture, self.world.spec.camera)
            self.sight.primary.photo = Photo(pixels=pixels, spec=self.world.spec)

    def overlay_foreground(self, texture_id: str, ratio: float) -> None:
        for camera in self._cameras:
            texture = load_picture(self._picture("textures", texture_id), camera.spec)
            camera.overlays["foreground"] = foreground_overlay(texture, ratio)

    def overlay_image(self, texture_id: str, ratio: float) -> None:
        for camera in self._cameras:
            texture = load_picture(self._picture("textures", texture_id), camera.spec, times=2)
            camera.overlays["image"] = image_overlay(texture, ratio)

    def set_lights(self, ambient: Vec3, lights: tuple[Light, ...]) -> None:
        if self.sight:
            self.world.set_lights(ambient, lights)
            if photo := self.sight.primary.photo:
                spec = self.world.spec
                photo.relight(irradiance(ambient, lights), irradiance(spec.ambient, spec.lights))

    def orbit_camera(self, azimuth_rad: float, elevation_rad: float, roll_rad: float) -> None:
        self.orbit_rad = (azimuth_rad, elevation_rad, roll_rad)
        self._aim()

    def set_lens(self, zoom: float, shift_px: tuple[float, float]) -> None:
        self.lens = (zoom, shift_px)
        self._aim()

    def tint_robot(self, colour: Vec3, ratio: float) -> None:
        if self.sight:
            self.coat = self.coat or RobotMaterials.of(self.world.robot)
            self.coat.tint(colour, ratio)

    def occlude(self, outline: Outline, look: Look, colour: Vec3, seed: int) -> None:
        if self.sight:
            camera = self.sight.primary
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

    @property
    def _cameras(self) -> tuple[SceneCamera, ...]:
        return self.sight.all if self.sight else ()

    def _corrupt(self, kind: str, corruption_of: Callable[[SceneCamera], Corruption]) -> None:
        """Corrupts the pictures of every camera."""
        for camera in self._cameras:
            camera.corruptions[kind] = corruption_of(camera)

    def _own_seed(self, camera: SceneCamera, seed: int) -> int:
        """The seed for one camera, so that two sensors never have the same noise; the primary one has the episode's."""
        if camera.spec.name == self.world.spec.camera.name:
            return seed
        return int(stream(seed, "camera", camera.spec.name).randint(2**31))

    def _aim(self) -> None:
        """Puts the camera where orbit and lens want it; a nominal one is left alone, to the last bit."""
        if not self.sight:
            return
        spec = self.world.spec
        view = projection.nominal(spec).orbited(projection.middle_m(spec), *self.orbit_rad).through(*self.lens)
        if view != self.sight.primary.view:
            self.sight.primary.view = view
            self.world.aim(view)

    def _picture(self, kind: PictureKind, asset_id: str) -> str:
        pack = self.world.spec.pack
        return str(manifest.file_of(pack, manifest.load(pack).find(kind, asset_id).image))


def _across_and_down(camera: SceneCamera, share: float) -> tuple[float, float]:
    """A share of the width in pixels, along the picture's width and height; both are the same unless it is stretched."""
    across, down = camera.spec.scale
    length_px = share * camera.spec.width_px
    return length_px * across, length_px * down
