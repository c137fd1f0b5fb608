"""How is an episode played? Builds its scene from its values, lets it settle, and advances it by actions."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sapien
from transforms3d.euler import euler2quat

from vlagen_bench import packs, specs
from vlagen_bench.axes import apply_stage
from vlagen_bench.nouns import Episode, SuccessRule, Task
from vlagen_bench.sim.arm import Arm
from vlagen_bench.sim.judge import Judge, Status
from vlagen_bench.sim.patches import Patches
from vlagen_bench.sim.robot_files import urdf_path
from vlagen_bench.sim.sight import Sight, foreground_overlay, image_overlay, load_picture
from vlagen_bench.sim.world import Body, World, to_sapien
from vlagen_bench.specs import SceneSpec

AT_REST_M_S = 1e-3  # official: below this (summed over the things on the table) nothing needs more time
AT_REST_RAD_S = 1e-2
FINGER_REACH_M = 0.06  # of a finger's tip from its link's origin, WidowX
LIFTED_BASE_M = 1.0  # the robot waits this much higher while things settle


@dataclass(kw_only=True)
class EpisodeScene:
    """The scene of one episode: carries out the verbs of `vlagen_bench.scene.Scene`."""

    world: World
    sight: Sight | None
    instruction: str = ""
    places: dict[str, tuple[tuple[float, float], float]] = field(default_factory=dict)
    yaws: dict[str, float] = field(default_factory=dict)
    moves: dict[int, dict[str, tuple[float, float]]] = field(default_factory=dict)
    """step -> role -> where it is put then"""
    nominal: dict[str, tuple[float, np.ndarray]] = field(default_factory=dict)
    """role -> mass (kg) and inertia before any axis changed them"""
    models: dict[str, tuple[str, str]] = field(default_factory=dict)
    """role -> kind and id of its model"""
    arm_offsets_rad: tuple[float, ...] = ()

    def add_model(self, role: str, kind: str, asset_id: str) -> None:
        self.models[role] = (kind, asset_id)

    def bend_arm(self, offsets_rad: tuple[float, ...]) -> None:
        self.arm_offsets_rad = offsets_rad

    def build(self) -> None:
        """Loads the models, objects before receptacles, each kind in the pack's order: as the official scene does.

        Solvers treat bodies in the order of their making, so this order is part of an episode. A model is there only
        once: a distractor that is the source itself is the source, at the place where it was put last.
        """
        if "distractor" in self.models and self.models["distractor"] == self.models["source"]:
            del self.models["distractor"]
            self.places["source"] = self.places.pop("distractor")
        self.world.expect({asset_id for _, asset_id in self.models.values()})
        pack = packs.load(self.world.spec.pack)
        for kind in ("objects", "receptacles"):
            order = [asset.id for asset in getattr(pack, kind)]
            roles = [role for role, (its_kind, _) in self.models.items() if its_kind == kind]
            for role in sorted(roles, key=lambda role: order.index(self.models[role][1])):
                self.world.add_model(role, *self.models[role])

    def set_table(self, asset_id: str) -> None:
        picture = self._picture("tables", asset_id)
        if self.world.spec.backdrop == "table":
            self.world.add_table(picture)
        elif self.sight:
            self.sight.background = load_picture(picture, self._size_px)

    def place(self, role: str, xy_m: tuple[float, float], drop_m: float | None) -> None:
        self.places[role] = (xy_m, self.world.spec.drop_height_m if drop_m is None else drop_m)

    def turn(self, role: str, yaw_rad: float) -> None:
        self.yaws[role] = yaw_rad

    def scale_mass(self, role: str, factor: float) -> None:
        rigid = self.world.bodies[role].rigid
        # From the nominal value, so that applying an axis twice is the same as once.
        mass_kg, inertia = self.nominal.setdefault(role, (rigid.mass, rigid.inertia))
        rigid.mass = mass_kg * factor
        rigid.inertia = inertia * factor

    def scale_friction(self, role: str, factor: float) -> None:
        for shape in self.world.bodies[role].rigid.collision_shapes:
            material = shape.physical_material
            material.static_friction = self.world.spec.object_friction * factor
            material.dynamic_friction = self.world.spec.object_friction * factor

    def tell(self, instruction: str) -> None:
        self.instruction = instruction

    def overlay_foreground(self, texture_id: str, ratio: float) -> None:
        if self.sight:
            texture = load_picture(self._picture("textures", texture_id), self._size_px)
            self.sight.filters["foreground"] = foreground_overlay(texture, ratio)

    def overlay_image(self, texture_id: str, ratio: float) -> None:
        if self.sight:
            width, height = self._size_px
            texture = load_picture(self._picture("textures", texture_id), (2 * width, 2 * height))
            self.sight.filters["image"] = image_overlay(texture, ratio)

    def move_after(self, step: int, role: str, xy_m: tuple[float, float]) -> None:
        self.moves.setdefault(step, {})[role] = xy_m

    def drop(self, role: str, xy_m: tuple[float, float], height_m: float) -> None:
        """Puts a model above the table, turned as at reset, from where it will fall."""
        body, spec = self.world.bodies[role], self.world.spec
        above = height_m + (body.model.extents_m[2] / 2 if spec.drop_from == "bottom" else 0.0)
        quat_wxyz = euler2quat(0, 0, self.yaws.get(role, 0.0))
        body.entity.set_pose(sapien.Pose([*xy_m, spec.table_height_m + above], quat_wxyz))

    @property
    def _size_px(self) -> tuple[int, int]:
        return self.world.spec.camera.width_px, self.world.spec.camera.height_px

    def _picture(self, kind: str, asset_id: str) -> str:
        pack = self.world.spec.pack
        return str(packs.file_of(pack, packs.load(pack).find(kind, asset_id).image))


class Simulator:
    """Plays episodes of one scene, one after the other, each in a world of its own.

    Nothing is carried over: an episode is the same whatever ran before it.
    """

    def __init__(self, spec: SceneSpec, *, drawn: bool = True, success: SuccessRule | None = None) -> None:
        """A simulator without an episode.

        Args:
            spec: the scene.
            drawn: False leaves out the renderer, and with it `observe`.
            success: when the task is done; None: as the scene says.
        """
        self.spec = spec
        self._success = success or spec.success
        self._drawn = drawn
        self._urdf = urdf_path(spec.robot, spec.pack)

    @classmethod
    def of(cls, task: Task) -> "Simulator":
        """The simulator of a task: its scene, and its rule of success."""
        return cls(specs.scene(task.scene), success=task.success)

    def reset(self, episode: Episode) -> Status:
        """Builds the scene of an episode and lets it settle."""
        self._leave()
        world = World(spec=self.spec, drawn=self._drawn)
        self.world = world
        self.sight = Sight(world=world) if self._drawn else None
        self.scene = EpisodeScene(world=world, sight=self.sight)
        self.arm = Arm(robot=world.robot, spec=self.spec.robot, urdf=self._urdf)
        apply_stage(self.scene, episode.values, "build")
        apply_stage(self.scene, episode.values, "reset")
        self.scene.build()
        self._settle()
        if self.sight and self.spec.backdrop == "photo":
            self.sight.patches = self._patches()
        for stage in ("prompt", "render", "step"):
            apply_stage(self.scene, episode.values, stage)
        self.judge = Judge(world=world, rule=self._success)
        self.steps = 0
        return self.judge.look(self.arm.tool.p)

    def _leave(self) -> None:
        """Lets go of the last episode's world before the next is built, so that two never take memory at once."""
        for name in ("world", "sight", "scene", "arm", "judge"):
            self.__dict__.pop(name, None)

    def _patches(self) -> Patches:
        patches = Patches(scene=self.world.scene)
        for body in self.world.bodies.values():
            patches.add(body.entity, float(np.linalg.norm(body.model.extents_m)) / 2)
        for name in self.spec.robot.finger_links:
            patches.add(self.world.links[name].entity, FINGER_REACH_M)
        return patches

    def _settle(self) -> None:
        """Things fall on the table while the robot waits above; then it comes down in its first pose."""
        base = to_sapien(self.spec.robot.base)
        self.world.robot.set_pose(sapien.Pose(base.p + np.array([0, 0, LIFTED_BASE_M], dtype=np.float32), base.q))
        self.arm.reset(np.array(self.spec.robot.init_qpos), slack=self.spec.arm_slack_while_settling)
        for role, (xy_m, height_m) in self.scene.places.items():
            self.scene.drop(role, xy_m, height_m)
        first_s, more_s = self.spec.settle_s
        self.world.simulate(first_s)
        bodies = self.world.bodies.values()
        speed = sum(float(np.linalg.norm(body.rigid.linear_velocity)) for body in bodies)
        spin = sum(float(np.linalg.norm(body.rigid.angular_velocity)) for body in bodies)
        if speed > AT_REST_M_S or spin > AT_REST_RAD_S:
            self.world.simulate(more_s)
        self.world.robot.set_pose(base)
        qpos = np.array(self.spec.robot.init_qpos)
        qpos[: len(self.scene.arm_offsets_rad)] += self.scene.arm_offsets_rad
        self.arm.reset(qpos)

    def advance(self, action: np.ndarray) -> Status:
        """One control step with an action (7,) of finite numbers; see `Arm.command`."""
        self.arm.command(action)
        for _ in range(self.spec.physics_steps):
            self.world.physics.step()
        self.steps += 1
        status = self.judge.count(self.arm.tool.p)
        if self.steps in self.scene.moves:
            for role, xy_m in self.scene.moves[self.steps].items():
                self.scene.drop(role, xy_m, self.spec.reposition_height_m)
            self.world.simulate(self.spec.settle_s[0])
        return status

    def observe(self) -> dict[str, Any]:
        """What a policy sees now: `image` uint8 (H, W, 3) RGB, `images` by camera, `state` float32."""
        image = self.sight.look()
        return {"image": image, "images": {self.spec.camera.name: image}, "state": self.arm.state()}

    @property
    def instruction(self) -> str:
        """What the policy is told."""
        return self.scene.instruction

    def body(self, role: str) -> Body:
        """The thing in a role; for privileged policies."""
        return self.world.bodies[role]

    def seen_px(self, role: str) -> int:
        """How many pixels of the last observation show the thing in this role."""
        return self.sight.seen_px(self.body(role).entity)

    def state_hash(self) -> str:
        """16 hex digits of everything that moves: equal if and only if the physics went the same way, bit for bit."""
        return hashlib.sha256(self.world.state().tobytes()).hexdigest()[:16]
