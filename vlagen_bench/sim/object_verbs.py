"""The verbs about objects: which, where, how heavy, and what happens to them during the episode."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import sapien
from sapien import physx
from transforms3d.euler import euler2quat

from vlagen_bench.errors import ConfigError
from vlagen_bench.packs import manifest
from vlagen_bench.scenes.verbs import ModelKind
from vlagen_bench.sim.world import World

GENTLE_M_S = 0.3
"""at most this fast a thing that was put into another in mid-episode comes out of it"""


@dataclass(kw_only=True)
class ObjectVerbs:
    """The objects and receptacles of one episode."""

    world: World
    models: dict[str, tuple[ModelKind, str]] = field(default_factory=dict)
    """role -> kind and id of its model"""
    places: dict[str, tuple[tuple[float, float], float]] = field(default_factory=dict)
    """role -> x, y (m), and how high above the table it falls from (m)"""
    sizes: dict[str, float] = field(default_factory=dict)
    """role -> factor on every length of its model"""
    yaws: dict[str, float] = field(default_factory=dict)
    """role -> rotation about the vertical (rad)"""
    moves: dict[int, dict[str, tuple[tuple[float, float], float | None]]] = field(default_factory=dict)
    """step -> role -> where it is put then: x, y (m), and how much it is lifted (m) or None: as at reset"""
    pushes: dict[int, dict[str, tuple[float, float]]] = field(default_factory=dict)
    """step -> role -> by how much its velocity changes then (m/s)"""
    lifted: dict[str, float] = field(default_factory=dict)
    """role -> how fast it comes out of another thing (m/s), otherwise than just now"""
    nominal: dict[str, tuple[float, np.ndarray]] = field(default_factory=dict)
    """role -> mass (kg) and inertia before any axis changed them"""
    centres: dict[str, sapien.Pose] = field(default_factory=dict)
    """role -> centre of mass, with the axes of inertia, before any axis moved it"""

    def begin_from(self, seed: int, start_hash: str, names: Mapping[str, str]) -> None:
        raise ConfigError("The axis start is of tasks of ManiSkill: a scene of this package has no reset of its own.")

    def add_model(self, role: str, kind: ModelKind, asset_id: str) -> None:
        manifest.load(self.world.spec.pack).find(kind, asset_id)  # a name that it does not have is a sentence here
        self.models[role] = (kind, asset_id)

    def build(self) -> None:
        """Loads the models, objects before receptacles, each kind in the pack's order: as the official scene does.

        Solvers treat bodies in the order of their making, so this order is part of an episode. A model is there only
        once: a distractor that is the source itself is the source, at the place where it was put last.
        """
        if "distractor" in self.models and self.models["distractor"] == self.models["source"]:
            del self.models["distractor"]
            self.places["source"] = self.places.pop("distractor")
        self.world.expect({asset_id for _, asset_id in self.models.values()})
        pack = manifest.load(self.world.spec.pack)
        for kind in ("objects", "receptacles"):
            order = [asset.id for asset in getattr(pack, kind)]
            roles = [role for role, (its_kind, _) in self.models.items() if its_kind == kind]
            for role in sorted(roles, key=lambda role: order.index(self.models[role][1])):
                self.world.add_model(role, *self.models[role], scale=self.sizes.get(role, 1.0))

    def place(self, role: str, xy_m: tuple[float, float], drop_m: float | None) -> None:
        self.places[role] = (xy_m, self.world.spec.drop_height_m if drop_m is None else drop_m)

    def turn(self, role: str, yaw_rad: float) -> None:
        self.yaws[role] = yaw_rad

    def drop(self, role: str, xy_m: tuple[float, float], height_m: float) -> None:
        """Puts a model above the table, turned as at reset, from where it will fall."""
        body = self.world.bodies[role]
        above = height_m + (body.model.extents_m[2] / 2 if self.world.spec.drop_from == "bottom" else 0.0)
        quat_wxyz = euler2quat(0, 0, self.yaws.get(role, 0.0))
        body.entity.set_pose(sapien.Pose([*xy_m, self.world.table_height_m + above], quat_wxyz))

    def lift(self, role: str, xy_m: tuple[float, float], lift_m: float, riders: tuple[str, ...]) -> None:
        """Lifts a thing as it lies, with what lies on it, and puts it elsewhere, from where it will fall.

        A hand may be there already. Until `let_go`, things are pushed out of each other, not shot off.
        """
        x, y = (float(value) for value in self.world.bodies[role].position_m[:2])
        shift = sapien.Pose([xy_m[0] - x, xy_m[1] - y, lift_m])
        for moved in (role, *riders):
            body = self.world.bodies[moved]
            body.entity.set_pose(shift * body.entity.pose)
            self.lifted[moved] = body.rigid.max_depenetration_velocity
            body.rigid.max_depenetration_velocity = GENTLE_M_S

    def let_go(self) -> None:
        """Ends what `lift` began: a slow way out of each other would weaken the grip of the fingers."""
        for role, speed_m_s in self.lifted.items():
            self.world.bodies[role].rigid.max_depenetration_velocity = speed_m_s
        self.lifted.clear()

    def push(self, role: str, velocity_m_s: tuple[float, float]) -> None:
        """Changes a thing's velocity at once."""
        rigid = self.world.bodies[role].rigid
        rigid.linear_velocity = rigid.linear_velocity + np.array([*velocity_m_s, 0.0], dtype=np.float32)

    def scale_size(self, role: str, factor: float) -> None:
        self.sizes[role] = factor

    def scale_mass(self, role: str, factor: float) -> None:
        rigid = self.world.bodies[role].rigid
        # From the nominal value, so that applying an axis twice is the same as once.
        mass_kg, inertia = self.nominal.setdefault(role, (rigid.mass, rigid.inertia))
        rigid.mass = mass_kg * factor
        rigid.inertia = inertia * factor

    def scale_friction(self, role: str, factor: float) -> None:
        spec = self.world.spec
        slippery = [(self.world.bodies[role].rigid, spec.object_friction * factor)]
        # PhysX takes the mean of two surfaces, so that the grip of rough fingers would hide a smooth thing.
        fingers = [self.world.links[name] for name in spec.robot.finger_links]
        nominal = spec.default_friction if spec.robot.finger_friction is None else spec.robot.finger_friction
        for body, friction in (*slippery, *((finger, nominal * factor) for finger in fingers)):
            for shape in body.collision_shapes:
                # A material of its own: the default one is shared by everything, in later episodes too.
                shape.physical_material = physx.PhysxMaterial(friction, friction, 0.0)

    def shift_mass_centre(self, role: str, share: tuple[float, float, float]) -> None:
        body = self.world.bodies[role]
        nominal = self.centres.setdefault(role, body.rigid.cmass_local_pose)
        centre_m = nominal.p + (np.array(share) * body.model.extents_m / 2).astype(np.float32)
        # Even the same centre, set again, changes last bits of the body's pose.
        if not np.array_equal(centre_m, body.rigid.cmass_local_pose.p):
            body.rigid.cmass_local_pose = sapien.Pose(centre_m, nominal.q)

    def move_after(self, step: int, role: str, xy_m: tuple[float, float], lift_m: float | None) -> None:
        self.moves.setdefault(step, {})[role] = (xy_m, lift_m)

    def push_after(self, step: int, role: str, velocity_m_s: tuple[float, float]) -> None:
        self.pushes.setdefault(step, {})[role] = velocity_m_s

    def raise_table(self, by_m: float) -> None:
        self.world.raise_table(by_m)
