"""The catalog of tasks and suites: a strict reader of their YAML files, shipped or from outside."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from vlagen_bench import axes, tasks
from vlagen_bench.axes.instruction import Instruction
from vlagen_bench.errors import CodeError, ConfigError, UnknownName, VlagenError, unknown
from vlagen_bench.packs import manifest
from vlagen_bench.plan import conditions, native_tasks, rotation
from vlagen_bench.scenes import specs
from vlagen_bench.types import Condition, Suite, Task
from vlagen_bench.utils import plugins, surface
from vlagen_bench.utils.blame import wrong
from vlagen_bench.utils.parsing import build, load_yaml


def task_names() -> tuple[str, ...]:
    """All tasks, by file name."""
    return tuple(sorted(plugins.files("task")))


def suite_names() -> tuple[str, ...]:
    """All suites, by file name."""
    return tuple(sorted(plugins.files("suite")))


def task(name: str) -> Task:
    """The task called `name`, checked to the last axis parameter.

    Raises:
        ConfigError: no such task, or its file says something that is not allowed.
    """
    return _task(name, plugins.version())


@cache
def _task(name: str, version: int) -> Task:
    """As `task`, for one version of what there is: an axis that is added gives conditions to tasks that were read."""
    known = plugins.files("task")
    if name in known:
        return read_task(known[name])
    if native_tasks.is_native(name):
        return native_tasks.task(name)
    raise UnknownName(native_tasks.unknown_task(name, known))


def read_task(path: Path) -> Task:
    """The task in a file; raises `ConfigError` that says what is wrong with it and where."""
    with _hinting(path):
        return _read_task(path)


def _read_task(path: Path) -> Task:
    parsed = build(Task, load_yaml(path), str(path))
    if parsed.name != path.stem:
        raise ConfigError(f"{path}: the task is called '{parsed.name}' inside, but the file is called '{path.stem}'.")
    with _read_from(str(path)):
        manifest.load(specs.of_task(parsed).pack)
    _check_family(parsed, str(path))
    if parsed.nominal_name in parsed.conditions:
        raise ConfigError(
            f"{path}: '{parsed.nominal_name}' is the nominal condition; rename the one under `conditions`."
        )
    generated = conditions.of_task(tasks.offer_of(parsed), parsed.nominal) if parsed.variants else {}
    if twice := sorted(set(generated) & set(parsed.conditions)):
        raise ConfigError(f"{path}: conditions: '{twice[0]}' is given by its axis already. Rename or remove it.")
    parsed = dataclasses.replace(parsed, conditions=parsed.conditions | generated)
    for name in parsed.condition_names():
        where = f"{path}: conditions: {name}"
        with _blaming(conditions.axis_of(name) if name in generated else None):
            _check(parsed, condition(parsed, name), where)
    return parsed


@contextmanager
def _blaming(axis: type[axes.Axis] | None) -> Iterator[None]:
    """Lets an axis from outside answer for the conditions that it gives to tasks; None: the task file itself does."""
    try:
        yield
    except ConfigError as error:
        if axis is None or plugins.is_shipped(axis):
            raise
        raise wrong(f"axis {axis.name}", axis, str(error)) from None


def _check_family(parsed: Task, where: str) -> None:
    """Whether the family is known, its rule is well written, and all that its episodes need is nominal."""
    with _read_from(where):
        tasks.family_of(parsed)
    tasks.rule_of(parsed, where)
    tasks.check_nominal(parsed, where)


def _check(of_task: Task, tested: Condition, where: str) -> None:
    members = {n: _made(n, p, where) for n, p in axis_set(of_task, tested).items()}
    offer = tasks.offer_of(of_task)
    for member in members.values():
        if lack := axes.lack_of(type(member), offer, ready_made=False):
            raise ConfigError(f"{where}: {lack}")
        if isinstance(member, Instruction):
            member.check_slots(offer.roles, where)
    axes.ordered(members)
    for digit in tested.digits or of_task.digits:
        if digit not in members:
            raise ConfigError(f"{where}: digits: {unknown('axis', digit, members, of='The condition')}")


def _made(name: str, parameters: Mapping[str, Any], where: str) -> axes.Axis:
    if name not in axes.AXES:
        raise UnknownName(f"{where}: {unknown('axis', name, axes.AXES.names())}")
    return axes.make(name, parameters, where)


def has_condition(of_task: Task, name: str) -> bool:
    """Whether a task has the condition called so, or all that it joins."""
    return name == of_task.nominal_name or all(part in of_task.conditions for part in name.split(conditions.JOIN))


def condition(of_task: Task, name: str) -> Condition:
    """The condition called `name`: nominal, one of the task's, or several of these joined by `+`.

    Raises:
        ConfigError: the name is unknown, or names conditions that exclude each other.
    """
    if name == of_task.nominal_name:
        return Condition()
    known = of_task.conditions
    parts = name.split(conditions.JOIN)
    for part in parts:
        if part not in known:
            raise _why_unknown(of_task, part)
    if len(parts) == 1:
        return known[name]
    if name != (right := conditions.canonical(name)):
        raise ConfigError(f"The condition {name} is called {right}.")
    return conditions.together({part: known[part] for part in parts}, of_task.nominal)


def _why_unknown(of_task: Task, name: str) -> ConfigError:
    """The error for a condition that the task does not have: its axis makes no sense there, or nothing is so called."""
    axis = conditions.axis_of(name)
    lack = None if axis is None else axes.lack_of(axis, tasks.offer_of(of_task))
    if lack is not None:
        return ConfigError(lack)
    return UnknownName(unknown("condition", name, of_task.condition_names(), of=f"The task {of_task.name}"))


def axis_set(of_task: Task, of_condition: Condition, *, clean: bool = False) -> dict[str, Mapping[str, Any]]:
    """Axis name -> parameters of a condition, or of its clean twin."""
    return {**of_task.nominal, **of_condition.shared, **({} if clean else of_condition.perturb)}


def groups_of(
    of_task: Task, names: Iterable[str], groups: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> dict[str, str]:
    """Condition -> its row group, in this order: `nominal`, the group of its axis in the suite, or what `_kind_of` says.

    Args:
        of_task: whose conditions they are.
        names: of the conditions.
        groups: of a suite whose conditions take turns: group -> axes.
    """
    by_axis = {axis: group for group, members in groups.items() for axis in members}
    found = {}
    for name in names:
        axis = conditions.axis_of(name) if by_axis else None
        found[name] = (by_axis.get(axis.name) if axis else None) or _kind_of(of_task, name)
    return found


def _kind_of(of_task: Task, name: str) -> str:
    """`nominal`, what the condition's file says, or the kind of its first perturbed axis."""
    named = condition(of_task, name)
    if not named.perturb:
        return "nominal"
    return named.group or axes.AXES.get(next(iter(named.perturb))).kind


@cache
def suite(name: str) -> Suite:
    """The suite called `name`, or the part of one for one of its tasks; raises `ConfigError` for unknown names."""
    if name in (known := plugins.files("suite")):
        return read_suite(known[name])
    for own in (own for own in known if name.startswith(f"{own}-")):
        if (of := name.removeprefix(f"{own}-")) in suite(own).tasks:
            return on_task(suite(own), of)
    raise UnknownName(unknown("suite", name, known))


def has_suite(name: str) -> bool:
    """Whether there is a suite called so, or a part of one."""
    with suppress(UnknownName):
        return bool(suite(name))
    return False


def on_task(whole: Suite, name: str) -> Suite:
    """The part of a suite for one of its tasks: of its conditions, those that make sense there."""
    there = (one for one in whole.conditions if has_condition(task(name), one))
    return dataclasses.replace(whole, name=f"{whole.name}-{name}", task=name, tasks=(), conditions=tuple(there))


def read_suite(path: Path) -> Suite:
    """The suite in a file, checked against its task."""
    parsed = build(Suite, load_yaml(path), str(path))
    if parsed.name != path.stem:
        raise ConfigError(f"{path}: the suite is called '{parsed.name}' inside, but the file is called '{path.stem}'.")
    with _hinting(path):
        complete = complete_suite(parsed, str(path))
    if twice := sorted(set(parsed.conditions) & set(rotation.taking_turns(complete))):
        raise ConfigError(
            f"{path}: conditions: {twice[0]} takes turns in `groups` already. Remove it from one of both."
        )
    return complete


def complete_suite(parsed: Suite, where: str) -> Suite:
    """The suite with the conditions of its `axes`, `combined` and `groups` filled in, checked; `where` begins the messages."""
    parsed = _with_groups(parsed, where)
    with _read_from(where):
        offer = tasks.offer_of(task(parsed.task))
        if parsed.tasks and parsed.task not in parsed.tasks:
            raise ConfigError(unknown("task", parsed.task, parsed.tasks, of="`tasks`"))
        names = [*parsed.conditions, *conditions.names_of(parsed.axes, offer), *rotation.names_of(parsed, offer)]
    for members in parsed.combined:
        names += [*members, conditions.canonical(conditions.JOIN.join(members))]
    parsed = dataclasses.replace(parsed, conditions=tuple(dict.fromkeys(names)))
    if not names:
        raise ConfigError(f"{where}: the suite has no conditions. Fill `conditions`, `axes`, `combined` or `groups`.")
    check_conditions(parsed.task, parsed.conditions, where)
    return parsed


def _with_groups(parsed: Suite, where: str) -> Suite:
    """The suite with the groups of the one that it names in `groups_of`."""
    if not parsed.groups_of:
        return parsed
    if parsed.groups_of == parsed.name:
        raise ConfigError(f"{where}: groups_of: it names the suite itself. Write `groups`, or name another suite.")
    with _read_from(f"{where}: groups_of"):
        other = suite(parsed.groups_of)
    if not other.groups:
        raise ConfigError(f"{where}: groups_of: the suite '{other.name}' has no groups. Write `groups` here.")
    if (parsed.groups, parsed.levels) not in (({}, ()), (other.groups, other.levels)):
        raise ConfigError(
            f"{where}: groups_of: with it, `groups` and `levels` are those of '{other.name}'. Remove them."
        )
    return dataclasses.replace(parsed, groups=other.groups, levels=other.levels)


@contextmanager
def _read_from(where: str) -> Iterator[None]:
    """Lets an error name the file that asks for something."""
    try:
        yield
    except CodeError:
        raise
    except VlagenError as error:
        kind = UnknownName if isinstance(error, UnknownName) else ConfigError
        raise kind(f"{where}: {error}") from None


@contextmanager
def _hinting(path: Path) -> Iterator[None]:
    """Says how one's own is included where a file names what does not exist, and stands alone, not in a folder with it."""
    try:
        yield
    except UnknownName as error:
        place = plugins.location_of(path)
        if place is None or place.path != path.resolve() or surface.hint() in str(error):
            raise
        end = "" if str(error).endswith((".", "?")) else "."
        raise UnknownName(f"{error}{end}{surface.hint()}") from None


def check_conditions(task_name: str, names: tuple[str, ...], where: str) -> None:
    """Raises `ConfigError` for the first name that is no condition of the task."""
    for name in names:
        try:
            condition(task(task_name), name)
        except UnknownName as error:
            raise UnknownName(f"{where}: {error}") from None
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None


@cache
def official_ids(suite_name: str) -> dict[str, list[int]]:
    """Condition -> published official episode ids of a suite; raises `ConfigError` if its file is missing or wrong."""
    of = suite(suite_name).ids_of or suite_name
    path = plugins.files("suite")[suite_name].parent / "ids" / f"{of}.json"
    return build(dict[str, list[int]], load_yaml(path), str(path))
