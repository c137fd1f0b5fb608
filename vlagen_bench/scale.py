"""How many environments can one driver direct? Null environments, which only wait, tell what each costs it.

They send true messages: pictures of the true size to real policy replicas, records of the true length to the driver.
"""

import math
import resource
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import ray
from ray.actor import ActorHandle

from vlagen_bench import catalog, run
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.on_ray.cluster import Cluster
from vlagen_bench.harness.on_ray.environment import Ended
from vlagen_bench.harness.on_ray.null import NullEnvironments, NullPolicy, Waits
from vlagen_bench.harness.on_ray.replica import Replica
from vlagen_bench.harness.on_ray.staff import Cast
from vlagen_bench.harness.on_ray.troupe import Troupe
from vlagen_bench.harness.player import Played, Question
from vlagen_bench.nouns import Suite
from vlagen_bench.plan import make_plan
from vlagen_bench.record import SCHEMA, RunFolder

HOSTED = 50
"""null environments of one process: they only wait, and a process for each would measure this machine instead"""

@dataclass(frozen=True, kw_only=True)
class DriverLoad:
    """What directing so many null environments cost the driver."""

    environments: int
    episodes: int
    observations: int
    wall_s: float
    cpu_s: float
    """of the driver's process, all of its threads, from the first episode to the last"""
    start_s: float
    record_bytes: int
    """of the message in which an episode comes back"""
    question_bytes: int
    """of an observation, which goes from an environment to a replica"""
    memory_mb: float
    """resident memory of the driver at most"""

    @property
    def episode_ms(self) -> float:
        return 1000 * self.cpu_s / self.episodes

    @property
    def observation_us(self) -> float:
        return 1e6 * self.cpu_s / self.observations


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What so many environments need, if all that was measured grows as their number."""

    environments: int
    step_s: float
    """of an environment, its picture included"""
    policy_s: float
    """of one call of the policy, with a whole batch"""
    batch: int
    waits: Waits

    @property
    def episode_s(self) -> float:
        waits = self.waits
        return waits.reset_s + waits.steps * self.step_s + math.ceil(waits.steps / waits.horizon) * self.policy_s

    @property
    def episodes_per_s(self) -> float:
        return self.environments / self.episode_s

    @property
    def questions_per_s(self) -> float:
        return self.episodes_per_s * math.ceil(self.waits.steps / self.waits.horizon)

    @property
    def replicas(self) -> int:
        """So many that all questions are answered in full batches, one after the other."""
        return math.ceil(self.questions_per_s / self.batch * self.policy_s)

    def driver_cores(self, load: DriverLoad) -> float:
        """The share of a core that the driver is busy."""
        return self.episodes_per_s * load.episode_ms / 1000

    def traffic_mb_s(self, load: DriverLoad) -> tuple[float, float]:
        """From all environments to all replicas, and to the driver (films apart)."""
        return self.questions_per_s * load.question_bytes / 1e6, self.episodes_per_s * load.record_bytes / 1e6


class _Clock:
    """When did each episode end, and what had the driver spent by then?"""

    def __init__(self) -> None:
        self.marks: list[tuple[float, float]] = []

    def ended(self, played: Played) -> None:
        self.marks.append((time.perf_counter(), time.process_time()))
        self.size = len(ray.cloudpickle.dumps(Ended(played=played)))


def measure(environments: int, waits: Waits, *, rounds: int = 3, replicas: int = 1) -> DriverLoad:
    """Plays some rounds of episodes with so many null environments, in a cluster of this machine."""
    Cluster(replicas=replicas).connect(environments)
    task = replace(catalog.task("tabletop_put_on"), max_steps=waits.steps)
    suite = Suite(
        name="scale", version=1, task=task.name, conditions=(task.nominal_name,), episodes=environments * rounds
    )
    plan = make_plan(suite)
    hosts = [
        ray.remote(NullEnvironments).options(num_cpus=0, max_concurrency=HOSTED + 8).remote(waits)
        for _ in range(math.ceil(environments / HOSTED))
    ]
    slots = math.ceil(environments / replicas)
    policy = f"{NullPolicy.__module__}:{NullPolicy.__name__}"

    def replica(number: int) -> ActorHandle:
        actor = ray.remote(Replica).options(num_cpus=0, max_concurrency=slots + 8)
        return actor.remote(policy, {}, slots, Limits.step_s)

    def environment(number: int) -> ActorHandle:
        return hosts[number // HOSTED]

    cast = Cast(environments=environments, environment=environment, replicas=replicas, replica=replica)
    limits, clock = Limits(recycle_after=10**9), _Clock()
    header = {"schema": SCHEMA, "plan_hash": plan.hash, "policy": "null"}
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as place, RunFolder.writing(Path(place), header, plan) as folder:
        with Troupe(cast, limits=limits, film=None, note=_no_notes) as troupe:
            run.run(plan, troupe, folder, (clock,), max_errors=0, retry_errors=False)
    # The first round starts the actors, too.
    (first_at, first_cpu), (last_at, last_cpu) = clock.marks[environments - 1], clock.marks[-1]
    episodes = len(clock.marks) - environments
    asked = math.ceil(waits.steps / waits.horizon)
    question = Question(
        episode_id="0" * 16, begins=False, instruction="put the apple on the plate",
        observation={"image": np.zeros((*waits.image_px[::-1], 3), np.uint8), "state": np.zeros(8, np.float32)},
    )  # fmt: skip
    return DriverLoad(
        environments=environments,
        episodes=episodes,
        observations=episodes * asked,
        wall_s=last_at - first_at,
        cpu_s=last_cpu - first_cpu,
        start_s=clock.marks[0][0] - started,
        record_bytes=clock.size,
        question_bytes=len(ray.cloudpickle.dumps(question)),
        memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _no_notes(text: str) -> None:
    raise AssertionError(f"null environments give no cause for notes: {text}")
