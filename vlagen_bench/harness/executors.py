"""The choice of the executor: this process, a pool of workers, or a Ray cluster."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Union

from vlagen_bench.errors import PolicyError
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.env_runner import Film, Sim
from vlagen_bench.harness.inference import Asker
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.pool import Crew
from vlagen_bench.harness.serial import Solo
from vlagen_bench.harness.worker import Recipe
from vlagen_bench.policies.base import LoadedPolicy
from vlagen_bench.types import Task

if TYPE_CHECKING:
    from vlagen_bench.harness.on_ray.cluster import Cluster
    from vlagen_bench.harness.on_ray.executor import Troupe


@contextmanager
def players(
    task: Task,
    make_sim: Callable[[], Sim],
    loaded: LoadedPolicy,
    *,
    workers: int | None,
    execution: Execution,
    limits: Limits,
    film: Film | None,
    note: Callable[[str], None],
    cluster: "Cluster | None" = None,
) -> Iterator[Union[Solo, Crew, "Troupe"]]:
    """What plays episodes of a task with a policy.

    Args:
        task: says when an episode ends.
        make_sim: makes a simulator, in this process or in a worker.
        loaded: the policy; a privileged one lives where the simulator does.
        workers: how many processes; None: this one.
        execution: how answers become actions.
        limits: what ends an episode, or a worker.
        film: what keeps the pictures, if anything.
        note: receives a line for everything unusual that is no error.
        cluster: where the workers, and the policy, are actors of Ray; None: all is on this machine.

    Raises:
        PolicyError: each worker needs an instance of the policy, but no other can be constructed.
    """
    oracle = (loaded.name, dict(loaded.arguments)) if loaded.privileged else None
    recipe = partial(Recipe, make_sim=make_sim, task=task, film=film, oracle=oracle, limit_s=limits.step_s)
    common = {"execution": execution, "limits": limits}
    if cluster is not None:
        cluster.connect(workers or 1)
        from vlagen_bench.harness.on_ray.build import troupe

        made_of = recipe(render_threads=max(1, round(cluster.env_cpus)))
        with troupe(workers or 1, made_of, loaded, cluster, **common, note=note) as actors:
            yield actors
    elif workers is None:
        sim = make_sim()
        asker = Asker(loaded, limit_s=limits.step_s, sim=sim if loaded.privileged else None)
        with _closing(asker, note):
            yield Solo(task, sim, asker, film=film, **common)
    else:
        asker = Asker(loaded, slots=1 if oracle else workers, limit_s=limits.step_s)
        made_of = recipe(render_threads=render_threads(workers))
        with _closing(asker, note), Crew(workers, made_of, asker, **common, note=note) as crew:
            yield crew


def render_threads(workers: int) -> int:
    """Threads of software rendering for each worker: the cores, shared out.

    Lavapipe takes all cores by itself. Measured on 2 cores, tabletop: two workers with one thread each were 10 to 25 %
    faster than with two each; one worker alone was a third faster with two. Pictures are the same, bit for bit.
    """
    return max(1, len(os.sched_getaffinity(0)) // workers)


@contextmanager
def _closing(asker: Asker, note: Callable[[str], None]) -> Iterator[None]:
    try:
        yield
    finally:
        try:
            asker.close()
        except PolicyError as error:
            note(f"policy: {error}")
