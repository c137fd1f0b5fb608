"""The benchmark of one environment: steps against raw SAPIEN, resets, memory, and the harness's share."""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from vlagen_bench.plan import catalog
from vlagen_bench.plan.plan import make_plan, sample
from vlagen_bench.scenes import specs
from vlagen_bench.types import Episode, Suite, Task
from vlagen_bench.utils import spawned

MOVING = np.array([0.01, 0.004, -0.006, 0.0, 0.0, 0.05, 1.0], dtype=np.float32)
LONGEST = 40
"""control steps of an episode of the expert's"""
STEPS = 20
"""control steps of an episode"""
VARIED = 40
"""episodes with other objects and receptacles that are reset before memory is read"""
VARIED_CONDITION = {"tabletop": "receptacle_test", "bridge": "unseen_receptacles"}
TASK_OF_SCENE = {"tabletop": "tabletop_put_on", "bridge": "bridge_put_on"}


@dataclass(frozen=True, kw_only=True)
class EnvSpeed:
    """What one environment worker costs, measured in a process of its own."""

    scene: str
    image_px: tuple[int, int]
    renderer: str
    first_frame_s: float
    """shaders are compiled then, and the first models loaded"""
    reset_s: float
    step_ms: float
    """one control step with its picture: all that `env.step` does"""
    floor_ms: float
    """the same physics steps and one camera picture, in raw SAPIEN, in the same scene"""
    memory_mb: float
    harness_share: float
    """time of a run that is spent outside the environment, with an instant policy, as a share of the time inside"""
    watch_share: float
    """processor time to watch the arm's behaviour, as a share of that of a control step with its picture, while the expert plays"""

    extra_share: float | None
    """how much longer a step takes where all cameras of the scene are drawn; None: it has one"""
    state_ms: float
    """one step of an environment with `obs_mode="state"`, which draws nothing"""
    state_times: float
    """how many times as fast that is as a step of one with a picture"""

    @property
    def over_floor(self) -> float:
        return self.step_ms / self.floor_ms


def measure_env(scene: str, *, episodes: int = 6) -> EnvSpeed:
    """Measures a scene in a fresh process, so that memory is that of one worker, and what it can show in another."""
    found: dict[str, Any] = {}
    for measure in (_measure, _measure_views):
        with spawned.pool(1) as fresh:
            found |= fresh.submit(measure, scene, episodes).result()
    return EnvSpeed(**found)


def _measure_views(scene: str, episodes: int) -> dict[str, Any]:
    """Steps of environments that show the primary camera's picture, all cameras' pictures and none, in turn."""
    from vlagen_bench.envs.env import TaskEnv

    spec, task = specs.scene(scene), catalog.task(TASK_OF_SCENE[scene])
    where: dict[str, Any] = {"task": task.name, "condition": task.nominal_name}
    shown: dict[str, dict[str, Any]] = {"primary": {}, "state": {"obs_mode": "state"}}
    if spec.extra_cameras:
        shown["all"] = {"cameras": spec.camera_names}
    envs = {name: TaskEnv(**where, **options) for name, options in shown.items()}
    seconds: dict[str, list[float]] = {name: [] for name in envs}
    for index in range(episodes):
        for env in envs.values():
            env.reset(seed=index)
        for number in range(STEPS):
            action = MOVING * (1 if number % 10 < 5 else -1)
            for name, env in envs.items():
                seconds[name].append(_seconds(lambda env=env, action=action: env.step(action)))
    step_ms = {name: 1000 * median(some) for name, some in seconds.items()}
    return {
        "extra_share": step_ms["all"] / step_ms["primary"] - 1 if "all" in step_ms else None,
        "state_ms": step_ms["state"],
        "state_times": step_ms["primary"] / step_ms["state"],
    }


def _measure(scene: str, episodes: int) -> dict[str, Any]:
    from vlagen_bench.sim.simulator import Simulator
    from vlagen_bench.sim.vulkan import device

    spec, task = specs.scene(scene), catalog.task(TASK_OF_SCENE[scene])
    simulator = Simulator.of(task)
    plan = [sample(task, task.nominal_name, index=i, seed=0)[0] for i in range(episodes)]
    start = time.perf_counter()
    simulator.reset(plan[0])
    simulator.observe()
    first_frame_s = time.perf_counter() - start
    resets, steps, floors = [], [], []
    for episode in plan:
        resets.append(_seconds(lambda episode=episode: simulator.reset(episode)))
        for number in range(STEPS):
            action = MOVING * (1 if number % 10 < 5 else -1)
            steps.append(_seconds(lambda action=action: (simulator.advance(action), simulator.observe())))
            floors.append(_seconds(lambda: _floor(simulator)))
    watch_share = _watch_share(simulator, plan)
    harness_share = _harness_share(task, simulator, episodes)
    for index in range(VARIED):  # many models, since what is kept of them is the memory that counts
        simulator.reset(sample(task, VARIED_CONDITION[scene], index=index, seed=0)[0])
        simulator.observe()
    return {
        "scene": scene,
        "image_px": spec.camera.size_px,
        "renderer": device.describe(),
        "first_frame_s": first_frame_s,
        "reset_s": median(resets),
        "step_ms": 1000 * median(steps),
        "floor_ms": 1000 * median(floors),
        "harness_share": harness_share,
        "watch_share": watch_share,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _floor(simulator: Any) -> None:
    world = simulator.world
    for _ in range(world.spec.physics_steps):
        world.physics.step()
    world.scene.update_render()
    world.camera.take_picture()
    world.camera.get_picture("Color")


def _watch_share(simulator: Any, plan: list[Episode]) -> float:
    """Processor time of the watch's calls, timing them included, over that of the steps: a busy machine changes it least.

    While the expert plays, since a hand near things has most contacts.
    """
    from vlagen_bench.policies.expert.policy import Expert

    watched_s, steps_s, expert = [0.0], 0.0, Expert()

    def timed(call: Callable[..., None]) -> Callable[..., None]:
        def call_it(*arguments: Any) -> None:
            start = time.thread_time()
            call(*arguments)
            watched_s[0] += time.thread_time() - start

        return call_it

    for episode in plan:
        simulator.reset(episode)
        watch = simulator.watch
        watch.tick, watch.stepped = timed(watch.tick), timed(watch.stepped)
        expert.attach(simulator)
        expert.reset([episode.id])
        success = False
        while not success and simulator.steps < LONGEST:
            action = expert.act(None, simulator.instruction)
            start = time.process_time()
            success = simulator.advance(action).success
            simulator.observe()
            steps_s += time.process_time() - start
    return watched_s[0] / steps_s


def _harness_share(task: Task, simulator: Any, episodes: int) -> float:
    """(wall time of a run - time inside the environment) / time inside the environment, with an instant policy.

    A whole run, stored on disk, without films; so it is all that the harness adds to `reset`, `step` and pictures.
    """
    from vlagen_bench.harness import run
    from vlagen_bench.harness.inference import PolicyCaller
    from vlagen_bench.harness.serial import SerialExecutor
    from vlagen_bench.policies.base import LoadedPolicy
    from vlagen_bench.policies.noop import Noop
    from vlagen_bench.runs.folder import RunFolder
    from vlagen_bench.runs.records import SCHEMA

    suite = Suite(name="bench", version=1, task=task.name, conditions=(task.nominal_name,), episodes=episodes)
    plan = make_plan(suite)
    loaded = LoadedPolicy(name="noop", policy=Noop(), arguments={})
    header = {"schema": SCHEMA, "plan_hash": plan.hash, "policy": "noop"}
    caller = PolicyCaller(loaded, action_dim=simulator.spec.robot.action_dim)
    with tempfile.TemporaryDirectory() as place, RunFolder.writing(Path(place), header, plan) as folder:
        wall_s = _seconds(
            lambda: run.run(plan, SerialExecutor(task, simulator, caller), folder, max_errors=0, retry_errors=False)
        )
        inside = [record["timings"] for record in folder.results.values()]
    inside_s = sum(timings["reset_s"] + timings["observe_s"] + timings["advance_s"] for timings in inside)
    return (wall_s - inside_s) / inside_s


def measure_starts(*, runs: int = 5) -> dict[str, float]:
    """Best wall time in seconds of `vlagen-eval --help` and of `import vlagen_bench`, in fresh processes."""
    commands = {
        "vlagen-eval --help": "import sys; sys.argv = ['vlagen-eval', '--help']; from vlagen_bench.cli.eval import main; main()",
        "import vlagen_bench": "import vlagen_bench",
    }
    return {
        name: min(
            _seconds(lambda code=code: subprocess.run([sys.executable, "-c", code], capture_output=True, check=True))
            for _ in range(runs)
        )
        for name, code in commands.items()
    }


def _seconds(call: Any) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
