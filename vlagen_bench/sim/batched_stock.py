"""What stands in every scene of a batch? Table, room and lights, and all models that any episode may need."""

from dataclasses import dataclass
from math import ceil, sqrt

import sapien
import torch
from mani_skill.envs.scene import ManiSkillScene
from mani_skill.utils.building.actor_builder import ActorBuilder
from mani_skill.utils.structs.actor import Actor
from mani_skill.utils.structs.pose import Pose
from sapien import physx, render

from vlagen_bench import packs
from vlagen_bench.axes import AXES
from vlagen_bench.packs import Model
from vlagen_bench.sim.batched_start import Pool, Start
from vlagen_bench.sim.world import TABLE_SIZE_M, UNDER_TOP_M, World, _table_top
from vlagen_bench.specs import SceneSpec

CELLAR_Z_M = -3.0
"""height, below the floor, of the shelf where models lie that their episode does not need"""
CELLAR_GAP_M = 0.35
"""from one model on the shelf to the next"""
AWAY = sapien.Pose([0, 0, CELLAR_Z_M - 1])
"""for table tops"""
BLOCK_HALF_M = 0.2


class Furniture(World):
    """Room and lights of a world, in all of ManiSkill's scenes at once, since those take the same calls."""

    def __init__(self, *, spec: SceneSpec, scene: ManiSkillScene) -> None:
        """Robot, camera and physics are ManiSkill's: there is no world to build."""
        self.spec, self.scene, self._lights = spec, scene, []

    def add_room(self) -> None:
        self._add_room()


@dataclass(kw_only=True)
class Source:
    """An object at load, in the verbs of the axes that change how the source behaves."""

    actor: Actor

    def scale_mass(self, role: str, factor: float) -> None:
        for body in self.actor._bodies:
            body.mass, body.inertia = body.mass * factor, body.inertia * factor

    def scale_friction(self, role: str, factor: float) -> None:
        # All shapes of all scenes share one material.
        material = self.actor._bodies[0].collision_shapes[0].physical_material
        material.static_friction *= factor
        material.dynamic_friction *= factor


class Stock:
    """The models and table tops of a pool, once in every scene.

    What an episode does not need lies in a cellar below the floor: on a GPU, nothing can be loaded or removed once the
    simulation runs.
    """

    def __init__(self, *, spec: SceneSpec, pool: Pool, scene: ManiSkillScene) -> None:
        """Loads everything into the scenes, before the simulation runs."""
        self._spec, self._scene = spec, scene
        Furniture(spec=spec, scene=scene).add_room()
        self._add_table()
        pack = packs.load(spec.pack)
        objects = [pack.find("objects", name) for name in pool.objects]
        receptacles = [pack.find("receptacles", name) for name in pool.receptacles]
        self._cellar = self._add_shelf((*objects, *receptacles))
        self.models = {model.id: self._add_model(model) for model in (*objects, *receptacles)}
        self._tops = {name: self._add_top(name) for name in pool.tables}
        for model in objects:
            for axis, value in pool.dynamics.items():
                AXES.get(axis).apply(Source(actor=self.models[model.id]), value)

    def begin(self, starts: list[Start]) -> None:
        """Puts everything where it is at the start; `starts` are those of the scenes that begin, in their order."""
        for name, actor in self.models.items():
            self._put(actor, [start.poses.get(name, self._cellar[name]) for start in starts])
        on = sapien.Pose([0, 0, self._spec.table_height_m])
        for name, actor in self._tops.items():
            self._put(actor, [on if start.table == name else AWAY for start in starts])

    def _put(self, actor: Actor, poses: list[sapien.Pose]) -> None:
        rows = [[*pose.p, *pose.q] for pose in poses]
        actor.set_pose(Pose.create(torch.tensor(rows, dtype=torch.float32, device=self._scene.device)))

    def _add_table(self) -> None:
        """What is the same of every table: it collides, and is grey but for its top."""
        half = [side / 2 for side in TABLE_SIZE_M]
        grey = render.RenderMaterial(base_color=[0.5, 0.5, 0.5, 1], roughness=0.7, specular=0.3)
        builder = self._block(half[0], half[1])
        builder.add_box_visual(sapien.Pose([0, 0, -half[2] - UNDER_TOP_M]), half_size=half, material=grey)
        builder.initial_pose = sapien.Pose([0, 0, self._spec.table_height_m])
        builder.build_static(name="table")

    def _block(self, half_x_m: float, half_y_m: float) -> ActorBuilder:
        """Something to lie on, its top at the origin; as deep as what collides of the table in `World`."""
        builder = self._scene.create_actor_builder()
        builder.add_box_collision(sapien.Pose([0, 0, -BLOCK_HALF_M]), half_size=[half_x_m, half_y_m, BLOCK_HALF_M])
        return builder

    def _add_shelf(self, models: tuple[Model, ...]) -> dict[str, sapien.Pose]:
        """A shelf in the cellar; says where on it each model lies."""
        side = ceil(sqrt(len(models)))
        half_m = side * CELLAR_GAP_M / 2
        builder = self._block(half_m, half_m)
        builder.initial_pose = sapien.Pose([0, 0, CELLAR_Z_M])
        builder.build_static(name="shelf")
        spots = [(index % side, index // side) for index in range(len(models))]
        return {
            model.id: sapien.Pose(
                [*((n + 0.5) * CELLAR_GAP_M - half_m for n in spot), CELLAR_Z_M + model.extents_m[2] / 2]
            )
            for model, spot in zip(models, spots, strict=True)
        }

    def _add_model(self, model: Model) -> Actor:
        pack, friction = self._spec.pack, self._spec.object_friction
        builder = self._scene.create_actor_builder()
        builder.add_multiple_convex_collisions_from_file(
            str(packs.file_of(pack, model.collision)),
            material=physx.PhysxMaterial(friction, friction, 0.0),
            density=model.density_kg_m3,
        )
        builder.add_visual_from_file(str(packs.file_of(pack, model.visual)))
        builder.initial_pose = self._cellar[model.id]
        return builder.build_dynamic(name=model.id)

    def _add_top(self, name: str) -> Actor:
        """What is seen of a table: as `World.add_table` draws it, but it touches nothing and can be moved."""
        pack = self._spec.pack
        picture = _table_top(str(packs.file_of(pack, packs.load(pack).find("tables", name).image)))
        tops = []
        for row in range(self._scene.num_envs):
            builder = self._scene.create_actor_builder()
            builder.set_scene_idxs([row])
            builder._procedural_shapes.append(picture.clone())  # a shape has one place on the GPU
            builder.initial_pose = AWAY
            tops.append(builder.build_kinematic(name=f"table {name} {row}"))
        return Actor.merge(tops, name=f"table {name}")
