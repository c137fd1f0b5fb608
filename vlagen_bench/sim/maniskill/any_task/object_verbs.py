"""The verbs about things of a ManiSkill task: where the source stands, how heavy it is, what happens to it, and clutter."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sapien
from sapien import physx
from transforms3d.euler import euler2quat
from transforms3d.quaternions import qmult

from vlagen_bench.errors import ConfigError
from vlagen_bench.packs import manifest
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.verbs import ModelKind, Vec3
from vlagen_bench.sim.maniskill.any_task import looking

GENTLE_M_S = 0.3
"""at most this fast a thing that was put into another in mid-episode comes out of it, for one control step"""
CLUTTER = "clutter_"
OWN_SIZES = "vlagen_own_sizes"
"""the attribute of an environment that keeps the sizes of its task"""
Point = tuple[float, float]


@dataclass(kw_only=True)
class ObjectVerbs:
    """What is asked for the things of one episode, until the task has made them."""

    spec: SceneSpec
    names: dict[str, str] = field(default_factory=dict)
    """role -> actor of the task"""
    size_attributes: tuple[str, ...] = ()
    """attributes of the task that set the size of its source"""
    sizes: dict[str, float] = field(default_factory=dict)
    models: dict[str, tuple[ModelKind, str]] = field(default_factory=dict)
    """role -> model of the pack, of things that the task does not have"""
    places: dict[str, tuple[Point, float | None]] = field(default_factory=dict)
    yaws: dict[str, float] = field(default_factory=dict)
    masses: dict[str, float] = field(default_factory=dict)
    frictions: dict[str, float] = field(default_factory=dict)
    centres: dict[str, Vec3] = field(default_factory=dict)
    moves: dict[int, dict[str, tuple[Point, float | None]]] = field(default_factory=dict)
    pushes: dict[int, dict[str, Point]] = field(default_factory=dict)
    added: dict[str, Any] = field(default_factory=dict)
    """role -> entity of the things that were added"""
    lifted: dict[str, float] = field(default_factory=dict)
    """role -> how fast it comes out of another thing, otherwise than just now"""

    def add_model(self, role: str, kind: ModelKind, asset_id: str) -> None:
        if not role.startswith(CLUTTER):
            raise ConfigError(f"The {role} of a ManiSkill task is the task's own: no axis can choose another one.")
        manifest.load(self.spec.pack).find(kind, asset_id)
        self.models[role] = (kind, asset_id)

    def place(self, role: str, xy_m: Point, drop_m: float | None) -> None:
        self.places[role] = (xy_m, drop_m)

    def turn(self, role: str, yaw_rad: float) -> None:
        self.yaws[role] = yaw_rad

    def scale_mass(self, role: str, factor: float) -> None:
        self.masses[role] = factor

    def scale_friction(self, role: str, factor: float) -> None:
        self.frictions[role] = factor

    def shift_mass_centre(self, role: str, share: Vec3) -> None:
        self.centres[role] = share

    def move_after(self, step: int, role: str, xy_m: Point, lift_m: float | None) -> None:
        self.moves.setdefault(step, {})[role] = (xy_m, lift_m)

    def push_after(self, step: int, role: str, velocity_m_s: Point) -> None:
        self.pushes.setdefault(step, {})[role] = velocity_m_s

    def raise_table(self, by_m: float) -> None:
        raise ConfigError("A ManiSkill task stands on what it has built itself: leave out the axis table_height.")

    def scale_size(self, role: str, factor: float) -> None:
        if not self.size_attributes:
            raise ConfigError(
                "No card says which attributes of this ManiSkill task set the size of its object: leave out the axis object_size."
            )
        self.sizes[role] = factor

    def actor(self, env: Any, role: str) -> Any:
        """The task's actor in a role."""
        return looking.actors(env)[self.names[role]]

    def put_sizes(self, env: Any) -> None:
        """Before the task makes its things: it has its own sizes, times what is asked for.

        The environment may be used for another episode, so that its own sizes are kept.
        """
        own: dict[str, Any] = vars(env).setdefault(OWN_SIZES, {})
        for factor in self.sizes.values():
            for name in self.size_attributes:
                own.setdefault(name, getattr(env, name))
                setattr(env, name, own[name] * factor)
        if not self.sizes:
            for name, size in own.items():
                setattr(env, name, size)

    def load_clutter(self, env: Any) -> None:
        """Adds things beside the task's own. They are no part of its state, whose layout others rely on."""
        for role, (kind, asset_id) in self.models.items():
            self.added[role] = self._loaded(env, kind, asset_id)

    def _loaded(self, env: Any, kind: ModelKind, asset_id: str) -> Any:
        pack = self.spec.pack
        model = manifest.load(pack).find(kind, asset_id)
        scene = env.scene.sub_scenes[0]
        builder = scene.create_actor_builder()
        builder.add_multiple_convex_collisions_from_file(
            str(manifest.file_of(pack, model.collision)), density=model.density_kg_m3
        )
        if env.scene.can_render():
            builder.add_visual_from_file(str(manifest.file_of(pack, model.visual)))
        return builder.build(name=asset_id)

    def put_things(self, env: Any) -> None:
        """Places and turns, and what follows from mass, friction and mass centre."""
        for role, (xy_m, drop_m) in self.places.items():
            if role in self.added:
                self._drop_added(role, xy_m, drop_m)
            else:
                entity = looking.entity_of(self.actor(env, role))
                entity.set_pose(sapien.Pose([*xy_m, float(entity.pose.p[2])], entity.pose.q))
        for role, yaw_rad in self.yaws.items():
            if yaw_rad and role not in self.added:
                entity = looking.entity_of(self.actor(env, role))
                turned = qmult(euler2quat(0, 0, yaw_rad), entity.pose.q)
                entity.set_pose(sapien.Pose(entity.pose.p, turned))
        for role, factor in self.masses.items():
            body = looking.body_of(self.actor(env, role))
            mass_kg, inertia = body.mass, body.inertia
            body.mass, body.inertia = mass_kg * factor, inertia * factor
        for role, factor in self.frictions.items():
            self._make_slippery(env, role, factor)
        for role, share in self.centres.items():
            actor = self.actor(env, role)
            body, extents_m = looking.body_of(actor), np.array(looking.extents_m(actor))
            own = body.cmass_local_pose
            body.cmass_local_pose = sapien.Pose(own.p + (np.array(share) * extents_m / 2).astype(np.float32), own.q)

    def _drop_added(self, role: str, xy_m: Point, drop_m: float | None) -> None:
        kind, asset_id = self.models[role]
        height_m = manifest.load(self.spec.pack).find(kind, asset_id).extents_m[2]
        z_m = self.spec.table_height_m + height_m / 2 + (drop_m or 0.0)
        self.added[role].set_pose(sapien.Pose([*xy_m, z_m], euler2quat(0, 0, self.yaws.get(role, 0.0))))

    def _make_slippery(self, env: Any, role: str, factor: float) -> None:
        """Changes the surface of the thing and of the fingers, since PhysX takes the mean of two."""
        bodies = [looking.body_of(self.actor(env, role))]
        for robot in looking.agents(env):
            bodies += [link._objs[0] for link in looking.fingers(robot)]
        for body in bodies:
            for shape in body.collision_shapes:
                own = shape.physical_material
                shape.physical_material = physx.PhysxMaterial(
                    own.static_friction * factor, own.dynamic_friction * factor, own.restitution
                )

    def happen(self, env: Any, step: int) -> None:
        """What the episode does to things after a control step."""
        for role, speed_m_s in self.lifted.items():
            looking.body_of(self.actor(env, role)).max_depenetration_velocity = speed_m_s
        self.lifted.clear()
        for role, (xy_m, lift_m) in self.moves.get(step, {}).items():
            actor = self.actor(env, role)
            entity, body = looking.entity_of(actor), looking.body_of(actor)
            raised_m = float(entity.pose.p[2]) + (self.spec.reposition_height_m if lift_m is None else lift_m)
            entity.set_pose(sapien.Pose([*xy_m, raised_m], entity.pose.q))
            self.lifted[role] = body.max_depenetration_velocity
            body.max_depenetration_velocity = GENTLE_M_S
        for role, velocity_m_s in self.pushes.get(step, {}).items():
            body = looking.body_of(self.actor(env, role))
            body.linear_velocity = body.linear_velocity + np.array([*velocity_m_s, 0.0], dtype=np.float32)

    def added_state(self) -> bytes:
        """The poses of what was added, which the task's own state does not have."""
        poses = [entity.pose for _, entity in sorted(self.added.items())]
        return b"".join(np.concatenate([pose.p, pose.q]).astype(np.float32).tobytes() for pose in poses)
