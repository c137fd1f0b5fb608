"""The Gymnasium ids: one per task and condition, made from the names in task files and of axes."""

import re
from collections.abc import Iterator
from typing import Any

from vlagen_bench.plan import conditions
from vlagen_bench.utils import paths
from vlagen_bench.utils.parsing import load_yaml

TRAINING_SEED = 1_000_000
"""the first seed of the Main ids: far from 0, which the suites draw their episodes from, and from the small seeds that
people give to `--seed`, so that training without a seed never meets an episode of a score"""


def camel(name: str) -> str:
    """`unseen_table` -> `UnseenTable`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_\-]", name))


def env_id(task: str, condition: str, version: int) -> str:
    """`VLAGen/<Task>-<Condition>-v<N>`."""
    return f"VLAGen/{camel(task)}-{camel(condition)}-v{version}"


def env_ids() -> Iterator[tuple[str, dict[str, Any]]]:
    """Pairs of Gymnasium id and keyword arguments of `vlagen_bench.envs.env.TaskEnv`.

    Reads names and versions only: what is in a task is checked when one of its environments is made.
    """
    for path in sorted(paths.tasks_dir().glob("*.yaml")):
        task = load_yaml(path)
        generated = conditions.scene_names(task["scene"]) if task.get("variants") else ()
        for condition in (task["nominal_name"], *task.get("conditions", ()), *generated):
            yield env_id(task["name"], condition, task["version"]), {"task": path.stem, "condition": condition}
        # For training: the nominal distribution with the shaped reward, called Main as in Liu et al.
        main = {"task": path.stem, "condition": task["nominal_name"], "reward": "potential"}
        yield env_id(task["name"], "main", task["version"]), {**main, "first_seed": TRAINING_SEED}


def register() -> None:
    """Makes the ids known to Gymnasium; a second call changes nothing."""
    import gymnasium

    for name, arguments in env_ids():
        if name not in gymnasium.registry:
            gymnasium.register(name, entry_point="vlagen_bench.envs.env:TaskEnv", kwargs=arguments)
