"""The benchmark of an evaluation by number of workers: episodes per hour, idle time, memory."""

import os
import resource
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from vlagen_bench.diagnostics.bench_env import MOVING, TASK_OF_SCENE
from vlagen_bench.harness import run
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.executors import make_executor, render_threads
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.worker import simulator
from vlagen_bench.plan import catalog
from vlagen_bench.plan.plan import make_plan
from vlagen_bench.policies.base import LoadedPolicy
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.runs.records import SCHEMA
from vlagen_bench.types import Plan, Suite
from vlagen_bench.utils import spawned

INSIDE = ("reset_s", "advance_s", "observe_s")


@dataclass(frozen=True, kw_only=True)
class BenchSetting:
    """What is measured."""

    scene: str
    workers: int
    """1: this process alone, as `vlagen-eval` has it"""
    threads: int
    """of software rendering, in each process that renders"""
    policy_ms: float
    """of a call of the policy, whatever the size of the batch; as of a network on a GPU that is not full"""
    episodes: int
    """of each worker, after one to warm up"""


@dataclass(frozen=True, kw_only=True)
class EvalSpeed:
    """What an evaluation costs, measured in a process of its own once every worker has played an episode."""

    setting: BenchSetting
    first_result_s: float
    """from nothing to the end of the first episode: start of a worker, shaders, and the episode"""
    episodes_per_hour: float
    observations_per_s: float
    environment: float
    """share of the workers' time that is spent in resets, steps and pictures"""
    outside: float
    """time of the workers that is spent neither there nor in the policy, over that spent there: the harness's share.
    A worker for which no episode is left at the end of the measurement has no time any more."""
    policy_busy: float
    """share of the time in which the policy computes; the rest of it is idle"""
    batch: float
    """observations in a call of the policy, mean"""
    memory_mb: float
    """the largest process that has a simulator, at its peak"""


class PacedPolicy:
    """A policy that takes its time, once for each batch, and counts."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.calls = self.questions = 0

    def act(self, obs: Mapping[str, Any], instr: str) -> np.ndarray:
        return self.act_batch([obs], [instr])[0]

    def act_batch(self, observations: Sequence[Mapping[str, Any]], instrs: Sequence[str]) -> list[np.ndarray]:
        self.calls += 1
        self.questions += len(observations)
        if self._seconds:
            time.sleep(self._seconds)
        return [MOVING * (1 if self.questions % 10 < 5 else -1)] * len(observations)


def settings(
    scene: str, workers: Sequence[int], *, policy_ms: float, episodes: int, software: bool
) -> tuple[BenchSetting, ...]:
    """An instant policy and a slow one, with each number of workers; alone also with one thread of software rendering."""
    ways = [(number, render_threads(number)) for number in workers]
    if software and 1 in workers and render_threads(1) > 1:
        ways.insert(1 + [number for number, _ in ways].index(1), (1, 1))
    return tuple(
        BenchSetting(scene=scene, workers=number, threads=threads, policy_ms=latency_ms, episodes=episodes)
        for latency_ms in dict.fromkeys((0.0, policy_ms))
        for number, threads in ways
    )


def typical(speeds: Sequence[EvalSpeed]) -> EvalSpeed:
    """The median of each figure, of measurements of one setting."""
    figures = [field.name for field in fields(EvalSpeed) if field.name != "setting"]
    medians = {name: median(getattr(speed, name) for speed in speeds) for name in figures}
    return EvalSpeed(setting=speeds[0].setting, **medians)


def gain(speeds: Sequence[EvalSpeed], base: Sequence[EvalSpeed]) -> float:
    """How many times the observations a second of `base`: the median over rounds, each of which measured both."""
    return median(
        speed.observations_per_s / other.observations_per_s for speed, other in zip(speeds, base, strict=True)
    )


def measure(setting: BenchSetting) -> EvalSpeed:
    """Measures in a fresh process, so that memory and shaders are its own."""
    with spawned.pool(1) as fresh:
        return fresh.submit(_measure, setting).result()


def _measure(setting: BenchSetting) -> EvalSpeed:
    os.environ["LP_NUM_THREADS"] = str(setting.threads)  # workers inherit it
    task = catalog.task(TASK_OF_SCENE[setting.scene])
    plan = make_plan(
        Suite(
            name="bench", version=1, task=task.name, conditions=(task.nominal_name,),
            episodes=setting.workers * (1 + setting.episodes),
        )
    )  # fmt: skip
    warm, rest = (
        Plan(suite=plan.suite, episodes=some)
        for some in (plan.episodes[: setting.workers], plan.episodes[setting.workers :])
    )
    policy = PacedPolicy(setting.policy_ms / 1000)
    header = {"schema": SCHEMA, "plan_hash": plan.hash, "policy": "paced"}
    first, last = _EndListener(), _EndListener()
    making = make_executor(
        task, partial(simulator, task), LoadedPolicy(name="paced", policy=policy, arguments={}),
        workers=setting.workers if setting.workers > 1 else None, execution=Execution(), limits=Limits(), film=None,
        note=print,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as place, RunFolder.writing(Path(place), header, plan) as folder:
        with making as who:
            run.run(warm, who, folder, (first,), max_errors=0, retry_errors=False)
            before, start = (policy.calls, policy.questions), time.perf_counter()
            run.run(rest, who, folder, (last,), max_errors=0, retry_errors=False)
            wall_s = time.perf_counter() - start
        results = [folder.results[episode.id] for episode in rest.episodes]
    calls, questions = policy.calls - before[0], policy.questions - before[1]
    inside_s = sum(result["timings"][key] for result in results for key in INSIDE)
    asking_s = sum(result["timings"]["policy_s"] for result in results)
    workers_s = setting.workers * wall_s - last.idle_s(setting.workers)
    who_rendered = resource.RUSAGE_SELF if setting.workers == 1 else resource.RUSAGE_CHILDREN
    return EvalSpeed(
        setting=setting,
        first_result_s=first.after_s[0],
        episodes_per_hour=3600 * len(results) / wall_s,
        observations_per_s=questions / wall_s,
        environment=inside_s / workers_s,
        outside=(workers_s - inside_s - asking_s) / inside_s,
        policy_busy=calls * setting.policy_ms / 1000 / wall_s,
        batch=questions / calls,
        memory_mb=resource.getrusage(who_rendered).ru_maxrss / 1024,
    )


class _EndListener:
    """Listens for episodes that end."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self.after_s: list[float] = []

    def ended(self, played: Any) -> None:
        self.after_s.append(time.perf_counter() - self._start)

    def idle_s(self, workers: int) -> float:
        """How long workers had nothing to do at the end, all together: each has played one of the last episodes."""
        return sum(self.after_s[-1] - ended_s for ended_s in self.after_s[-workers:])
