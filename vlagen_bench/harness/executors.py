"""The choice of the executor: this process, a pool of workers, or a Ray cluster."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Union

from vlagen_bench.errors import PolicyError
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.env_runner import FilmRecorder
from vlagen_bench.harness.episode import Watch
from vlagen_bench.harness.inference import PolicyCaller
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.pool import PoolExecutor
from vlagen_bench.harness.serial import SerialExecutor
from vlagen_bench.harness.worker import WorkerSpec
from vlagen_bench.policies.base import LoadedPolicy
from vlagen_bench.policies.handles import EpisodeHandles
from vlagen_bench.scenes import specs
from vlagen_bench.sim.interface import Sim
from vlagen_bench.types import Task
from vlagen_bench.utils.processes import cores

if TYPE_CHECKING:
    from vlagen_bench.harness.on_ray.cluster import Cluster
    from vlagen_bench.harness.on_ray.executor import RayExecutor


@contextmanager
def make_executor(
    task: Task,
    make_sim: Callable[[], Sim],
    loaded: LoadedPolicy,
    *,
    workers: int | None,
    execution: Execution,
    limits: Limits,
    film: FilmRecorder | None,
    note: Callable[[str], None],
    cluster: "Cluster | None" = None,
    handles: EpisodeHandles | None = None,
    watch: Watch | None = None,
) -> Iterator[Union[SerialExecutor, PoolExecutor, "RayExecutor"]]:
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
        handles: what the policy hears in place of episodes' ids; None: the ids.
        watch: receives the actions of all episodes as they are executed; of a cluster's, nothing is known here before they end.

    Raises:
        PolicyError: each worker needs an instance of the policy, but no other can be constructed.
    """
    action_dim = specs.of_task(task).robot.action_dim
    oracle = (loaded.name, dict(loaded.arguments)) if loaded.privileged else None
    recipe = partial(WorkerSpec, make_sim=make_sim, task=task, film=film, oracle=oracle, limit_s=limits.step_s)
    if cluster is not None:
        cluster.connect(workers or 1)
        from vlagen_bench.harness.on_ray.build import make_ray_executor

        made_of = recipe(render_threads=max(1, round(cluster.env_cpus)))
        with make_ray_executor(
            workers or 1, made_of, loaded, cluster, execution=execution, limits=limits, note=note, handles=handles
        ) as actors:
            yield actors
    elif workers is None:
        sim = make_sim()
        caller = PolicyCaller(
            loaded,
            action_dim=action_dim,
            limit_s=limits.step_s,
            sim=sim if loaded.privileged else None,
            handles=handles,
        )
        with _closing(caller, note):
            yield SerialExecutor(task, sim, caller, film=film, execution=execution, limits=limits, watch=watch)
    else:
        slots = 1 if oracle else workers
        caller = PolicyCaller(loaded, action_dim=action_dim, slots=slots, limit_s=limits.step_s, handles=handles)
        made_of = recipe(render_threads=render_threads(workers))
        with (
            _closing(caller, note),
            PoolExecutor(
                workers, made_of, caller, execution=execution, limits=limits, note=note, watch=watch
            ) as playing,
        ):
            yield playing


def render_threads(workers: int) -> int:
    """Threads of software rendering for each worker: the cores, shared out.

    Lavapipe takes all cores by itself. Measured on 2 cores, tabletop: two workers with one thread each were 10 to 25 %
    faster than with two each; one worker alone was a third faster with two. Pictures are the same, bit for bit.
    """
    return max(1, cores() // workers)


@contextmanager
def _closing(caller: PolicyCaller, note: Callable[[str], None]) -> Iterator[None]:
    try:
        yield
    finally:
        try:
            caller.close()
        except PolicyError as error:
            note(f"policy: {error}")
