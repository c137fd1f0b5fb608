"""The builder of the Ray executor: the actors' classes, arguments and resources."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
from ray.actor import ActorHandle

from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.on_ray.actors import ActorSpecs
from vlagen_bench.harness.on_ray.cluster import REPLICA_CPUS, Cluster, included
from vlagen_bench.harness.on_ray.environment import Environment, TransferableFilm
from vlagen_bench.harness.on_ray.executor import RayExecutor
from vlagen_bench.harness.on_ray.replica import Replica
from vlagen_bench.harness.worker import WorkerSpec
from vlagen_bench.policies.base import LoadedPolicy
from vlagen_bench.policies.handles import EpisodeHandles


def make_ray_executor(
    size: int,
    recipe: WorkerSpec,
    loaded: LoadedPolicy,
    cluster: Cluster,
    *,
    execution: Execution,
    limits: Limits,
    note: Callable[[str], Any],
    handles: EpisodeHandles | None = None,
) -> RayExecutor:
    """Environments as of a recipe, and replicas of a policy, which an oracle does without."""
    replicas = 0 if recipe.oracle else min(cluster.replicas, size)
    slots = math.ceil(size / max(1, replicas))

    def environment(number: int) -> ActorHandle[Any]:
        return start_actor(Environment, recipe, execution, limits, num_cpus=cluster.env_cpus)

    def replica(number: int) -> ActorHandle[Any]:
        # Each environment has one question at a time; the rest is for ready, until_stuck, answer and close.
        uses = {"num_cpus": REPLICA_CPUS, "num_gpus": cluster.policy_gpus, "max_concurrency": slots + 8}
        content = None if loaded.content is None else loaded.content()
        how = (slots, limits.step_s, recipe.action_dim, handles, content)
        return start_actor(Replica, *name_and_arguments(loaded), *how, **uses)

    specs = ActorSpecs(environments=size, environment=environment, replicas=replicas, replica=replica)
    film = recipe.film
    assert film is None or isinstance(film, TransferableFilm), "films of a cluster travel to the driver"
    return RayExecutor(specs, limits=limits, film=film, note=note)


def start_actor(kind: type[Any], *arguments: Any, **uses: Any) -> ActorHandle[Any]:
    """Starts an actor of this class, with what it uses of its node; it knows what was included here."""
    actor: ActorHandle[Any] = ray.remote(kind).options(**uses, **included()).remote(*arguments)
    return actor


def name_and_arguments(loaded: LoadedPolicy) -> tuple[str, dict[str, str]]:
    """Name and arguments of a policy, as another process may load it: its file by its whole path."""
    where, colon, class_name = loaded.name.rpartition(":")
    if "://" in loaded.name:
        return loaded.name, {name: text for name, text in loaded.arguments.items() if name != "url"}
    if where.endswith(".py"):
        return f"{Path(where).absolute()}{colon}{class_name}", dict(loaded.arguments)
    return loaded.name, dict(loaded.arguments)
