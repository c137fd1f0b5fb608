"""The start of an episode in a batch, and the assets that the episodes of a condition need."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sapien

from vlagen_bench import axes, tasks
from vlagen_bench.axes import PoolAxis
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog, plan
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.verbs import FakeScene
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.types import Episode, Task

POOLS: Mapping[str, str] = {"object": "objects", "receptacle": "receptacles", "table": "tables"}
"""axis -> kind of asset. All that it may choose is loaded, since a simulation on a GPU cannot load more later."""
START_VERBS = ("add_model", "set_table", "place", "turn", "bend_arm", "tell")
"""verbs of `vlagen_bench.scenes.verbs.Scene` that only change how an episode begins"""
LOAD_VERBS = ("scale_mass", "scale_friction")
"""verbs that change the models, once for all episodes, since a simulation on a GPU cannot do it later"""
ROLES = ("source", "target")
USE_PROCESSES = 'backend="processes" plays everything.'


@dataclass(frozen=True, kw_only=True)
class ConditionAssets:
    """What all episodes of a condition need."""

    objects: tuple[str, ...]
    receptacles: tuple[str, ...]
    tables: tuple[str, ...]
    dynamics: Mapping[str, Any]
    """axis -> value"""


@dataclass(frozen=True, kw_only=True)
class EpisodeStart:
    """How an episode begins, once everything has settled."""

    episode: Episode
    instruction: str
    poses: Mapping[str, sapien.Pose]
    """model id -> pose in the world"""
    qpos: Mapping[str, float]
    """joint name -> rad or m"""

    @property
    def source(self) -> str:
        """Id of the object to move."""
        return self.episode.values["object"]

    @property
    def target(self) -> str:
        """Id of the receptacle that it goes on."""
        return self.episode.values["receptacle"]

    @property
    def table(self) -> str:
        return self.episode.values["table"]


def pool_of(task: Task, condition: str) -> ConditionAssets:
    """All that the episodes of a condition can need.

    Raises:
        ConfigError: scenes in a batch cannot be as the task's scene is, or cannot do what an axis of the condition does.
    """
    scene = specs.of_task(task)
    if tuple(tasks.family_of(task).roles) != ROLES:
        raise ConfigError(f"Scenes in a batch play tasks of the family put_on, not {task.family}. {USE_PROCESSES}")
    if scene.backdrop != "table":
        raise ConfigError(
            f"Scenes in a batch show a table, but the scene '{scene.name}' of {task.name} is a photo of one. "
            f"{USE_PROCESSES}"
        )
    first, second = (plan.sample(task, condition, index=index, seed=0, twins=False)[0].values for index in range(2))
    dynamics = {name: value for name, value in first.items() if _changes_models(name, value)}
    for name, value in dynamics.items():
        if second[name] != value:
            raise ConfigError(f"The axis '{name}' differs between episodes, which a GPU cannot do. {USE_PROCESSES}")
    axis_set = catalog.axis_set(task, catalog.condition(task, condition))
    draft = tasks.draft(task, {})
    chosen: dict[str, tuple[str, ...]] = {}
    for name, kind in POOLS.items():
        member = axes.make(name, axis_set[name], f"task {task.name}")
        assert isinstance(member, PoolAxis)
        chosen[kind] = tuple(member.pick(index, draft) for index in range(member.size(draft)))
    return ConditionAssets(**chosen, dynamics=dynamics)


def _changes_models(name: str, value: Any) -> bool:
    """Whether a value of an axis changes the models; `ConfigError` if it does what scenes in a batch cannot do."""
    asked = FakeScene()
    axes.AXES.get(name).apply(asked, value)
    for verb, arguments in asked.calls:
        if verb not in (*START_VERBS, *LOAD_VERBS) or (verb == "add_model" and arguments[0] not in ROLES):
            raise ConfigError(f"Scenes in a batch cannot do what the axis '{name}' does ({verb}). {USE_PROCESSES}")
    return any(verb in LOAD_VERBS for verb, _ in asked.calls)


def start_of(simulator: Simulator, episode: Episode) -> EpisodeStart:
    """How the episode begins: as a simulator of its own (without a renderer) has it when all has settled.

    A batch is not simulated for that, since what goes on in the other scenes would go on too.
    """
    simulator.reset(episode)
    robot = simulator.world.robot
    return EpisodeStart(
        episode=episode,
        instruction=simulator.instruction,
        poses={body.model.id: body.entity.pose for body in simulator.world.bodies.values()},
        qpos={joint.name: float(value) for joint, value in zip(robot.active_joints, np.ravel(robot.qpos), strict=True)},
    )
