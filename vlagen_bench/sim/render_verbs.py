"""The verbs about the picture: table pictures, lights, camera, and all between lens and policy."""

from dataclasses import dataclass, field

from vlagen_bench.packs import manifest
from vlagen_bench.packs.manifest import PictureKind
from vlagen_bench.scenes import projection
from vlagen_bench.scenes.lamps import irradiance
from vlagen_bench.scenes.verbs import Light, Look, Outline, Vec3
from vlagen_bench.sim import corruptions, occluders
from vlagen_bench.sim.camera import Corruption, SceneCamera
from vlagen_bench.sim.overlays import foreground_overlay, image_overlay, load_picture
from vlagen_bench.sim.photo import Photo
from vlagen_bench.sim.robot_materials import RobotMaterials
from vlagen_bench.sim.world import World


@dataclass(kw_only=True)
class RenderVerbs:
    """The light, the camera and its pictures in one episode. Without a renderer its verbs do nothing."""

    world: World
    sight: SceneCamera | None
    orbit_rad: Vec3 = (0.0, 0.0, 0.0)
    """azimuth, elevation and roll of the camera"""
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
            self.sight.photo = Photo(pixels=load_picture(picture, self._size_px), spec=self.world.spec)

    def overlay_foreground(self, texture_id: str, ratio: float) -> None:
        if self.sight:
            texture = load_picture(self._picture("textures", texture_id), self._size_px)
            self.sight.overlays["foreground"] = foreground_overlay(texture, ratio)

    def overlay_image(self, texture_id: str, ratio: float) -> None:
        if self.sight:
            width, height = self._size_px
            texture = load_picture(self._picture("textures", texture_id), (2 * width, 2 * height))
            self.sight.overlays["image"] = image_overlay(texture, ratio)

    def set_lights(self, ambient: Vec3, lights: tuple[Light, ...]) -> None:
        if self.sight:
            self.world.set_lights(ambient, lights)
            if self.sight.photo:
                spec = self.world.spec
                self.sight.photo.relight(irradiance(ambient, lights), irradiance(spec.ambient, spec.lights))

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
            opacity, paint = occluders.painted(outline, look, colour, seed, self._size_px)
            self.sight.covered = opacity > 0.5
            self._corrupt("occlusion", corruptions.hidden(opacity, paint))

    def expose(self, stops: float) -> None:
        self._corrupt("exposure", corruptions.exposed(stops))

    def blur(self, sigma: float) -> None:
        self._corrupt("blur", corruptions.blurred(sigma / 100 * self._size_px[0]))

    def add_sensor_noise(self, deviation: float, seed: int) -> None:
        self._corrupt("sensor_noise", corruptions.noisy(deviation, seed))

    def compress(self, quality: int) -> None:
        self._corrupt("compression", corruptions.compressed(quality))

    def _corrupt(self, kind: str, corruption: Corruption) -> None:
        if self.sight:
            self.sight.corruptions[kind] = corruption

    def _aim(self) -> None:
        """Puts the camera where orbit and lens want it; a nominal one is left alone, to the last bit."""
        if not self.sight:
            return
        spec = self.world.spec
        view = projection.nominal(spec).orbited(projection.middle_m(spec), *self.orbit_rad).through(*self.lens)
        if view != self.sight.view:
            self.sight.view = view
            self.world.aim(view)

    @property
    def _size_px(self) -> tuple[int, int]:
        return self.world.spec.camera.width_px, self.world.spec.camera.height_px

    def _picture(self, kind: PictureKind, asset_id: str) -> str:
        pack = self.world.spec.pack
        return str(manifest.file_of(pack, manifest.load(pack).find(kind, asset_id).image))
