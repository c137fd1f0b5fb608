"""A family of tasks: one kind of task, such as "put the source on the target", whatever scene and things it has.

A family knows no simulator. It sees the simulated world through the protocols of `tasks.judge`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from vlagen_bench.axes.base import AXES, Draft, Offer
from vlagen_bench.axes.shared import declared
from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.packs import manifest
from vlagen_bench.scenes import specs
from vlagen_bench.tasks.judge import Judge, Status, World
from vlagen_bench.types import NativeTask, Task
from vlagen_bench.utils import plugins
from vlagen_bench.utils.blame import code_of, wrong
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
    stages: ClassVar[Mapping[str, str]] = {
        "reached": "the gripper came to the object",
        "grasped": "both fingers held the object",
    }
    """what comes before success, in order: boolean field of the status -> what a report says. An episode's `progress` is
    the number of the furthest one that was ever true, of all and success"""
    rule: ClassVar[type]
    """a frozen dataclass: its fields are the schema of `success` in a task file"""
    needs: ClassVar[Mapping[str, str]] = EVERY_TASK
    """axes without which no episode can be built, and how a task file writes them"""
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
    """Class decorator: makes the family known under its name; raises `ConfigError` for what it must not declare."""
    declared.check_family(cls)
    FAMILIES.add(cls.name, cls)
    return cls


def check_names() -> None:
    """Raises `ConfigError` for the first axis or family from outside that names a role or an axis which does not exist.

    Once all is imported, since they may name each other.
    """
    roles = sorted({role for one in FAMILIES for role in one.roles})
    for axis in AXES:
        for role in axis.requires_roles:
            if role not in roles:
                raise declared.fail("axis", axis, f"`requires_roles`: {unknown('role', role, roles)}")
        for key in ("after", "requires_axes"):
            for name in getattr(axis, key):
                if name not in AXES:
                    raise declared.fail("axis", axis, f"`{key}`: {unknown('axis', name, AXES.names())}")
    for mine in FAMILIES:
        for role, name in mine.roles.items():
            if name not in AXES:
                raise declared.fail("family", mine, f"`roles`: {role}: {unknown('axis', name, AXES.names())}")


plugins.check(check_names)


def family_of(task: Task) -> type[TaskFamily]:
    """The family of a task; raises `ConfigError` for an unknown one."""
    return FAMILIES.get(task.family)


def judge_of(family: type[TaskFamily], world: World, rule: Any) -> Judge:
    """The judge of an episode; raises `CodeError` if a family from outside fails to make one."""
    with code_of(f"family {family.name}", family):
        judge = family.judge(world, rule)
        judge.stages = tuple(family.stages)
    return judge


def judged(family: type[TaskFamily], look: Callable[..., Status], *arguments: Any, **more: Any) -> Status:
    """What a judge says, by its method `look` or `count`.

    Raises:
        CodeError: the code of a family from outside fails, or names a failure mode that it does not declare.
    """
    with code_of(f"family {family.name}", family):
        status = look(*arguments, **more)
        trouble = status.trouble
    if trouble is not None and trouble not in family.failure_modes:
        said = unknown("failure mode", str(trouble), family.failure_modes)
        raise wrong(f"family {family.name}", family, f"its judge names a failure mode that it does not declare. {said}")
    return status


def rule_of(task: Task, where: str = "") -> Any:
    """When the task is done: what its file says under `success`, or the family's default; raises `ConfigError`."""
    mine = family_of(task)
    if task.success is None:
        with code_of(f"family {mine.name}", mine):
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
    if task.native is not None:
        return _native_offer(task, task.native)
    return offer(task.name, task.family, task.scene, task.nominal, pack=task.pack)


def _native_offer(task: Task, native: NativeTask) -> Offer:
    """Of a task of ManiSkill: its own reset puts an object on a place, so that axes about these make sense."""
    words = ("rewritten instructions",) if native.rewrites else ()
    return Offer(
        task=task.name,
        family=task.family,
        scene=task.scene,
        roles=("source",),
        capabilities=frozenset(("overlay textures", *words)),
        axes=frozenset((*task.nominal, "object", "position")),
        unfit=dict(native.unfit),
    )


def _offers_of(name: str) -> tuple[str, ...]:
    """What a pack offers, as `SceneSpec.offers` names it."""
    pack = manifest.load(name)
    known = all(model.colour and model.category for model in pack.objects)
    offers = {"colours and categories": known, "overlay textures": bool(pack.textures)}
    return tuple(name for name, there in offers.items() if there)


def draft(task: Task, values: Mapping[str, Any]) -> Draft:
    """What the task's axes look at while they sample."""
    scene, mine = specs.of_task(task), family_of(task)
    return Draft(
        scene=scene,
        pack=manifest.load(scene.pack),
        values=values,
        roles=mine.roles,
        rewrites=mine.rewrites if task.native is None else task.native.rewrites,
        native=task.native,
    )


def check_nominal(task: Task, where: str) -> None:
    """Raises `ConfigError` where no axis fills a role of the family, or what every episode has is missing."""
    mine = family_of(task)
    for role, axis in mine.roles.items():
        if axis not in task.nominal:
            raise ConfigError(
                f"{where}: nominal: the family {mine.name} needs the axis {axis}, which fills the role {role}. "
                f"Add it, such as `{axis}: {{split: train}}`."
            )
    for axis, example in mine.needs.items():
        if axis not in task.nominal:
            raise ConfigError(
                f"{where}: nominal: every task needs the axis {axis}. Add it, such as `{axis}: {example}`."
            )
