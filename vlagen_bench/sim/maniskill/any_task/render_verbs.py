"""The verbs about light, cameras and colours of a ManiSkill task, and what its pictures pass before they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sapien

from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes import projection
from vlagen_bench.scenes.base import CameraSpec, SceneSpec
from vlagen_bench.scenes.verbs import Light, Vec3
from vlagen_bench.sim.camera import CORRUPTIONS, OVERLAYS, Corruption, Overlay
from vlagen_bench.sim.maniskill.any_task import looking
from vlagen_bench.sim.picture_verbs import PictureVerbs
from vlagen_bench.sim.robot_materials import RobotMaterials

SHADOW_SCALE_M, SHADOW_PX = 5, 2048
"""of a light with a shadow, as ManiSkill's own have it"""


@dataclass(kw_only=True)
class NativeCamera:
    """A sensor camera of the environment, and what is done to its pictures."""

    spec: CameraSpec
    overlays: dict[str, Overlay] = field(default_factory=dict)
    corruptions: dict[str, Corruption] = field(default_factory=dict)
    covered: np.ndarray | None = None


@dataclass(kw_only=True)
class RenderVerbs(PictureVerbs):
    """What is asked for light, cameras and pictures of one episode."""

    spec: SceneSpec
    lights: tuple[Vec3, tuple[Light, ...]] | None = None
    orbit_rad: Vec3 = (0.0, 0.0, 0.0)
    lens: tuple[float, tuple[float, float]] = (1.0, (0.0, 0.0))
    tint: tuple[Vec3, float] | None = None
    cameras: dict[str, NativeCamera] = field(default_factory=dict)
    """by name, the primary one first"""
    drawn: tuple[str, ...] | None = None
    """the cameras that are drawn; None: all that the environment has"""

    def __post_init__(self) -> None:
        specs = (self.spec.camera, *self.spec.extra_cameras)
        self.cameras = {spec.name: NativeCamera(spec=spec) for spec in specs}

    @property
    def _pictured(self) -> SceneSpec:
        return self.spec

    @property
    def _cameras(self) -> Sequence[NativeCamera]:
        return tuple(self.cameras.values())

    def set_table(self, asset_id: str) -> None:
        raise ConfigError("A ManiSkill task has a table of its own: leave out the axis table.")

    def set_lights(self, ambient: Vec3, lights: tuple[Light, ...]) -> None:
        self.lights = (ambient, lights)

    def orbit_camera(self, azimuth_rad: float, elevation_rad: float, roll_rad: float) -> None:
        self.orbit_rad = (azimuth_rad, elevation_rad, roll_rad)

    def set_lens(self, zoom: float, shift_px: tuple[float, float]) -> None:
        self.lens = (zoom, shift_px)

    def tint_robot(self, colour: Vec3, ratio: float) -> None:
        self.tint = (colour, ratio)

    def put_lights(self, env: Any) -> bool:
        """These lights in place of the task's; False: the task's are not touched."""
        if self.lights is None:
            return False
        ambient, lights = self.lights
        env.scene.set_ambient_light(list(ambient))
        for light in lights:
            env.scene.add_directional_light(
                list(light.direction), list(light.colour), shadow=light.shadow, shadow_scale=SHADOW_SCALE_M,
                shadow_map_size=SHADOW_PX,
            )  # fmt: skip
        return True

    def put_cameras(self, env: Any) -> None:
        """Aims the primary camera, and leaves out those that nobody looks at."""
        if self.drawn is not None:
            for name in set(env._sensors) - set(self.drawn):
                del env._sensors[name]
        own = projection.nominal(self.spec)
        view = own.orbited(projection.middle_m(self.spec), *self.orbit_rad).through(*self.lens)
        if view == own:
            return
        camera = env._sensors[self.spec.camera.name].camera
        device = camera._render_cameras[0]
        if self.spec.camera.mount is None:
            pose = np.eye(4)
            pose[:3, :3], pose[:3, 3] = np.transpose(view.axes), view.position_m
            device.local_pose = sapien.Pose(pose)
        across, down = device.width / self.spec.camera.width_px, device.height / self.spec.camera.height_px
        device.set_focal_lengths(view.focal_px * across, view.focal_px * down)
        device.set_principal_point(view.centre_px[0] * across, view.centre_px[1] * down)
        camera._cached_intrinsic_matrix = camera._cached_local_pose = None

    def put_colours(self, env: Any) -> None:
        """The robots' colours."""
        if self.tint is not None and env.scene.can_render():
            for robot in looking.agents(env):
                RobotMaterials.of(robot.robot._objs[0]).tint(*self.tint)

    @property
    def pictured(self) -> bool:
        """Whether anything is done to pictures."""
        return any(camera.overlays or camera.corruptions for camera in self.cameras.values())

    def pass_pictures(self, env: Any, sensor_data: dict[str, Any], step: int) -> dict[str, Any]:
        """The colours of every camera, with overlays and corruptions; depth and others stay."""
        for name, data in sensor_data.items():
            if "rgb" in data and name in self.cameras:
                data["rgb"] = data["rgb"].new_tensor(self._passed(env, name, data["rgb"], step))
        return sensor_data

    def _passed(self, env: Any, name: str, rgb: Any, step: int) -> np.ndarray:
        camera = self.cameras[name]
        picture = np.ascontiguousarray(rgb[0].cpu().numpy())
        if camera.overlays:
            foreground = self._foreground(env, name)
            for kind in OVERLAYS:
                if kind in camera.overlays:
                    picture = camera.overlays[kind](picture, foreground)
        for kind in CORRUPTIONS:
            if kind in camera.corruptions:
                picture = camera.corruptions[kind](picture, step)
        return np.ascontiguousarray(picture)[None]

    def shown_px(self, env: Any, entity: Any) -> int:
        """How many pixels of the last picture of the primary camera show an entity, and nothing lies over them."""
        shown = _entity_ids(env, self.spec.camera.name) == entity.per_scene_id
        covered = self.cameras[self.spec.camera.name].covered
        return int((shown if covered is None else shown & ~covered).sum())

    def _foreground(self, env: Any, name: str) -> np.ndarray:
        """Bool (H, W): robots and all that is not what things stand on."""
        ids = _entity_ids(env, name)
        behind = [0] + [
            looking.entity_of(actor).per_scene_id
            for actor in looking.actors(env).values()
            if looking.kind_of(actor) == "fixture"
        ]
        return np.asarray(~np.isin(ids, behind))


def _entity_ids(env: Any, camera: str) -> np.ndarray:
    """Int (H, W): what the last picture of a camera shows in each pixel."""
    seen = env._sensors[camera].get_obs(rgb=False, depth=False, position=False, segmentation=True)
    return np.asarray(seen["segmentation"][0, ..., 0].cpu().numpy())
