"""A family of tasks: one kind of task, such as "put the source on the target", whatever scene and things it has.

A family knows no simulator. It sees the simulated world through the protocols of `tasks.judge`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from vlagen_bench.axes.base import Draft, Offer
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs import manifest
from vlagen_bench.scenes import specs
from vlagen_bench.tasks.judge import Judge, Status, World
from vlagen_bench.types import Task
from vlagen_bench.utils.parsing import build
from vlagen_bench.utils.registry import Registry

EVERY_TASK: Mapping[str, str] = {
    "instruction": '{templates: ["..."]}',
    "position": "{region: inner}",
    "table": "{split: train}",
}
"""axes without which no episode can be built, and how a task file writes them"""


class TaskFamily(ABC):
    """One kind of task. Never instantiated: a subclass is a set of facts and functions."""

    name: ClassVar[str]
    about: ClassVar[str]
    """what is to be done, in one line: `vlagen list` shows it"""
    roles: ClassVar[Mapping[str, str]]
    """role -> the axis that fills it. The roles are also the slots of an instruction: {source}"""
    rewrites: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """templates by level of the axis `instruction`, from 1; empty: the family has none"""
    failure_modes: ClassVar[Mapping[str, str]]
    """stored name -> what a report says, from never having begun to nearly done"""
    rule: ClassVar[type]
    """a frozen dataclass: its fields are the schema of `success` in a task file"""
    expert: ClassVar[str] = ""
    """`module:Class` of the privileged routine; empty: there is none, and `vlagen certify` says so"""

    @classmethod
    def default_rule(cls, scene: str) -> Any:
        """The rule of a task file without `success`; raises `ConfigError` where the family has none for the scene."""
        return cls.rule()

    @classmethod
    @abstractmethod
    def judge(cls, world: World, rule: Any) -> Judge:
        """A judge of one episode, made once everything has settled."""

    @staticmethod
    def potential(status: Status) -> float:
        """What the reward `potential` is the difference of, from one step to the next."""
        return 0.1 * status.grasped + 0.1 * status.consecutive_grasp + 1.0 * (status.success and status.grasped)


FAMILIES: Registry[type[TaskFamily]] = Registry("family of tasks")
"""every family, by name"""


def family(cls: type[TaskFamily]) -> type[TaskFamily]:
    """Class decorator: makes the family known under its name."""
    FAMILIES.add(cls.name, cls)
    return cls


def family_of(task: Task) -> type[TaskFamily]:
    """The family of a task; raises `ConfigError` for an unknown one."""
    return FAMILIES.get(task.family)


def rule_of(task: Task, where: str = "") -> Any:
    """When the task is done: what its file says under `success`, or the family's default; raises `ConfigError`."""
    mine = family_of(task)
    if task.success is None:
        return mine.default_rule(task.scene)
    return build(mine.rule, dict(task.success), f"{where or f'task {task.name}'}: success")


def offer(task: str, family_name: str, scene: str, nominal: Mapping[str, Any], *, pack: str = "") -> Offer:
    """What axes find in a task, from the names in its file alone. Only a pack other than the scene's is read."""
    mine = FAMILIES.get(family_name)
    words = ("rewritten instructions",) if mine.rewrites else ()
    things = specs.scene(scene).offers if not pack else _offers_of(pack)
    return Offer(
        task=task,
        family=family_name,
        scene=scene,
        roles=tuple(mine.roles),
        capabilities=frozenset((*things, *words)),
        axes=frozenset(nominal),
    )


def offer_of(task: Task) -> Offer:
    """What axes find in a task."""
    return offer(task.name, task.family, task.scene, task.nominal, pack=task.pack)


def _offers_of(name: str) -> tuple[str, ...]:
    """What a pack offers, as `SceneSpec.offers` names it."""
    pack = manifest.load(name)
    known = all(model.colour and model.category for model in pack.objects)
    offers = {"colours and categories": known, "overlay textures": bool(pack.textures)}
    return tuple(name for name, there in offers.items() if there)


def draft(task: Task, values: Mapping[str, Any]) -> Draft:
    """What the task's axes look at while they sample."""
    scene, mine = specs.of_task(task), family_of(task)
    return Draft(scene=scene, pack=manifest.load(scene.pack), values=values, roles=mine.roles, rewrites=mine.rewrites)


def check_nominal(task: Task, where: str) -> None:
    """Raises `ConfigError` where no axis fills a role of the family, or what every episode has is missing."""
    mine = family_of(task)
    for role, axis in mine.roles.items():
        if axis not in task.nominal:
            raise ConfigError(
                f"{where}: nominal: the family {mine.name} needs the axis {axis}, which fills the role {role}. "
                f"Add it, such as `{axis}: {{split: train}}`."
            )
    for axis, example in EVERY_TASK.items():
        if axis not in task.nominal:
            raise ConfigError(
                f"{where}: nominal: every task needs the axis {axis}. Add it, such as `{axis}: {example}`."
            )
