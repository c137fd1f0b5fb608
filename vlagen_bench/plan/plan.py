"""The plan of a run: every episode of a suite, made by a pure function without simulator or clock."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vlagen_bench import axes, tasks
from vlagen_bench.axes import Axis, Draft, PoolAxis
from vlagen_bench.errors import MANY, ConfigError, UnknownName, unknown
from vlagen_bench.plan import catalog, native_tasks, rotation
from vlagen_bench.plan import conditions as variants
from vlagen_bench.types import Episode, Plan, Suite, Task, canonical_json
from vlagen_bench.utils.blame import code_of
from vlagen_bench.utils.parsing import build
from vlagen_bench.utils.seeding import stream

Known = dict[str, Any]
"""axis, parameters and the values that it looks at, as JSON -> what it drew, for one task, index and seed"""


def make_plan(suite: Suite) -> Plan:
    """Every episode of the suite, with its clean twin.

    Episodes come index by index, all conditions of one index before the next index, each twin just
    before the first episode that needs it, so that an interrupted run has seen all conditions alike. Where conditions take
    turns (`Suite.groups`), an index has one of each group, and after any number of indices all had as many turns.
    """
    task = catalog.task(suite.task)
    if suite.official_ids:
        return Plan(suite=suite, episodes=tuple(_pinned(suite, task)))
    episodes: dict[str, Episode] = {}
    for index, names in enumerate(rotation.scenes(suite)):
        known: Known = {}
        for name in names:
            episode, twin = sample(task, name, index=index, seed=suite.seed, twins=suite.twins, known=known)
            for added in filter(None, (twin, episode)):
                episodes.setdefault(added.id, added)
    return Plan(suite=suite, episodes=tuple(episodes.values()))


def _pinned(suite: Suite, task: Task) -> Iterator[Episode]:
    """The episodes of a suite of published official ids."""
    ids = catalog.official_ids(suite.name)
    for index in range(suite.episodes):
        for name in suite.conditions:
            if index >= len(ids[name]):
                raise ConfigError(
                    f"The suite '{suite.name}' has {len(ids[name])} published episodes of {name}, not {suite.episodes}."
                )
            yield dataclasses.replace(official(task, name, ids[name][index]), index=index)


def draw_official_ids(
    task: Task, conditions: tuple[str, ...], *, seeds: tuple[int, ...], each: int
) -> dict[str, list[int]]:
    """Official ids as the protocol draws them, `each` a seed, uniformly over a condition's pool; how `ids/` was made."""
    return {
        name: [
            int(stream(seed, task.name, "official", name, index).randint(pool_size(task, name), dtype=np.int64))
            for seed in seeds
            for index in range(each)
        ]
        for name in conditions
    }


def select(
    suite: Suite,
    *,
    conditions: tuple[str, ...] | None,
    episodes: int | None,
    seed: int | None,
    option: str = "--conditions",
    task: str | None = None,
) -> Suite:
    """The suite, narrowed or reseeded as the command line asks.

    Args:
        suite: of the catalog.
        conditions: instead of the suite's; each is played in every scene, also where the suite's take turns.
        episodes: instead of the suite's, per condition; of conditions that take turns the number of scenes.
        seed: instead of the suite's.
        option: the option that asks for the conditions.
        task: in place of the suite's; the suite is called by both names then, since its numbers are of another task.

    Raises:
        ConfigError: an unknown task or condition, no episodes, or a seed or task for a suite of published episodes.
    """
    if task is None and suite.tasks:
        raise ConfigError(
            f"The suite '{suite.name}' is of several tasks, each with a plan of its own. Name one of them: --task {suite.task}. "
            f"There are: {', '.join(suite.tasks)}."
        )
    if task in suite.tasks:
        suite = catalog.on_task(suite, str(task))
    elif task is not None and task != suite.task:
        suite = _on_task(suite, task)
        if conditions is None:
            _check_all_there(suite)
    if conditions is not None:
        conditions = tuple(map(variants.canonical, conditions))
        catalog.check_conditions(suite.task, conditions, option)
        suite = dataclasses.replace(suite, groups={}, levels=(), groups_of="")
    if episodes is not None and episodes < 1:
        raise ConfigError(f"--episodes: at least 1 episode per condition is needed, not {episodes}.")
    if seed is not None and suite.official_ids:
        raise ConfigError(f"The suite '{suite.name}' has published episodes, which no seed changes: leave out --seed.")
    return dataclasses.replace(
        suite,
        conditions=suite.conditions if conditions is None else conditions,
        episodes=suite.episodes if episodes is None else episodes,
        seed=suite.seed if seed is None else seed,
    )


def _check_all_there(suite: Suite) -> None:
    """Raises `ConfigError` that says what to do if a suite's conditions are not those of the task that replaces its own."""
    task = catalog.task(suite.task)
    lacking = [name for name in suite.conditions if not catalog.has_condition(task, name)]
    if lacking:
        own = suite.name.removesuffix(f"-{task.name}")
        names = task.condition_names()
        shown = ", ".join(names[:MANY]) + (f" and {len(names) - MANY} more: vlagen list" if len(names) > MANY else "")
        raise ConfigError(
            f"The task {task.name} does not have the conditions {', '.join(lacking)} of the suite {own}. Name those that "
            f"are to be run: --conditions {names[0]}. There are: {shown}"
        )


def _on_task(suite: Suite, task: str) -> Suite:
    if suite.official_ids:
        raise ConfigError(f"The suite '{suite.name}' has published episodes of its own task: leave out --task.")
    catalog.task(task)
    return dataclasses.replace(suite, name=f"{suite.name}-{task}", task=task, tasks=())


def sample(
    task: Task, name: str, *, index: int, seed: int, twins: bool = True, known: Known | None = None
) -> tuple[Episode, Episode | None]:
    """Episode `index` of a condition, and its clean twin (None for a clean condition, or without `twins`)."""
    condition = catalog.condition(task, name)
    values = draw(task, catalog.axis_set(task, condition), index=index, seed=seed, known=known)
    twin = None
    if twins and condition.perturb:
        clean = draw(task, catalog.axis_set(task, condition, clean=True), index=index, seed=seed, known=known)
        twin_name = (condition.twin or f"{name}:clean") if condition.shared else task.nominal_name
        twin = Episode(task=task.ref, condition=twin_name, index=index, seed=seed, values=clean)
    episode = Episode(
        task=task.ref, condition=name, index=index, seed=seed, values=values, twin=twin.id if twin else None
    )
    return episode, twin


def draw(
    task: Task, axis_set: Mapping[str, Mapping[str, Any]], *, index: int, seed: int, known: Known | None = None
) -> dict[str, Any]:
    """One value per axis. The stream of an axis depends on seed, task, index and its name, never on the condition.

    Args:
        task: whose axes they are.
        axis_set: axis -> parameters.
        index: of the episode.
        seed: of the suite.
        known: what was drawn for other conditions of the same task, index and seed; is filled.
    """
    known = {} if known is None else known
    values: dict[str, Any] = {}
    for name in axes.ordered({name: axes.AXES.get(name) for name in axis_set}):
        looked_at = _looked_at(name, values)
        key = canonical_json([name, axis_set[name], looked_at])
        if key not in known:
            member = axes.make(name, axis_set[name], f"task {task.name}")
            with code_of(f"axis {name}", type(member)):
                value = member.sample(stream(seed, task.name, index, name), tasks.draft(task, looked_at))
            known[key] = value
        values[name] = known[key]
    return dict(sorted(values.items()))


def _looked_at(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that an axis may look at: of the axes that it names in `after`, and no others."""
    return {other: values[other] for other in axes.AXES.get(name).after if other in values}


def official(task: Task, name: str, episode_id: int) -> Episode:
    """The episode that an official integer id names: a mixed-radix number over the condition's pools.

    Raises:
        ConfigError: the task has no official ids, or the id is negative.
    """
    condition = catalog.condition(task, name)
    digits = condition.digits or task.digits
    if not digits:
        raise ConfigError(f"The task '{task.name}' has no official episode ids; use a seed or an episode.")
    if episode_id < 0:
        raise ConfigError(f"An episode id is a non-negative integer, not {episode_id}.")
    members = _members(task, catalog.axis_set(task, condition))
    empty = tasks.draft(task, {})
    rest, picked = episode_id, {}
    for digit in reversed(digits):
        rest, picked[digit] = divmod(rest, _pool(members, digit).size(empty))
    values: dict[str, Any] = {}
    for member in axes.ordered(members):
        draft = dataclasses.replace(empty, values=_looked_at(member, values))
        if member in picked:
            with code_of(f"axis {member}", type(members[member])):
                values[member] = _pool(members, member).pick(picked[member], draft)
        else:
            values[member] = _only_value(members[member], draft)
    return Episode(
        task=task.ref, condition=name, index=0, seed=0, values=dict(sorted(values.items())), official_id=episode_id
    )


def pool_size(task: Task, name: str) -> int:
    """How many different official ids a condition has."""
    condition = catalog.condition(task, name)
    members = _members(task, catalog.axis_set(task, condition))
    draft = tasks.draft(task, {})
    total = 1
    for digit in condition.digits or task.digits:
        total *= _pool(members, digit).size(draft)
    return total


def _members(task: Task, axis_set: Mapping[str, Mapping[str, Any]]) -> dict[str, Axis]:
    return {name: axes.make(name, parameters, f"task {task.name}") for name, parameters in axis_set.items()}


def _pool(members: Mapping[str, Axis], name: str) -> PoolAxis:
    member = members[name]
    if not isinstance(member, PoolAxis):
        raise ConfigError(f"The axis '{name}' has no numbered values, so it cannot be a digit of an episode id.")
    return member


def _only_value(member: Axis, draft: Draft) -> Any:
    """The value of an axis that the id does not choose: it must have just one."""
    if isinstance(member, PoolAxis) and member.size(draft) != 1:
        raise ConfigError(
            f"The axis '{member.name}' has {member.size(draft)} values, but is not a digit of the episode id."
        )
    return member.sample(stream(0, "official", member.name), draft)


def episode_from_dict(value: Mapping[str, Any]) -> Episode:
    """An episode from its JSON form.

    Raises:
        ConfigError: something is missing, unknown or of a wrong type, or the id is not the content's.
    """
    needed = {"task", "condition", "index", "seed", "values"}
    if not isinstance(value, Mapping) or not needed <= set(value):
        raise ConfigError(f"An episode is a mapping with the keys {', '.join(sorted(needed))}.")
    known = {key: value[key] for key in (*sorted(needed), "twin", "official_id") if key in value}
    episode = build(Episode, known, "The episode")
    task = task_of(episode.task)
    for name in episode.values:
        if lack := axes.lack_of(axes.AXES.get(name), tasks.offer_of(task), ready_made=False):
            raise ConfigError(f"The episode does not fit {task.ref}. {lack}")
    if missing := sorted(set(task.nominal) - set(episode.values)):
        raise ConfigError(
            f"The episode has no value of the axis '{missing[0]}'. All of {task.ref} have: {', '.join(task.nominal)}."
        )
    try:
        _ = episode.id
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"The episode has values that JSON cannot hold ({error}): take them from a plan or a run."
        ) from None
    if value.get("id", episode.id) != episode.id:
        raise ConfigError(
            f"The episode calls itself {value['id']}, but its content has the id {episode.id}: it was edited."
        )
    return episode


def task_of(ref: str) -> Task:
    """The task of a `name@version` reference; raises `ConfigError` if this release does not have that version."""
    name = str(ref).rpartition("@")[0]
    is_known = name in catalog.task_names() or native_tasks.is_native(name)
    if is_known and (task := catalog.task(name)).ref == ref:
        return task
    known = [task.ref for task in map(catalog.task, catalog.task_names())]
    raise UnknownName(f"{unknown('task', str(ref), known)} Use the release that made the episode.")


def write(plan: Plan, path: Path) -> None:
    """Writes the plan as JSON: suite, hash and episodes."""
    suite = dataclasses.asdict(plan.suite)
    content = {"suite": suite, "hash": plan.hash, "episodes": [episode.to_dict() for episode in plan.episodes]}
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
