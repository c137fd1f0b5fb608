"""The options of the harness: workers, chunks, time-outs, restarts."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from vlagen_bench.errors import ConfigError

if TYPE_CHECKING:
    from vlagen_bench.harness.chunks import Execution
    from vlagen_bench.harness.env_runner import FilmRecorder
    from vlagen_bench.harness.episode import Watch
    from vlagen_bench.harness.limits import Limits
    from vlagen_bench.harness.on_ray.cluster import Cluster
    from vlagen_bench.harness.run import Executor
    from vlagen_bench.policies.base import LoadedPolicy
    from vlagen_bench.policies.handles import EpisodeHandles
    from vlagen_bench.policies.isolation.proxy import IsolationLimits
    from vlagen_bench.scenes.cameras import CameraChoice
    from vlagen_bench.types import Task


class ExecutionKeywords(TypedDict, total=False):
    """The fields of `ExecutionOptions`, but for `workers`, as keywords of a function."""

    execute_horizon: int | None
    ensemble: float | None
    step_timeout: float
    episode_timeout: float | None
    retries: int
    worker_memory_mb: float | None
    recycle_after: int | None
    isolate: bool
    policy_memory_mb: float | None
    executor: Literal["processes", "ray"]
    ray_address: str | None
    policy_replicas: int
    policy_gpus: float
    env_cpus: float


@dataclass(frozen=True, kw_only=True)
class ExecutionOptions:
    """How episodes are played. Results depend only on the options for chunks, and on limits that end an episode as an error."""

    workers: int = 1
    """How many episodes are played at once, each by a process with a simulator of its own.
    The policy is loaded once, and asked in batches where it has act_batch.
    1 plays in this process, unless a worker is limited below."""
    execute_horizon: int | None = None
    """How many actions of a chunk are executed before the policy is asked again; default: all, or 1 with --ensemble."""
    ensemble: float | None = None
    """Average all chunks that predicted a step, with weights exp(-m * i), i = 0 for the oldest.
    This is m: 0 for the mean, 0.01 as ACT does. Default: only the newest chunk counts."""
    step_timeout: float = 600.0
    """Seconds that a control step, or a call of the policy, may take; k steps of a chunk, k times as long."""
    episode_timeout: float | None = None
    """Seconds that an episode may take, waiting included; default: no limit."""
    retries: int = 1
    """How often an episode is repeated after its worker crashed, hung or grew too large; then it is an error."""
    worker_memory_mb: float | None = None
    """Resident memory, in megabytes, above which a worker is replaced; default: no limit."""
    recycle_after: int | None = None
    """A worker is replaced after this many episodes; default: 200."""
    isolate: bool = False
    """The policy runs in a process of its own, which is restarted when it hangs or crashes.
    That episode is an error, and all others go on. The run folder keeps what it prints, as policy.log."""
    policy_memory_mb: float | None = None
    """Memory, in megabytes, that an isolated policy may have; default: no limit."""
    executor: Literal["processes", "ray"] = "processes"
    """Where workers run: as processes of this machine, or as actors of a Ray cluster, where the policy runs too.
    Ray is an extra of this package: docs/scale_out.md."""
    ray_address: str | None = None
    """Address of a running Ray cluster, or auto; default: a cluster is started here for this run."""
    policy_replicas: int = 1
    """How many actors load the policy; each serves its share of the workers, in batches where it can."""
    policy_gpus: float = 0.0
    """GPUs of each replica, counted by Ray; a part of one where several share it."""
    env_cpus: float = 1.0
    """CPUs of each worker, counted by Ray."""

    def execution(self) -> "Execution":
        """How chunks become actions; raises `ConfigError`."""
        from vlagen_bench.harness.chunks import Execution

        return Execution(horizon=self.execute_horizon, ensemble=self.ensemble)

    def limits(self) -> "Limits":
        """What ends an episode or a worker; raises `ConfigError`."""
        from vlagen_bench.harness.limits import Limits

        return Limits(
            step_s=self.step_timeout,
            episode_s=self.episode_timeout,
            retries=self.retries,
            memory_mb=self.worker_memory_mb,
            recycle_after=Limits.recycle_after if self.recycle_after is None else self.recycle_after,
        )

    def isolation(self) -> "IsolationLimits | None":
        """What an isolated policy may take; None: it lives here. Raises `ConfigError`."""
        from vlagen_bench.policies.isolation.proxy import IsolationLimits

        if not self.isolate:
            if self.policy_memory_mb is not None:
                raise ConfigError("--policy-memory-mb needs a policy in a process of its own: add --isolate.")
            return None
        if self.executor == "ray":
            raise ConfigError(
                "--isolate needs --executor processes: with ray, policies run in processes of their own anyway."
            )
        start_s = max(IsolationLimits.start_s, self.step_timeout)
        return IsolationLimits(step_s=self.step_timeout, start_s=start_s, memory_mb=self.policy_memory_mb)

    @property
    def processes(self) -> int | None:
        """How many worker processes there are; None: this process plays."""
        if self.workers < 1:
            raise ConfigError(f"--workers {self.workers}: at least 1 is needed.")
        if self.executor == "ray":
            return self.workers
        limited = self.worker_memory_mb is not None or self.recycle_after is not None
        return self.workers if self.workers > 1 or limited else None

    @property
    def cluster(self) -> "Cluster | None":
        """The Ray cluster; None: processes play. Raises `ConfigError` for options that are of the other."""
        from vlagen_bench.harness.on_ray.cluster import Cluster

        asked = Cluster(
            address=self.ray_address,
            replicas=self.policy_replicas,
            policy_gpus=self.policy_gpus,
            env_cpus=self.env_cpus,
        )
        if self.executor == "ray":
            return asked
        if asked != Cluster():
            raise ConfigError(
                "--ray-address, --policy-replicas, --policy-gpus and --env-cpus need --executor ray: add it."
            )
        return None

    def load(self, name: str, arguments: Mapping[str, str]) -> "LoadedPolicy":
        """The policy, or as much of it as this process needs where it lives in a cluster."""
        if (isolation := self.isolation()) is not None:
            self.limits()  # checked before a process is started
            from vlagen_bench.policies.isolation import proxy

            return proxy.load(name, arguments, isolation)
        if (cluster := self.cluster) is not None:
            cluster.connect(self.processes or 1)
            from vlagen_bench.harness.on_ray import probe_policy

            return probe_policy.load(name, arguments, cluster)
        from vlagen_bench.policies import base

        return base.load(name, arguments)

    def start_executor(
        self,
        task: "Task",
        loaded: "LoadedPolicy",
        film: "FilmRecorder | None",
        note: Callable[[str], Any],
        handles: "EpisodeHandles",
        watch: "Watch | None" = None,
        cameras: "CameraChoice | None" = None,
    ) -> AbstractContextManager["Executor"]:
        """Who plays, with real simulators, which draw these cameras; None: the primary one."""
        from vlagen_bench.harness.executors import make_executor
        from vlagen_bench.harness.worker import simulator

        return make_executor(
            task,
            partial(simulator, task, cameras),
            loaded,
            workers=self.processes,
            execution=self.execution(),
            limits=self.limits(),
            film=film,
            note=note,
            cluster=self.cluster,
            handles=handles,
            watch=watch,
        )
