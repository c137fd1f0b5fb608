"""The assets of a batch: table, room, lights, and every model that an episode may need."""

from dataclasses import dataclass
from math import ceil, sqrt
from typing import cast

import sapien
import torch
from mani_skill.envs.scene import ManiSkillScene
from mani_skill.utils.structs.actor import Actor
from mani_skill.utils.structs.pose import Pose
from sapien import physx

from vlagen_bench.axes import AXES
from vlagen_bench.packs import manifest
from vlagen_bench.packs.manifest import Model
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.verbs import Scene
from vlagen_bench.sim import backdrop
from vlagen_bench.sim.maniskill.start import ConditionAssets, EpisodeStart

CELLAR_Z_M = -3.0
"""height, below the floor, of the shelf where models lie that their episode does not need"""
CELLAR_GAP_M = 0.35
"""from one model on the shelf to the next"""
AWAY = sapien.Pose([0, 0, CELLAR_Z_M - 1])
"""for table tops"""


@dataclass(kw_only=True)
class LoadedSource:
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


class BatchAssets:
    """The models and table tops of a pool, once in every scene.

    What an episode does not need lies in a cellar below the floor: on a GPU, nothing can be loaded or removed once the
    simulation runs.
    """

    def __init__(self, *, spec: SceneSpec, pool: ConditionAssets, scene: ManiSkillScene) -> None:
        """Loads everything into the scenes, before the simulation runs."""
        self._spec, self._scene = spec, scene
        backdrop.add_room(scene, spec)
        backdrop.add_pedestal(scene, spec)
        self._add_table()
        pack = manifest.load(spec.pack)
        objects = [pack.find("objects", name) for name in pool.objects]
        receptacles = [pack.find("receptacles", name) for name in pool.receptacles]
        self._cellar = self._add_shelf((*objects, *receptacles))
        self.models = {model.id: self._add_model(model) for model in (*objects, *receptacles)}
        self._tops = {name: self._add_top(name) for name in pool.tables}
        for model in objects:
            for axis, value in pool.dynamics.items():
                source = cast(
                    Scene, LoadedSource(actor=self.models[model.id])
                )  # all verbs that axes of dynamics use here
                AXES.get(axis).apply(source, value)

    def begin(self, starts: list[EpisodeStart]) -> None:
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
        builder = self._scene.create_actor_builder()
        backdrop.add_table(builder, drawn=True)
        builder.initial_pose = sapien.Pose([0, 0, self._spec.table_height_m])
        builder.build_static(name="table")

    def _add_shelf(self, models: tuple[Model, ...]) -> dict[str, sapien.Pose]:
        """A shelf in the cellar; says where on it each model lies."""
        side = ceil(sqrt(len(models)))
        half_m = side * CELLAR_GAP_M / 2
        builder = self._scene.create_actor_builder()
        backdrop.add_block(builder, half_m, half_m)
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
            str(manifest.file_of(pack, model.collision)),
            material=physx.PhysxMaterial(friction, friction, 0.0),
            density=model.density_kg_m3,
        )
        builder.add_visual_from_file(str(manifest.file_of(pack, model.visual)))
        builder.initial_pose = self._cellar[model.id]
        return builder.build_dynamic(name=model.id)

    def _add_top(self, name: str) -> Actor:
        """What is seen of a table: as `World.add_table` draws it, but it touches nothing and can be moved."""
        pack = self._spec.pack
        table = manifest.load(pack).find("tables", name)
        picture = backdrop.table_top(str(manifest.file_of(pack, table.image)), table.covers_m)
        tops = []
        for row in range(self._scene.num_envs):
            builder = self._scene.create_actor_builder()
            builder.set_scene_idxs([row])
            builder._procedural_shapes.append(picture.clone())  # a shape has one place on the GPU
            builder.initial_pose = AWAY
            tops.append(builder.build_kinematic(name=f"table {name} {row}"))
        return Actor.merge(tops, name=f"table {name}")
