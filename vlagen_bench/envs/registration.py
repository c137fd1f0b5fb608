"""The Gymnasium ids: one per task and condition, made from the names in task files and of axes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vlagen_bench import tasks
from vlagen_bench.axes import Offer
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import conditions, native_tasks
from vlagen_bench.utils import plugins
from vlagen_bench.utils.parsing import load_yaml

TRAINING_SEED = 1_000_000
"""the first seed of the Main ids: far from 0, which the suites draw their episodes from, and from the small seeds that
people give to `--seed`, so that training without a seed never meets an episode of a score"""
NAMED = ("name", "version", "scene", "nominal_name", "nominal")
"""keys of a task file that an id is written from"""


def camel(name: str) -> str:
    """`unseen_table` -> `UnseenTable`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_\-]", name))


def env_id(task: str, condition: str, version: int) -> str:
    """`VLAGen/<Task>-<Condition>-v<N>`."""
    return f"VLAGen/{camel(task)}-{camel(condition)}-v{version}"


def env_ids() -> Iterator[tuple[str, dict[str, Any]]]:
    """Pairs of Gymnasium id and keyword arguments of `vlagen_bench.envs.env.TaskEnv`."""
    return ((name, arguments) for name, _, arguments in _registrations())


def _registrations() -> Iterator[tuple[str, int | None, dict[str, Any]]]:
    """Id, longest episode (control steps) and keyword arguments.

    Reads names and versions only: what is in a task is checked when one of its environments is made.

    Raises:
        ConfigError: a task file has no name, version, scene or nominal condition, or a plug-in is broken.
    """
    for name, path in sorted(plugins.files("task").items()):
        task = _named(path)
        generated = conditions.names(_offer(task)) if task.get("variants") else ()
        max_steps = task.get("max_steps")
        for condition in (task["nominal_name"], *(task.get("conditions") or ()), *generated):
            arguments = {"task": name, "condition": condition}
            yield env_id(task["name"], condition, task["version"]), max_steps, arguments
        # For training: the nominal distribution with the shaped reward, called Main as in Liu et al.
        main = {"task": name, "condition": task["nominal_name"], "reward": "potential"}
        yield env_id(task["name"], "main", task["version"]), max_steps, {**main, "first_seed": TRAINING_SEED}
    for name, card, offer in native_tasks.listed():
        for condition in (native_tasks.NOMINAL, *conditions.names(offer)):
            arguments = {"task": name, "condition": condition}
            yield env_id(native_tasks.short(name), condition, card.version), card.max_steps, arguments


def _offer(task: dict[str, Any]) -> Offer:
    return tasks.offer(
        task["name"], task.get("family", "put_on"), task["scene"], task["nominal"], pack=task.get("pack", "")
    )


def _named(path: Path) -> dict[str, Any]:
    task: dict[str, Any] = load_yaml(path)
    missing = [key for key in NAMED if not isinstance(task, dict) or key not in task]
    if missing:
        raise ConfigError(f"{path}: the key '{missing[0]}' is missing. A task has {', '.join(NAMED)}.")
    return task


def register() -> None:
    """Makes the ids known to Gymnasium, now and after every addition; a second call changes nothing."""
    import gymnasium
    from gymnasium.envs.registration import EnvSpec

    plugins.listen(register)
    for name, max_steps, arguments in list(_registrations()):
        if name not in gymnasium.registry:
            # Not by `gymnasium.register`, which looks through all ids for older versions each time: 0.1 ms for each of thousands.
            gymnasium.registry[name] = EnvSpec(
                id=name,
                entry_point="vlagen_bench.envs.env:make_task_env",
                vector_entry_point="vlagen_bench.envs.vector:vector_env",
                max_episode_steps=max_steps,
                kwargs=arguments,
            )
