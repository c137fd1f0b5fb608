"""The verbs about light, cameras and colours of a scene of this package: table pictures, lights, camera, robot."""

from dataclasses import dataclass, field

from vlagen_bench.packs import manifest
from vlagen_bench.scenes import projection
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.lamps import irradiance
from vlagen_bench.scenes.verbs import Light, Vec3
from vlagen_bench.sim.camera import SceneCamera, SceneCameras
from vlagen_bench.sim.overlays import load_picture
from vlagen_bench.sim.photo import Photo
from vlagen_bench.sim.picture_verbs import PictureVerbs
from vlagen_bench.sim.robot_materials import RobotMaterials
from vlagen_bench.sim.world import World


@dataclass(kw_only=True)
class RenderVerbs(PictureVerbs):
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

    @property
    def _pictured(self) -> SceneSpec:
        return self.world.spec

    @property
    def _cameras(self) -> tuple[SceneCamera, ...]:
        return self.sight.all if self.sight else ()

    def _aim(self) -> None:
        """Puts the camera where orbit and lens want it; a nominal one is left alone, to the last bit."""
        if not self.sight:
            return
        spec = self.world.spec
        view = projection.nominal(spec).orbited(projection.middle_m(spec), *self.orbit_rad).through(*self.lens)
        if view != self.sight.primary.view:
            self.sight.primary.view = view
            self.world.aim(view)
