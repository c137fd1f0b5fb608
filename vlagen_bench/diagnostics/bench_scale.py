"""The benchmark of the driver: its cost per environment, measured with null environments that only wait.

They send true messages: pictures of the true size to real policy replicas, records of the true length to the driver.
"""

import math
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import ray
from ray.actor import ActorHandle

from vlagen_bench.harness import run
from vlagen_bench.harness.episode import ENV_TIMES, PlayedEpisode
from vlagen_bench.harness.inference import PolicyQuery
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.on_ray.actors import ActorSpecs
from vlagen_bench.harness.on_ray.build import start_actor
from vlagen_bench.harness.on_ray.cluster import Cluster
from vlagen_bench.harness.on_ray.environment import AttemptResult
from vlagen_bench.harness.on_ray.executor import RayExecutor
from vlagen_bench.harness.on_ray.null import METRICS, NullEnvironments, NullPolicy, NullSettings
from vlagen_bench.harness.on_ray.replica import Replica
from vlagen_bench.plan import catalog
from vlagen_bench.plan.plan import make_plan
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.runs.records import SCHEMA
from vlagen_bench.scenes.tabletop import TABLETOP
from vlagen_bench.types import Episode, EpisodeResult, Suite

HOSTED = 50
"""null environments of one process: they only wait, and a process for each would measure this machine instead"""


@dataclass(frozen=True, kw_only=True)
class DriverLoad:
    """What directing so many null environments cost the driver."""

    environments: int
    episodes: int
    questions: int
    wall_s: float
    busy_s: float
    """of the wall time, in which the driver did not wait for actors"""
    cpu_s: float
    """of the driver's process, Ray's threads included"""
    store_s: float
    """of the busy time, in which episodes were stored"""
    commit_s: float
    """the part spent waiting for the disk: once for all episodes that had ended together"""
    commits: int
    record_bytes: int
    """of the message in which an episode comes back"""
    question_bytes: int
    """of an observation, which goes from an environment to a replica"""
    memory_mb: float
    """resident memory of the driver at most"""

    @property
    def busy_ms(self) -> float:
        """For an episode."""
        return 1000 * self.busy_s / self.episodes

    @property
    def store_ms(self) -> float:
        """For an episode."""
        return 1000 * self.store_s / self.episodes

    @property
    def cpu_ms(self) -> float:
        """For an episode."""
        return 1000 * self.cpu_s / self.episodes

    @property
    def own_ms(self) -> float:
        """Busy for an episode, but for commits, of which there are the fewer for an episode the more episodes end."""
        return 1000 * (self.busy_s - self.commit_s) / self.episodes

    @property
    def question_us(self) -> float:
        """The driver's computing time per query; queries do not pass through it, so this is its part of an episode's."""
        return 1e6 * self.cpu_s / self.questions


@dataclass(frozen=True, kw_only=True)
class ResourceNeeds:
    """What so many environments need, if all that was measured grows as their number."""

    environments: int
    policy_s: float
    """of one call of the policy, with a whole batch"""
    batch: int
    waits: NullSettings

    @property
    def episode_s(self) -> float:
        waits = self.waits
        return waits.reset_s + waits.steps * waits.step_s + math.ceil(waits.steps / waits.horizon) * self.policy_s

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

    def driver(self, load: DriverLoad) -> tuple[float, float]:
        """The share of its time that episodes take of the driver, commits apart, and of a core that its process computes.

        Below 1 it keeps up, whatever the disk: commits take the rest of its time, each for all that ended since the last.
        """
        return self.episodes_per_s * load.own_ms / 1000, self.episodes_per_s * load.cpu_ms / 1000

    def traffic_mb_s(self, load: DriverLoad) -> tuple[float, float]:
        """From all environments to all replicas, and to the driver (films apart)."""
        return self.questions_per_s * load.question_bytes / 1e6, self.episodes_per_s * load.record_bytes / 1e6


@dataclass(frozen=True, kw_only=True)
class FeedResult:
    """What the driver did with episodes that a loop fed to it, with no cluster at all."""

    wanted_per_s: float
    """how many a second ended, in the loop's opinion"""
    stored_per_s: float
    busy: float
    """share of the time in which the driver did not wait for the loop"""
    together: float
    """episodes of a commit, mean"""

    @property
    def kept_up(self) -> bool:
        """Whether the last episode was taken when it ended, or little later."""
        return self.stored_per_s > 0.95 * self.wanted_per_s


class _TimedFolder(RunFolder):
    add_s = commit_s = 0.0
    commits = 0

    def add(self, *episode: Any) -> None:
        start = time.perf_counter()
        super().add(*episode)
        self.add_s += time.perf_counter() - start

    def commit(self) -> None:
        start = time.perf_counter()
        super().commit()
        self.commit_s += time.perf_counter() - start
        self.commits += 1


class _DriverClock:
    """What the driver spent, from the end of one episode to the end of a later one."""

    def __init__(self, actors: RayExecutor, folder: "_TimedFolder") -> None:
        self._executor, self._folder = actors, folder
        self.marks: list[np.ndarray] = []
        """wall time, time of waiting, of computing, of storing, of that for commits (s), and their number"""

    def ended(self, played: PlayedEpisode) -> None:
        folder = self._folder
        store_s = folder.add_s + folder.commit_s
        now = (
            time.perf_counter(),
            self._executor.waited_s,
            time.process_time(),
            store_s,
            folder.commit_s,
            folder.commits,
        )
        self.marks.append(np.array(now))
        self.record = AttemptResult(played=played)


class _EpisodeLoop:
    """Plays the part of a cluster in which so many episodes end a second, evenly."""

    waited_s = wall_s = 0.0
    """of waiting for the next episode, and of all until the last ones were taken"""

    def __init__(self, per_s: float, steps: int) -> None:
        self._per_s, self._steps = per_s, steps

    def endings(self, episodes: Iterable[Episode]) -> Iterator[list[PlayedEpisode]]:
        """The episodes that ended since the last call; without any, the next one as it ends."""
        due = [self._played(episode) for episode in episodes]  # beforehand: that is the environments' work
        start, taken = time.perf_counter(), 0
        while taken < len(due):
            early_s = (taken + 1) / self._per_s - (time.perf_counter() - start)
            if early_s > 0:
                before = time.perf_counter()
                time.sleep(early_s)
                self.waited_s += time.perf_counter() - before
            self.wall_s = time.perf_counter() - start
            ended = max(taken + 1, int(self.wall_s * self._per_s))
            yield due[taken:ended]
            taken = ended

    def _played(self, episode: Episode) -> PlayedEpisode:
        result = EpisodeResult(
            episode=episode, outcome="failure", success_once=False, success_at_end=False, steps=self._steps,
            metrics=METRICS, timings=dict.fromkeys((*ENV_TIMES, "policy_s", "waiting_s", "total_s"), 0.123456),
        )  # fmt: skip
        hashes = ["0123456789abcdef"] * (self._steps + 1)
        return PlayedEpisode(result=result, actions=[np.zeros(7, np.float32)] * self._steps, state_hashes=hashes)


def feed(per_s: float, waits: NullSettings, *, seconds: float = 10.0) -> FeedResult:
    """Feeds the driver with so many episodes a second, for some seconds, to see whether it keeps up."""
    task = catalog.task("tabletop_put_on")
    suite = Suite(
        name="scale", version=1, task=task.name, conditions=(task.nominal_name,), episodes=round(per_s * seconds)
    )
    plan, loop = make_plan(suite), _EpisodeLoop(per_s, waits.steps)
    header = {"schema": SCHEMA, "plan_hash": plan.hash, "policy": "null"}
    with tempfile.TemporaryDirectory() as place, _TimedFolder.writing(Path(place), header, plan) as folder:
        run.run(plan, loop, folder, max_errors=0, retry_errors=False)
    return FeedResult(
        wanted_per_s=per_s,
        stored_per_s=len(plan.episodes) / loop.wall_s,
        busy=1 - loop.waited_s / loop.wall_s,
        together=len(plan.episodes) / folder.commits,
    )


def measure(environments: int, waits: NullSettings, *, rounds: int = 6, replicas: int = 1) -> DriverLoad:
    """Plays some rounds of episodes with so many null environments, in a cluster of this machine."""
    Cluster(replicas=replicas).connect(environments)
    task = replace(catalog.task("tabletop_put_on"), max_steps=waits.steps)
    suite = Suite(
        name="scale", version=1, task=task.name, conditions=(task.nominal_name,), episodes=environments * rounds
    )
    plan = make_plan(suite)
    hosts = [
        start_actor(NullEnvironments, waits, num_cpus=0, max_concurrency=HOSTED + 8)
        for _ in range(math.ceil(environments / HOSTED))
    ]
    slots, action_dim = math.ceil(environments / replicas), TABLETOP.robot.action_dim
    policy = f"{NullPolicy.__module__}:{NullPolicy.__name__}"

    def replica(number: int) -> ActorHandle[Any]:
        return start_actor(Replica, policy, {}, slots, Limits.step_s, action_dim, num_cpus=0, max_concurrency=slots + 8)

    def environment(number: int) -> ActorHandle[Any]:
        return hosts[number // HOSTED]

    specs = ActorSpecs(environments=environments, environment=environment, replicas=replicas, replica=replica)
    limits = Limits(recycle_after=10**9)
    header = {"schema": SCHEMA, "plan_hash": plan.hash, "policy": "null"}
    with (
        tempfile.TemporaryDirectory() as place,
        _TimedFolder.writing(Path(place), header, plan) as folder,
        RayExecutor(specs, limits=limits, film=None, note=_no_notes) as actors,
    ):
        clock = _DriverClock(actors, folder)
        run.run(plan, actors, folder, (clock,), max_errors=0, retry_errors=False)
    # The first round starts the actors, and in the last fewer and fewer play.
    first, last = clock.marks[environments - 1], clock.marks[-environments]
    wall_s, waited_s, cpu_s, store_s, commit_s, commits = last - first
    episodes = len(clock.marks) - 2 * environments + 1
    asked = math.ceil(waits.steps / waits.horizon)
    question = PolicyQuery(
        episode_id="0" * 16, begins=False, instruction="put the apple on the plate",
        observation={"image": np.zeros((*waits.image_px[::-1], 3), np.uint8), "state": np.zeros(8, np.float32)},
    )  # fmt: skip
    return DriverLoad(
        environments=environments,
        episodes=episodes,
        questions=episodes * asked,
        wall_s=wall_s,
        busy_s=wall_s - waited_s,
        cpu_s=cpu_s,
        store_s=store_s,
        commit_s=commit_s,
        commits=int(commits),
        record_bytes=len(ray.cloudpickle.dumps(clock.record)),
        question_bytes=len(ray.cloudpickle.dumps(question)),
        memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _no_notes(text: str) -> None:
    raise AssertionError(f"null environments give no cause for notes: {text}")
