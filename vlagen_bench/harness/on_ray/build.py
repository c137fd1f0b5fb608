"""The builder of the Ray executor: the actors' classes, arguments and resources."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
from ray.actor import ActorHandle

from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.on_ray.actors import Cast
from vlagen_bench.harness.on_ray.cluster import REPLICA_CPUS, Cluster
from vlagen_bench.harness.on_ray.environment import Environment
from vlagen_bench.harness.on_ray.executor import Troupe
from vlagen_bench.harness.on_ray.replica import Replica
from vlagen_bench.harness.worker import Recipe
from vlagen_bench.policies.base import LoadedPolicy


def troupe(
    size: int,
    recipe: Recipe,
    loaded: LoadedPolicy,
    cluster: Cluster,
    *,
    execution: Execution,
    limits: Limits,
    note: Callable[[str], Any],
) -> Troupe:
    """Environments as of a recipe, and replicas of a policy, which an oracle does without."""
    replicas = 0 if recipe.oracle else min(cluster.replicas, size)
    slots = math.ceil(size / max(1, replicas))

    def environment(number: int) -> ActorHandle:
        return ray.remote(Environment).options(num_cpus=cluster.env_cpus).remote(recipe, execution, limits)

    def replica(number: int) -> ActorHandle:
        # Each environment has one question at a time; the rest is for ready, until_stuck and close.
        actor = ray.remote(Replica).options(
            num_cpus=REPLICA_CPUS, num_gpus=cluster.policy_gpus, max_concurrency=slots + 8
        )
        return actor.remote(*called(loaded), slots, limits.step_s)

    cast = Cast(environments=size, environment=environment, replicas=replicas, replica=replica)
    return Troupe(cast, limits=limits, film=recipe.film, note=note)


def called(loaded: LoadedPolicy) -> tuple[str, dict[str, str]]:
    """Name and arguments of a policy, as another process may load it: its file by its whole path."""
    where, colon, class_name = loaded.name.rpartition(":")
    if "://" in loaded.name:
        return loaded.name, {name: text for name, text in loaded.arguments.items() if name != "url"}
    if where.endswith(".py"):
        return f"{Path(where).resolve()}{colon}{class_name}", dict(loaded.arguments)
    return loaded.name, dict(loaded.arguments)
