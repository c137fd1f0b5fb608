"""`vlagen bench eval` and `vlagen bench soak`: the speed of an evaluation, and a stress test by killing it."""

import sys
from functools import partial
from pathlib import Path

from vlagen_bench.cli import common
from vlagen_bench.cli.common import INCOMPLETE, OK, console
from vlagen_bench.errors import ConfigError

COLUMNS = (
    "workers", "threads", "policy", "eps/h", "obs/s", "x", "x core", "env", "outside", "busy", "batch", "first", "MB",
)  # fmt: skip


def evaluation(
    scene: str = "tabletop",
    workers: tuple[int, ...] = (1, 2, 4),
    episodes: int = 4,
    policy_ms: float = 100.0,
    rounds: int = 1,
) -> int:
    """Measures whole runs: episodes an hour against workers, the harness's share, batches, the first result, memory.

    Args:
        scene: tabletop or bridge.
        workers: numbers of workers.
        episodes: of each worker, after one to warm up.
        policy_ms: of a call of a policy, for the second half of the table; the first has an instant one.
        rounds: how often all is measured, in turn; the table has medians, so that a machine whose speed drifts is fair to all.
    """
    from vlagen_bench.diagnostics import bench_env, bench_eval
    from vlagen_bench.errors import unknown
    from vlagen_bench.harness.progress import tracked
    from vlagen_bench.sim.vulkan import device
    from vlagen_bench.utils.tables import NumberTable

    if scene not in bench_env.TASK_OF_SCENE:
        raise ConfigError(unknown("scene", scene, bench_env.TASK_OF_SCENE))
    if min((*workers, episodes, rounds)) < 1 or policy_ms < 0:
        raise ConfigError("--workers, --episodes and --rounds are 1 or more, --policy-ms is 0 or more.")
    renderer = device.describe()
    out = console()
    wanted = bench_eval.settings(
        scene, workers, policy_ms=policy_ms, episodes=episodes, software="llvmpipe" in renderer
    )
    measuring = map(bench_eval.measure, wanted * rounds)
    speeds = list(tracked(measuring, total=len(wanted) * rounds, label="measuring", console=out))
    by_setting = {setting: speeds[number :: len(wanted)] for number, setting in enumerate(wanted)}
    table = NumberTable(f"Evaluation of {scene}").numbers(*COLUMNS)
    for setting, its in by_setting.items():
        alike = [candidate for candidate in wanted if candidate.policy_ms == setting.policy_ms]
        core = next((candidate for candidate in alike if (candidate.workers, candidate.threads) == (1, 1)), None)
        speed = bench_eval.typical(its)
        table.add_row(
            str(setting.workers),
            str(setting.threads),
            f"{setting.policy_ms:.0f} ms",
            f"{speed.episodes_per_hour:.0f}",
            f"{speed.observations_per_s:.1f}",
            f"{bench_eval.gain(its, by_setting[alike[0]]):.2f}",
            "–" if core is None else f"{bench_eval.gain(its, by_setting[core]):.2f}",
            f"{100 * speed.environment:.0f} %",
            f"{100 * speed.outside:.1f} %",
            f"{100 * speed.policy_busy:.0f} %",
            f"{speed.batch:.1f}",
            f"{speed.first_result_s:.1f} s",
            f"{speed.memory_mb:.0f}",
        )
    table.caption = (
        f"Medians of {rounds} rounds. threads: of software rendering, each process. x: obs/s against the first row of that "
        "policy; x core: against one process with one thread. env: share of the workers' time in resets, steps and "
        "pictures. outside: their time neither there nor in the policy, over env. busy: share of the time in which the "
        "policy computes. batch: observations in a call. first: from nothing to the first result. MB: peak of a process with a simulator."
    )
    out.print(table)
    out.print(f"Renderer: {renderer}", markup=False)
    return OK


def soak(out: Path, kills: int = 10, workers: int = 2, longest_s: float = 30.0, seed: int = 0) -> int:
    """Kills a real run, its driver or a worker, at random moments, resumes it each time, and compares it with a whole one.

    Args:
        out: a new folder for the run folders.
        kills: how many.
        workers: of the run.
        longest_s: the longest time between two kills.
        seed: of moments and victims.
    """
    from vlagen_bench.diagnostics import soak as soaking

    if out.exists():
        raise ConfigError(f"{out} is there already. Name a new folder: --out DIR")
    out.mkdir(parents=True)
    say = partial(common.say, to=console())
    words = ("--policy", "expert", "--conditions", "nominal,lighting_l5,mass_l5", "--episodes", "4", "--video", "none")
    code = "from vlagen_bench.cli.eval import main; main()"

    def command(path: Path) -> list[str]:
        given = [*words, "--workers", str(workers), "--retries", "50", "--out", str(path)]
        return [sys.executable, "-c", code, *given]

    result = soaking.soak(command, out, kills=kills, longest_s=longest_s, seed=seed, say=say)
    say(
        f"{result.driver_kills} kills of the driver and {result.worker_kills} of workers in {result.rounds} runs of "
        f"{result.episodes} episodes: {len(result.unequal)} episodes differ from an uninterrupted run's."
    )
    return INCOMPLETE if result.unequal else OK
