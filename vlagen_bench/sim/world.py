"""The SAPIEN world of a scene: robot, table, lights and camera, and models added by role."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import sapien
from sapien import physx, render
from transforms3d.euler import euler2quat
from transforms3d.quaternions import qmult

from vlagen_bench.errors import AssetError
from vlagen_bench.packs import manifest
from vlagen_bench.packs.manifest import Model
from vlagen_bench.scenes.base import CameraSpec, Pose, SceneSpec
from vlagen_bench.scenes.projection import CameraView
from vlagen_bench.scenes.verbs import Light, ModelKind, Vec3
from vlagen_bench.sim import backdrop, fork_guard
from vlagen_bench.sim.contacts import ContactForces
from vlagen_bench.sim.model_cache import LoadedModels
from vlagen_bench.sim.robot_loader import load_robot
from vlagen_bench.sim.vulkan import device, shaders

# A box that stands like the official stage (bridge_v2_real2sim, placed as in put_on_in_scene_multi.py) and has its top
# at z = 0.87 m. Vertices and triangles in the file's axes and order, y up, since contacts depend on them to the last bit.
STAGE_VERTICES_M = np.array(list(product((-3.1634, -1.1634), (0.0, 0.87), (1.8313, 3.8313))), dtype=np.float32)
STAGE_TRIANGLES = np.array(
    [
        [1, 3, 0], [4, 1, 0], [0, 3, 2], [2, 4, 0], [1, 7, 3], [5, 1, 4],
        [5, 7, 1], [3, 7, 2], [6, 4, 2], [2, 7, 6], [6, 5, 4], [7, 5, 6],
    ],
    dtype=np.uint32,
)  # fmt: skip


def to_sapien(pose: Pose) -> sapien.Pose:
    """The SAPIEN form of a pose; both are wxyz."""
    return sapien.Pose(list(pose.p), list(pose.quat_wxyz))


def configure(spec: SceneSpec) -> None:
    """Sets SAPIEN's process-wide defaults as ManiSkill 3.0.1 does (utils/structs/types.py), for one scene."""
    physx.set_shape_config(contact_offset=0.02, rest_offset=0)
    physx.set_body_config(solver_position_iterations=15, solver_velocity_iterations=1, sleep_threshold=0.005)
    physx.set_scene_config(
        gravity=np.array([0, 0, -9.81]),
        bounce_threshold=2.0,
        enable_pcm=True,
        enable_tgs=True,
        enable_ccd=False,
        enable_enhanced_determinism=False,
        enable_friction_every_iteration=True,
        cpu_workers=0,
    )
    physx.set_default_material(spec.default_friction, spec.default_friction, 0.0)
    shaders.use(spec.shaders)


@dataclass(frozen=True, kw_only=True)
class Body:
    """A model in the world."""

    role: str
    model: Model
    entity: sapien.Entity

    @cached_property
    def rigid(self) -> physx.PhysxRigidDynamicComponent:
        return self.entity.find_component_by_type(physx.PhysxRigidDynamicComponent)

    @property
    def position_m(self) -> np.ndarray:
        return self.entity.pose.p

    @property
    def quat_wxyz(self) -> np.ndarray:
        return self.entity.pose.q


@dataclass(kw_only=True)
class World:
    """One scene's simulation, without any episode in it yet."""

    spec: SceneSpec
    drawn: bool = True
    """whether it can be looked at; physics alone needs no renderer"""
    bodies: dict[str, Body] = field(default_factory=dict)

    def __post_init__(self) -> None:
        fork_guard.check()
        configure(self.spec)
        self.physics = physx.PhysxCpuSystem()
        self.physics.timestep = 1 / self.spec.physics_hz
        systems = [self.physics, device.new_render_system()] if self.drawn else [self.physics]
        self.scene = sapien.Scene(systems)
        self.base = to_sapien(self.spec.robot.base)
        """where the robot stands in this episode"""
        self.robot = load_robot(self.scene, self.spec.robot, self.spec.pack, self.base, drawn=self.drawn)
        self.table_height_m = self.spec.table_height_m
        """of the table's top in this episode"""
        self._table: sapien.Entity | None = None
        self._pedestal: sapien.Entity | None = None
        self.links = {link.name: link for link in self.robot.links}
        if self.spec.backdrop == "photo":
            self._add_stage()
        if self.drawn:
            self._lights: list[render.RenderDirectionalLightComponent] = []
            self.set_lights(self.spec.ambient, self.spec.lights)
            self.cameras = {camera.name: self._add_camera(camera) for camera in self.spec.drawn_cameras}
            """by name, the primary one first"""
            self.camera = self.cameras[self.spec.camera.name]

    def _add_stage(self) -> None:
        """What objects lie on where the table is a photo: a triangle mesh that collides and is never drawn."""
        material = physx.get_default_material()
        shape = physx.PhysxCollisionShapeTriangleMesh(STAGE_VERTICES_M, STAGE_TRIANGLES, np.ones(3), material)
        shape.local_pose = sapien.Pose(q=[0.707, 0.707, 0, 0])
        body = physx.PhysxRigidStaticComponent()
        body.attach(shape)
        entity = sapien.Entity()
        entity.name = "stage"
        entity.add_component(body)
        entity.pose = sapien.Pose([2.0634, 2.8313, 0])
        self.scene.add_entity(entity)
        self._table = entity

    @property
    def table(self) -> sapien.Entity | None:
        """What things lie on; None before there is one."""
        return self._table

    def add_table(self, picture: str, covers_m: float) -> None:
        """A table with an image on it, which covers so much, in place of one that is there; in a room."""
        first = self._table is None
        if self._table is not None:
            self._table.remove_from_scene()
        builder = self.scene.create_actor_builder()
        backdrop.add_table(builder, drawn=self.drawn)
        builder.initial_pose = sapien.Pose([0, 0, self.table_height_m])
        self._table = builder.build_static(name="table")
        if self.drawn:
            top = render.RenderBodyComponent()
            top.attach(backdrop.table_top(picture, covers_m))
            self._table.add_component(top)
            if first:
                backdrop.add_room(self.scene, self.spec)
                self._pedestal = backdrop.add_pedestal(self.scene, self.spec)
                self._pedestal.set_pose(self.base)

    def raise_table(self, by_m: float) -> None:
        """Puts the table's top so much higher than the scene has it; robot, camera and floor stay."""
        height_m = self.spec.table_height_m + by_m
        if self._table is not None:
            lift = sapien.Pose([0, 0, height_m - self.table_height_m])
            self._table.set_pose(lift * self._table.pose)
        self.table_height_m = height_m

    def move_base(self, xy_m: tuple[float, float], yaw_rad: float) -> None:
        """Puts the robot's base so far from where the scene has it; a camera that it carries stays in the world."""
        nominal = to_sapien(self.spec.robot.base)
        self.base = sapien.Pose(nominal.p + [*xy_m, 0.0], qmult(euler2quat(0, 0, yaw_rad), nominal.q))
        self.robot.set_pose(self.base)
        if self._pedestal is not None:
            self._pedestal.set_pose(self.base)
        if self.drawn and self.spec.camera.mount:
            self.camera.local_pose = self.base.inv() * nominal * to_sapien(self.spec.camera.pose)

    def set_lights(self, ambient: Vec3, lights: Iterable[Light]) -> None:
        """These lights, and no others. Where the shaders have no room for more shadows, the first ones cast theirs."""
        for old in self._lights:
            self.scene.remove_entity(old.entity)
        room, shown = shaders.SHADOWS[self.spec.shaders], list[Light]()
        for light in lights:
            casting = sum(other.shadow for other in shown)
            shown.append(replace(light, shadow=light.shadow and casting < room))
        self._lights = backdrop.add_lights(self.scene, ambient, shown)

    def _add_camera(self, spec: CameraSpec) -> render.RenderCameraComponent:
        """A camera, set up call by call as ManiSkill 3.0.1 does (envs/scene.py): its matrices, and through them pixels
        at the rims of things, depend on it to the last bit.
        """
        camera = render.RenderCameraComponent(*spec.size_px)
        _set_lens(camera, spec, spec.focal_px, spec.centre_px)
        camera.near, camera.far = spec.near_m, spec.far_m
        camera.local_pose = to_sapien(spec.pose)
        if spec.mount:
            self.links[spec.mount].entity.add_component(camera)
        else:
            entity = sapien.Entity()
            entity.add_component(camera)
            self.scene.add_entity(entity)
        return camera

    def aim(self, view: CameraView) -> None:
        """Gives the primary camera this view, wherever in the world what carries it stands now."""
        mount = self.spec.camera.mount
        carrier = self.links[mount].entity.pose if mount else sapien.Pose()
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = np.transpose(view.axes), view.position_m
        self.camera.local_pose = carrier.inv() * sapien.Pose(pose)
        _set_lens(self.camera, self.spec.camera, view.focal_px, view.centre_px)

    def expect(self, asset_ids: set[str]) -> None:
        """Says which models will be added, before the first is."""
        if self.drawn:
            LoadedModels.add({f"{self.spec.pack}/{asset_id}" for asset_id in asset_ids})

    def add_model(self, role: str, kind: ModelKind, asset_id: str, *, scale: float = 1.0) -> Body:
        """Loads a model of the pack, every length times `scale`; raises `AssetError` if a file of it cannot be used."""
        model = manifest.load(self.spec.pack).find(kind, asset_id)
        lengths = (scale, scale, scale)
        builder = self.scene.create_actor_builder()
        collision = str(manifest.file_of(self.spec.pack, model.collision))
        friction = self.spec.object_friction
        try:
            builder.add_multiple_convex_collisions_from_file(
                collision,
                scale=lengths,
                material=physx.PhysxMaterial(friction, friction, 0.0),
                density=model.density_kg_m3,
            )
            if self.drawn:
                builder.add_visual_from_file(str(manifest.file_of(self.spec.pack, model.visual)), scale=lengths)
            entity = builder.build(name=asset_id)
        except RuntimeError as error:
            raise AssetError(
                f"The model '{asset_id}' of pack '{self.spec.pack}' cannot be loaded ({error}). "
                f"Check it: vlagen doctor; reinstall it: vlagen assets install {self.spec.pack}"
            ) from None
        self.bodies[role] = Body(role=role, model=_scaled(model, scale), entity=entity)
        return self.bodies[role]

    def simulate(self, seconds: float) -> None:
        """Lets physics run; the robot holds its drive targets."""
        for _ in range(round(seconds * self.spec.physics_hz)):
            self.physics.step()

    def forces_n(self) -> ContactForces:
        """Contact forces between pairs of entities now, by their scene ids: on the one with the lower id, in newton."""
        return ContactForces(self.physics, self.spec.physics_hz)

    def state(self) -> np.ndarray:
        """Everything that moves, float32: joints and their speeds, then each body's pose and velocities, by role."""
        parts: list[Any] = [self.robot.get_qpos(), self.robot.get_qvel()]
        for role in sorted(self.bodies):
            rigid = self.bodies[role].rigid
            pose = self.bodies[role].entity.pose
            parts += [pose.p, pose.q, rigid.linear_velocity, rigid.angular_velocity]
        return np.concatenate(parts).astype(np.float32)


def _set_lens(
    camera: render.RenderCameraComponent, spec: CameraSpec, focal_px: float, centre_px: tuple[float, float]
) -> None:
    """A lens, in pixels of the camera's own size; where its pictures have another shape, they are stretched to it."""
    (across, down), (x, y) = spec.scale, centre_px
    camera.set_focal_lengths(focal_px * across, focal_px * down)
    camera.set_principal_point(x * across, y * down)


def _scaled(model: Model, scale: float) -> Model:
    """The model as it is with every length times `scale`, at the same density."""
    mass_kg = None if model.mass_kg is None else model.mass_kg * scale**3
    x, y, z = model.extents_m
    return replace(model, extents_m=(x * scale, y * scale, z * scale), mass_kg=mass_kg)
